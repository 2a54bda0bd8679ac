import Foundation
import ServiceKit

/// What is said about a message beside it. https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
struct MessageAttribute: Sendable, Hashable {
    enum Base: Sendable, Hashable { case string, number, binary }

    var name: String
    /// Such as `String`, `String.Array`, `Number`, `Binary`, or one of one's own, such as `Number.int`.
    var type: String
    var text: String
    var bytes: [UInt8]?

    var base: Base { type.hasPrefix("Number") ? .number : type.hasPrefix("Binary") ? .binary : .string }

    /// As envelopes show it: binary values in base 64.
    var shown: String { bytes.map { Data($0).base64EncodedString() } ?? text }

    /// What it adds to a message's size.
    var size: Int { name.utf8.count + type.utf8.count + (bytes?.count ?? text.utf8.count) }

    /// Checks the attributes of one message, and puts them in the order of their names.
    static func checked(_ given: [String: MessageAttributeValue]?) throws(AWSError) -> [MessageAttribute] {
        var attributes: [MessageAttribute] = []
        for (name, value) in (given ?? [:]).sorted(by: { $0.key < $1.key }) {
            attributes.append(try checked(name, value))
        }
        return attributes
    }

    private static func checked(_ name: String, _ value: MessageAttributeValue) throws(AWSError) -> MessageAttribute {
        func refuse(_ reason: String) -> AWSError { SNSError.invalidParameterValueException(reason) }
        guard isName(name) else {
            throw refuse(
                "The message attribute name '\(name)' can contain only the characters A-Z, a-z, 0-9, '_', '-', and '.', "
                    + "must not start or end with a period, must not have periods in succession, and must be at most "
                    + "256 characters long.")
        }
        guard !value.dataType.isEmpty else {
            throw refuse("The message attribute '\(name)' must contain a non-empty message attribute type.")
        }
        let parts = value.dataType.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard ["String", "Number", "Binary"].contains(parts[0]), parts.count == 1 || !parts[1].isEmpty,
            value.dataType.utf8.count <= 256, value.dataType.utf8.allSatisfy({ $0 > 0x1F && $0 < 0x7F })
        else {
            throw refuse(
                "The message attribute '\(name)' has an invalid message attribute type, the set of supported type "
                    + "prefixes is Binary, Number, and String.")
        }
        if parts[0] == "Binary" {
            guard let bytes = value.binaryValue, !bytes.isEmpty else {
                throw refuse(
                    "The message attribute '\(name)' must contain a non-empty message attribute value for message "
                        + "attribute type '\(value.dataType)'.")
            }
            return MessageAttribute(name: name, type: value.dataType, text: "", bytes: bytes)
        }
        guard let text = value.stringValue, !text.isEmpty, value.binaryValue?.isEmpty != false else {
            throw refuse(
                "The message attribute '\(name)' must contain a non-empty message attribute value for message "
                    + "attribute type '\(value.dataType)'.")
        }
        // What queues refuse would be acknowledged and then lost, where it is delivered raw.
        guard isAllowed(text) else {
            throw refuse("The message attribute '\(name)' contains characters that are not allowed.")
        }
        if parts[0] == "Number", !isNumber(text) {
            throw refuse("Could not cast message attribute '\(name)' value to number.")
        }
        return MessageAttribute(name: name, type: value.dataType, text: text)
    }

    /// Digits with a sign, a point and an exponent, as far as they are there.
    private static func isNumber(_ text: String) -> Bool {
        text.utf8.count <= 256 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
            && Double(text)?.isFinite == true
    }

    /// `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`
    private static func isAllowed(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: true
            case 0..<0x20, 0xFFFE, 0xFFFF: false
            default: true
            }
        }
    }

    private static func isName(_ name: String) -> Bool {
        (1...256).contains(name.utf8.count) && !name.hasPrefix(".") && !name.hasSuffix(".") && !name.contains("..")
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            }
    }
}
