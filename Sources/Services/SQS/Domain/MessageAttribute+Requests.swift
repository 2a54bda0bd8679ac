import ServiceKit

extension MessageAttribute {
    /// Reads the attributes that a sender gives.
    /// - Throws: AWS's errors.
    static func read(_ given: [String: MessageAttributeValue]?) throws(AWSError) -> [MessageAttribute] {
        guard let given, !given.isEmpty else { return [] }
        guard given.count <= SQSLimits.messageAttributes else {
            throw SQSFailures.invalidParameter(
                "Number of message attributes [\(given.count)] exceeds the allowed maximum [\(SQSLimits.messageAttributes)]."
            )
        }
        var attributes: [MessageAttribute] = []
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            try checkName(name)
            attributes.append(
                try read(
                    name, value.dataType, value.stringValue, value.binaryValue,
                    hasLists: value.stringListValues?.isEmpty == false || value.binaryListValues?.isEmpty == false))
        }
        return attributes
    }

    /// Reads the system attributes that a sender gives: there is one.
    static func readSystem(_ given: [String: MessageSystemAttributeValue]?) throws(AWSError) -> [MessageAttribute] {
        guard let given, !given.isEmpty else { return [] }
        var attributes: [MessageAttribute] = []
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            guard name == "AWSTraceHeader" else {
                throw SQSFailures.invalidParameter("Message system attribute name '\(name)' is invalid.")
            }
            guard value.dataType == "String" else {
                throw SQSFailures.invalidParameter(
                    "The message system attribute 'AWSTraceHeader' has an invalid message system attribute type, the set of supported type prefixes is String."
                )
            }
            attributes.append(
                try read(name, value.dataType, value.stringValue, value.binaryValue, hasLists: false, kind: "system"))
        }
        return attributes
    }

    private static func read(
        _ name: String, _ type: String, _ text: String?, _ bytes: [UInt8]?, hasLists: Bool, kind: String = "user"
    ) throws(AWSError) -> MessageAttribute {
        if type.isEmpty {
            throw SQSFailures.invalidParameter(
                "Message (\(kind)) attribute '\(name)' must contain a non-empty attribute type.")
        }
        guard type.utf8.count <= 256, type.utf8.allSatisfy({ $0 > 0x1F && $0 < 0x7F }) else {
            throw SQSFailures.invalidParameter(
                "Message (\(kind)) attribute '\(name)' has an invalid message attribute type: it can be at most 256 characters long."
            )
        }
        if hasLists {
            throw SQSError.unsupportedOperation(
                "Message attribute list values in SendMessage operation are not supported.")
        }
        let base = type.prefix { $0 != "." }
        switch base {
        case "Binary":
            if text != nil {
                throw SQSFailures.invalidParameter(
                    "The message (\(kind)) attribute '\(name)' with type 'Binary' must use field 'Binary'.")
            }
            guard let bytes, !bytes.isEmpty else { throw empty(name, "Binary", kind) }
            return MessageAttribute(name: name, type: type, value: .binary(bytes))
        case "String", "Number":
            if bytes != nil {
                throw SQSFailures.invalidParameter(
                    "The message (\(kind)) attribute '\(name)' with type '\(base)' must use field 'String'.")
            }
            guard let text, !text.isEmpty else { throw empty(name, String(base), kind) }
            try MessageText.check(text)
            if base == "Number", !isNumber(text) {
                throw SQSFailures.invalidParameter(
                    "Could not cast message (\(kind)) attribute '\(name)' value to number.")
            }
            return MessageAttribute(name: name, type: type, value: .text(text))
        default:
            throw SQSFailures.invalidParameter(
                "The message (\(kind)) attribute '\(name)' has an invalid message (\(kind)) attribute type, the set of supported type prefixes is Binary, Number, and String."
            )
        }
    }

    private static func empty(_ name: String, _ type: String, _ kind: String) -> AWSError {
        SQSFailures.invalidParameter(
            "Message (\(kind)) attribute '\(name)' must contain a non-empty value of type '\(type)'.")
    }

    private static func checkName(_ name: String) throws(AWSError) {
        func fail(_ reason: String) -> AWSError {
            SQSFailures.invalidParameter("The message attribute name '\(name)' is invalid. \(reason)")
        }
        if name.isEmpty { throw SQSFailures.invalidParameter("Message (user) attribute name can not be empty.") }
        guard name.utf8.count <= 256 else { throw fail("Attribute name must be shorter than 256 characters.") }
        let isPlain = name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain else {
            throw fail(
                "Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.")
        }
        let lower = name.lowercased()
        if lower.hasPrefix("aws.") || lower.hasPrefix("amazon.") {
            throw fail(
                "You can't use message attribute names beginning with 'AWS.' or 'Amazon.' because these strings are reserved for internal use."
            )
        }
        if name.hasPrefix(".") || name.hasSuffix(".") || name.contains("..") {
            throw fail(
                "Attribute name must not start or end with a period (.) and must not contain successive periods.")
        }
    }

    /// Digits with a sign, a point and an exponent, as far as they are there.
    private static func isNumber(_ text: String) -> Bool {
        guard text.utf8.count <= 256,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) })
        else { return false }
        return Double(text) != nil
    }
}
