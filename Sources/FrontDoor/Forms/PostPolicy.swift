import Foundation
import ServiceKit

/// What a form may upload: the policy that its author has signed. See "POST policy" in the S3 API reference.
struct PostPolicy: Sendable {
    private enum Condition: Sendable {
        case equal(field: String, value: String)
        case startsWith(field: String, prefix: String)
    }

    private let expiration: Date
    private var conditions: [Condition] = []
    /// How many bytes the file may have.
    private(set) var length: ClosedRange<Int>?

    /// - Throws: ``AWSError`` as S3 answers for a policy that can't be read.
    init(base64: String) throws(AWSError) {
        guard let data = Data(base64Encoded: base64) else { throw Self.invalid("Invalid Policy: Invalid JSON.") }
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw Self.invalid("Invalid Policy: Invalid JSON.")
        }
        guard let text = object["expiration"] as? String else {
            throw Self.invalid("Invalid Policy: Policy missing expiration.")
        }
        guard let expiration = Self.date(text) else {
            throw Self.invalid("Invalid Policy: Invalid 'expiration' value: '\(text)'")
        }
        self.expiration = expiration
        guard let all = object["conditions"] as? [Any] else {
            throw Self.invalid("Invalid Policy: Policy missing conditions.")
        }
        for condition in all { try add(condition) }
    }

    private mutating func add(_ condition: Any) throws(AWSError) {
        if let pairs = condition as? [String: Any] {
            for (name, value) in pairs {
                guard let value = value as? String else {
                    throw Self.invalid("Invalid Policy: Invalid Simple-Condition: value must be a string.")
                }
                conditions.append(.equal(field: name.lowercased(), value: value))
            }
            return
        }
        guard let parts = condition as? [Any], parts.count == 3, let operation = (parts[0] as? String)?.lowercased()
        else {
            throw Self.invalid("Invalid Policy: Invalid Condition: must be an object or a list of three.")
        }
        if operation == "content-length-range" {
            guard let low = Self.number(parts[1]), let high = Self.number(parts[2]), low <= high else {
                throw Self.invalid("Invalid Policy: Invalid content-length-range.")
            }
            length = low...high
            return
        }
        guard let name = parts[1] as? String, name.hasPrefix("$"), let value = parts[2] as? String else {
            throw Self.invalid("Invalid Policy: Invalid Condition: the field must begin with '$'.")
        }
        let field = name.dropFirst().lowercased()
        switch operation {
        case "eq": conditions.append(.equal(field: field, value: value))
        case "starts-with": conditions.append(.startsWith(field: field, prefix: value))
        default: throw Self.invalid("Invalid Policy: Invalid Condition: unknown operation '\(operation)'.")
        }
    }

    /// Whether a form may be taken.
    /// - Throws: ``AWSError`` (`AccessDenied`) that says what the policy does not allow.
    func check(_ fields: [(name: String, value: String)], bucket: String, now: Date) throws(AWSError) {
        if expiration <= now { throw Self.refused("Policy expired.") }
        var values = ["bucket": bucket]
        for field in fields { values[field.name.lowercased()] = field.value }
        var named: Set<String> = []
        for condition in conditions {
            switch condition {
            case .equal(let field, let value):
                named.insert(field)
                if values[field] != value { throw Self.failed("eq", field, value) }
            case .startsWith(let field, let prefix):
                named.insert(field)
                guard let value = values[field], value.hasPrefix(prefix) else {
                    throw Self.failed("starts-with", field, prefix)
                }
            }
        }
        for field in fields {
            let name = field.name.lowercased()
            if !named.contains(name), !Self.free.contains(name), !name.hasPrefix("x-ignore-") {
                throw Self.refused("Extra input fields: \(name)")
            }
        }
    }

    /// Fields that a policy need not name.
    private static let free: Set<String> = ["policy", "file", "x-amz-signature", "signature", "awsaccesskeyid"]

    private static func number(_ value: Any) -> Int? { (value as? Int) ?? (value as? String).flatMap { Int($0) } }

    private static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }

    private static func invalid(_ message: String) -> AWSError {
        AWSError("InvalidPolicyDocument", status: 400, message: message)
    }

    private static func refused(_ reason: String) -> AWSError {
        AWSError("AccessDenied", status: 403, message: "Invalid according to Policy: \(reason)")
    }

    private static func failed(_ operation: String, _ field: String, _ value: String) -> AWSError {
        refused("Policy Condition failed: [\"\(operation)\", \"$\(field)\", \"\(value)\"]")
    }
}
