/// Takes the head from a streamed answer that is an HTTP response (`application/vnd.awslambda.http-integration-response`): JSON with
/// `statusCode`, `headers` and `cookies`, then eight NULs, then the body.
public struct HTTPResponsePrelude: Sendable {
    /// What the function says its answer is.
    public static let contentType = "application/vnd.awslambda.http-integration-response"
    /// Bytes of the answer within which the head has to end.
    public static let limit = 16 * 1024

    public enum Outcome: Sendable, Hashable {
        /// More bytes are needed.
        case incomplete
        /// The head, JSON as the function wrote it, and the first bytes of the body.
        case complete(json: [UInt8], rest: [UInt8])
        /// There is no end of the head where one has to be.
        case missing
    }

    private static let delimiter = [UInt8](repeating: 0, count: 8)
    private var bytes: [UInt8] = []

    public init() {}

    /// Takes the next bytes of the answer. Not to be called again after the head is complete or missing.
    public mutating func feed(_ more: some Collection<UInt8>) -> Outcome {
        let from = max(0, bytes.count - Self.delimiter.count)
        bytes += more
        if let end = bytes[from...].firstRange(of: Self.delimiter), end.upperBound <= Self.limit {
            return .complete(json: Array(bytes[..<end.lowerBound]), rest: Array(bytes[end.upperBound...]))
        }
        return bytes.count < Self.limit ? .incomplete : .missing
    }
}
