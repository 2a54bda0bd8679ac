/// A service of AWS as the dispatcher sees it. Generated `…API` protocols refine it, and supply the dispatch table.
public protocol AWSService: Sendable {
    /// The key of the service's model, such as `lambda`.
    static var modelName: String { get }
    /// The operations that this service implements, by the model's names. From the dispatch table, never by hand.
    static var implementedOperations: Set<String> { get }
    /// Runs one call.
    /// - Throws: ``AWSError`` for what the caller shall see; anything else becomes `InternalFailure`.
    func handle(_ call: Call) async throws -> Reply
    /// Background work, until cancelled. Services without any need not implement it.
    func run() async throws
    /// Lets go of what is on its way to the database, which will be emptied: none of it may be written afterwards.
    func willReset() async
    /// Forgets everything, for `POST /_martlet/reset`: what is kept outside the database (which the caller empties).
    func reset() async throws
}

extension AWSService {
    public func run() async throws {}
    public func willReset() async {}
    public func reset() async throws {}
}
