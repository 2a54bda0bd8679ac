import ServiceKit
import ServiceModel

/// A bucket's CORS configuration, as it is kept. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>.
enum CORSRules {
    static func rules(_ stored: WireValue) -> [CrossOriginRule] {
        func texts(_ value: WireValue, _ name: String) -> [String] {
            value[name]?.listValue?.compactMap(\.stringValue) ?? []
        }
        return (stored["CORSRules"]?.listValue ?? []).map { rule in
            CrossOriginRule(
                origins: texts(rule, "AllowedOrigins"), methods: texts(rule, "AllowedMethods"),
                headers: texts(rule, "AllowedHeaders"), exposedHeaders: texts(rule, "ExposeHeaders"),
                maxAge: rule["MaxAgeSeconds"]?.integerValue.map(Int.init))
        }
    }

    /// Refuses what is no configuration.
    static func check(_ configuration: WireValue) throws {
        guard let rules = configuration["CORSRules"]?.listValue, (1...100).contains(rules.count) else {
            throw AWSError.malformedXML
        }
        for rule in rules {
            guard let methods = rule["AllowedMethods"]?.listValue, !methods.isEmpty,
                let origins = rule["AllowedOrigins"]?.listValue, !origins.isEmpty
            else { throw AWSError.malformedXML }
            for method in methods.compactMap(\.stringValue)
            where !["GET", "PUT", "HEAD", "POST", "DELETE"].contains(method) {
                throw AWSError.invalidRequest(
                    "Found unsupported HTTP method in CORS config. Unsupported method is \(method)")
            }
            for name in ["AllowedOrigins", "AllowedHeaders"] {
                for text in rule[name]?.listValue?.compactMap(\.stringValue) ?? []
                where text.filter({ $0 == "*" }).count > 1 {
                    let kind = name == "AllowedOrigins" ? "AllowedOrigin" : "AllowedHeader"
                    throw AWSError.invalidRequest("\(kind) \"\(text)\" can not have more than one wildcard.")
                }
            }
        }
    }
}
