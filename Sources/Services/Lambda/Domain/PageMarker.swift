import Foundation

/// The opaque marker between pages of a list: the key of the last item, encoded.
enum PageMarker {
    static func encode(_ parts: [String]) -> String {
        Data(parts.joined(separator: "\u{0}").utf8).base64EncodedString()
    }

    /// Reads a marker of keys with `count` parts.
    /// - Returns: nil if there is no marker.
    /// - Throws: `InvalidParameterValueException` for a marker that no list gave.
    static func decode(_ marker: String?, count: Int) throws -> [String]? {
        guard let marker, !marker.isEmpty else { return nil }
        guard let data = Data(base64Encoded: marker), let text = String(validating: data, as: UTF8.self) else {
            throw LambdaFailures.invalidParameter("The marker is invalid.")
        }
        let parts = text.split(separator: "\u{0}", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == count else { throw LambdaFailures.invalidParameter("The marker is invalid.") }
        return parts
    }

    /// The number of items of a page.
    static func size(_ maxItems: Int?) -> Int { min(max(maxItems ?? LambdaLimits.page, 1), LambdaLimits.page) }
}
