import Foundation

/// The checks on what an invocation brings along.
enum InvocationPayload {
    /// - Throws: AWS's errors for an event that is too large or no JSON.
    static func validate(_ payload: [UInt8], limit: Int = LambdaLimits.synchronousPayload) throws {
        if payload.count > limit {
            throw LambdaFailures.tooLarge(
                "Request must be smaller than \(limit) bytes for the InvokeFunction operation"
            )
        }
        do {
            try PayloadScanner.check(payload)
        } catch {
            throw LambdaFailures.invalidContent(
                "Could not parse request body into json: Could not parse payload into json: \(error.description)")
        }
    }

    /// Decodes `X-Amz-Client-Context`.
    /// - Returns: its JSON; nil if there is none.
    /// - Throws: AWS's errors.
    static func clientContext(_ encoded: String?) throws -> String? {
        guard let encoded, !encoded.isEmpty else { return nil }
        if encoded.utf8.count > LambdaLimits.clientContext {
            throw LambdaFailures.invalidContent(
                "Client context must be no more than \(LambdaLimits.clientContext) bytes when base64-encoded.")
        }
        guard let data = Data(base64Encoded: encoded), let text = String(validating: data, as: UTF8.self),
            (try? PayloadScanner.check(Array(data))) != nil,
            data.first(where: { $0 > 0x20 }) == UInt8(ascii: "{")
        else { throw LambdaFailures.invalidContent("Client context must be a valid Base64-encoded JSON object.") }
        return text
    }
}
