public import ServiceModel

/// One request to a service, whoever made it: the front door from HTTP, or another service in process.
public struct Call: Sendable {
    /// The service's key in the catalog: the name of its model, such as `lambda` or `logs`.
    public var service: String
    /// The operation's name in the model, such as `CreateFunction`.
    public var operation: String
    /// The parsed and validated input: a structure by the model's member names.
    public var input: WireValue
    public var principal: Principal
    /// The twelve-digit account whose resources the call concerns.
    public var account: String
    public var region: String
    /// The id that the answer carries, a UUID in lower case.
    public var requestID: String
    /// The caller's X-Ray header (`X-Amzn-Trace-Id`), if it sent one.
    public var traceHeader: String?
    /// The origin under which the caller reached this server, such as `http://localhost:4566`; answers that hold URLs use it.
    public var endpoint: String
    /// What the HTTP request was like; nil: the call was made inside.
    public var facts: RequestFacts?
    /// When the caller stops waiting, if it said so.
    public var deadline: ContinuousClock.Instant?
    /// The payload of an operation whose input streams, such as S3's `PutObject`; nil: it is a member of `input`, or there is none.
    public var payload: (any ByteSource)?
    /// Whether it came from a page's form: S3's "POST Object", which is a `PutObject` otherwise.
    public var isForm = false
    /// The IP address that the request came from, as its connection knows it; nil: the call came from inside the platform.
    public var sourceAddress: String?

    public init(
        service: String, operation: String, input: WireValue, principal: Principal, account: String, region: String,
        requestID: String, traceHeader: String? = nil, endpoint: String = "", deadline: ContinuousClock.Instant? = nil,
        payload: (any ByteSource)? = nil, isForm: Bool = false, sourceAddress: String? = nil
    ) {
        self.service = service
        self.operation = operation
        self.input = input
        self.principal = principal
        self.account = account
        self.region = region
        self.requestID = requestID
        self.traceHeader = traceHeader
        self.endpoint = endpoint
        self.deadline = deadline
        self.payload = payload
        self.isForm = isForm
        self.sourceAddress = sourceAddress
    }
}
