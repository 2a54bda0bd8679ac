import Foundation

/// An error that a runtime reports in the trailers of a streamed answer, after some of it has left. Follows
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming.
public struct StreamedError: Sendable, Hashable {
    /// `Lambda-Runtime-Function-Error-Type`.
    public var type: String?
    /// `Lambda-Runtime-Function-Error-Body`: base64 of AWS's error JSON.
    public var encodedBody: String?

    /// - Returns: nil if the trailers name no error.
    public init?(type: String?, encodedBody: String?) {
        guard type != nil || encodedBody != nil else { return nil }
        self.type = type
        self.encodedBody = encodedBody
    }

    /// AWS's error JSON, as far as the trailers tell it.
    public var payload: [UInt8] {
        if let encodedBody, !encodedBody.isEmpty {
            // Not all runtimes pad it.
            let padding = String(repeating: "=", count: (4 - encodedBody.utf8.count % 4) % 4)
            if let data = Data(base64Encoded: encodedBody + padding), !data.isEmpty { return Array(data) }
        }
        return Array(JSONText.object([("errorType", type ?? "Runtime.Unknown")]).utf8)
    }
}
