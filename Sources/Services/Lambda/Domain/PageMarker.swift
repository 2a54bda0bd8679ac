import ServiceKit

/// The opaque marker between pages of a list: the key of the last item, as a ``PageToken`` of the operation.
enum PageMarker {
    /// Reads a marker of keys with `count` parts.
    /// - Returns: nil if there is no marker.
    /// - Throws: `InvalidParameterValueException` for a marker that the list did not give.
    static func decode(_ marker: String?, of call: Call, count: Int) throws -> [String]? {
        guard let marker, !marker.isEmpty else { return nil }
        guard let token = PageToken(marker, scope: call.operation), token.position.count == count else {
            throw LambdaFailures.invalidParameter("The marker is invalid.")
        }
        return token.position
    }

    static func ordinal(_ text: String) throws -> Int64 {
        guard let number = Int64(text) else { throw LambdaFailures.invalidParameter("The marker is invalid.") }
        return number
    }

    /// The number of items of a page.
    static func size(_ maxItems: Int?) -> Int { min(max(maxItems ?? LambdaLimits.page, 1), LambdaLimits.page) }
}
