import ServiceKit
import ServiceModel
import WireProtocols

/// The tags of a form: an XML document in a field, where a request has a header like a query.
enum FormTags {
    /// What `x-amz-tagging` would say. A document of another kind has no tags.
    /// - Throws: ``AWSError`` (`MalformedXML`) for what is no document.
    static func header(_ xml: String, _ router: RequestRouter) throws(AWSError) -> String {
        let wire = router.wire(service: "s3", operation: "PutObjectTagging")
        let body = Array(xml.utf8)
        let document = HTTPRequestParts(method: "PUT", path: "/", body: body)
        let input = XMLText.isWellFormed(body) ? try? wire?.parseInput(document) : try wire?.parseInput(document)
        let tags = input?["Tagging"]?["TagSet"]?.listValue ?? []
        return tags.map { tag in
            let (key, value) = (tag["Key"]?.stringValue ?? "", tag["Value"]?.stringValue ?? "")
            return "\(PercentCoding.encode(key))=\(PercentCoding.encode(value))"
        }.joined(separator: "&")
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
