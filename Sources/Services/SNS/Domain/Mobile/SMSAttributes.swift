import ServiceKit

/// What may be said of text messages. https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html
enum SMSAttributes {
    private static let languages: Set<String> = [
        "en-US", "en-GB", "es-419", "es-ES", "de-DE", "fr-CA", "fr-FR", "it-IT", "ja-JP", "pt-BR", "kr-KR", "zh-CN",
        "zh-TW",
    ]

    static func check(_ attributes: [String: String]) throws(AWSError) {
        func refuse(_ text: String) -> AWSError { SNSError.invalidParameterException(text) }
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "DefaultSMSType":
                guard value == "Promotional" || value == "Transactional" else {
                    throw refuse("DefaultSMSType is invalid")
                }
            case "DefaultSenderID":
                let isPlain = value.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) }
                guard
                    value.isEmpty
                        || ((1...11).contains(value.utf8.count) && isPlain && value.contains(where: \.isLetter))
                else { throw refuse("DefaultSenderID is invalid") }
            case "MonthlySpendLimit":
                guard let limit = Double(value), limit >= 0, limit.isFinite else {
                    throw refuse("MonthlySpendLimit is invalid")
                }
            case "DeliveryStatusSuccessSamplingRate":
                guard let rate = Int(value), (0...100).contains(rate) else {
                    throw refuse("DeliveryStatusSuccessSamplingRate is invalid")
                }
            case "DeliveryStatusIAMRole":
                guard value.isEmpty || ARN(value)?.service == "iam" else {
                    throw refuse("DeliveryStatusIAMRole is invalid")
                }
            case "UsageReportS3Bucket": continue
            default: throw refuse("\(name) is not a valid attribute")
            }
        }
    }

    /// A plus sign and at least eight digits, or up to nine digits.
    static func checkSandbox(number: String, language: String? = nil) throws(AWSError) {
        let digits = number.utf8.dropFirst(number.hasPrefix("+") ? 1 : 0)
        let isNumber =
            digits.allSatisfy { (0x30...0x39).contains($0) }
            && (number.hasPrefix("+") ? digits.count >= 8 : digits.count <= 9)
        guard isNumber, number.utf8.count <= 20, !number.isEmpty else {
            throw SNSFailures.constraint(
                "Value at 'phoneNumber' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                    + "^(\\+[0-9]{8,}|[0-9]{0,9})$")
        }
        if let language, !languages.contains(language) {
            throw SNSFailures.constraint(
                "Value '\(language)' at 'languageCode' failed to satisfy constraint: Member must satisfy enum value set: "
                    + "[\(languages.sorted().joined(separator: ", "))]")
        }
    }

    static func checkPassword(_ password: String) throws(AWSError) {
        guard (5...8).contains(password.utf8.count), password.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw SNSFailures.constraint(
                "Value '\(password)' at 'oneTimePassword' failed to satisfy constraint: Member must satisfy regular "
                    + "expression pattern: ^[0-9]+$")
        }
    }

    static func pageSize(_ wanted: Int?, most: Int) throws(AWSError) -> Int {
        guard let wanted else { return most }
        guard wanted >= 1, wanted <= most else {
            let bound = wanted < 1 ? "greater than or equal to 1" : "less than or equal to \(most)"
            throw SNSFailures.constraint(
                "Value '\(wanted)' at 'maxResults' failed to satisfy constraint: Member must have value \(bound)")
        }
        return wanted
    }
}
