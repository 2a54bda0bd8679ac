import NIOHTTP1
import ServiceKit
import ServiceModel

extension ChainRequest {
    /// What conditions of policies ask for.
    var facts: RequestFacts {
        var facts = RequestFacts()
        facts.userAgent = head.headers.first(name: "user-agent")
        facts.referer = head.headers.first(name: "referer")
        facts.contentHash = head.headers.first(name: "x-amz-content-sha256")
        // Older versions are refused.
        facts.encryption = connection.isSecure ? "1.2" : nil
        switch presented {
        case .version4(let parameters):
            facts.algorithm = "AWS4-HMAC-SHA256"
            facts.signed = Timestamp(milliseconds: parameters.seconds * 1000)
        case .version2: facts.algorithm = "AWS"
        case .none, .queryVersion2, .version4a, .malformed: return facts
        }
        facts.proof = presented.isPresigned ? .query : .header
        return facts
    }
}
