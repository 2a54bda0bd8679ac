import NIOHTTP1
import ServiceKit
import ServiceModel
import WireProtocols

/// A request on its way through the chain: what the steps have found out.
struct ChainRequest: Sendable {
    let id: String
    let started: ContinuousClock.Instant
    var head: RequestHead
    /// As it came, if ``head`` holds more: the headers of a presigned URL's query.
    private(set) var signedHead: RequestHead?
    let connection: ConnectionInfo
    let presented: PresentedSignature
    var body: [UInt8] = []
    /// What brings the body, if it is read while it arrives.
    var stream: BodyStream?
    /// What is read out of it.
    var payload: PayloadSource?

    /// What the host's name says.
    var hostRoute = HostRoute()
    /// The foreign page that may read the answer.
    var allowedOrigin: String?
    var admin: AdminRoutes.Entry?
    var functionURL: FunctionURLPlace?
    /// The page of another site that has sent it, to a bucket, and what that page may know of the answer.
    var page: BucketPage?
    var pageHeaders: [HTTPResponse.Header] = []
    /// An upload from a page's form.
    var form: ObjectForm?
    var route: Route?
    /// How to write an error once the protocol is known.
    var wire: WireProtocol?

    var principal = Principal.anonymous
    var account = ""
    var region: String
    /// What the signatures of the body's chunks continue.
    var seed: SignatureVerifier.Seed?

    init(_ head: RequestHead, _ connection: ConnectionInfo, defaultRegion: String) {
        id = RandomUUID.make()
        started = .now
        self.head = head
        self.connection = connection
        presented = PresentedSignature(head)
        region = defaultRegion
        if presented.isPresigned, presented.signingName == "s3" { takeHeadersOfQuery() }
    }

    /// What a presigned URL for S3 says of headers in its query counts as if it came in them.
    private mutating func takeHeadersOfQuery() {
        let arrived = head
        for (name, value) in QueryPairs(head.query).amazonHeaders
        where !head.headers.contains(name: name) && value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            head.headers.add(name: name, value: value)
            signedHead = arrived
        }
    }

    /// The request as the protocols read it.
    func parts(withBody: Bool) -> HTTPRequestParts {
        HTTPRequestParts(
            method: head.method, path: head.path, query: head.query.isEmpty ? nil : head.query,
            headers: head.headers.map { (name: $0.name, value: $0.value) }, body: withBody ? body : [])
    }

    /// Whether it does so little by itself that changing threads would cost more: it waits for a function, for the disk or for others.
    var isBrief: Bool {
        guard let route, Self.brief[route.service.name]?.contains(route.operation.name) == true else { return false }
        if route.service.name == "lambda" { return true }
        return switch head.framing {
        case .none: true
        case .length(let length): length <= 64 * 1024
        case .chunked: false
        }
    }

    private static let brief: [String: Set<String>] = [
        "lambda": ["Invoke", "InvokeWithResponseStream"],
        "s3": ["DeleteObject", "GetObject", "HeadObject", "PutObject"],
        "sns": ["Publish", "PublishBatch"],
        "sqs": [
            "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch",
            "ReceiveMessage", "SendMessage", "SendMessageBatch",
        ],
    ]

    /// The service that the signature is for. Version 2 does not say, the host may.
    var signingName: String? {
        if case .version2 = presented, let service = hostRoute.service, service != "s3" { return nil }
        return presented.signingName
    }

    var manner: ErrorManner { wire.map(ErrorManner.init) ?? .json }
}

extension ErrorManner {
    init(_ wire: WireProtocol) {
        self =
            switch wire.kind {
            case .restXML: .s3
            case .query: .query
            case .restJSON: .rest
            case .json, .rpcV2CBOR: .json
            }
    }
}
