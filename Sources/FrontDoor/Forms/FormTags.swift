import Foundation
import ServiceModel

/// The tags of a form: an XML document in a field, where a request has a header like a query.
enum FormTags {
    /// What `x-amz-tagging` would say.
    static func header(_ xml: String) -> String {
        var pairs: [String] = []
        for tag in xml.split(separator: "<Tag>").dropFirst() {
            guard let key = element("Key", tag), let value = element("Value", tag) else { continue }
            pairs.append("\(PercentCoding.encode(key))=\(PercentCoding.encode(value))")
        }
        return pairs.joined(separator: "&")
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static func element(_ name: String, _ text: Substring) -> String? {
        guard let start = text.range(of: "<\(name)>"), let end = text.range(of: "</\(name)>"),
            start.upperBound <= end.lowerBound
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound]).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
    }
}
