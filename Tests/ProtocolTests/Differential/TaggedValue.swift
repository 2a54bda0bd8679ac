import Foundation
import ServiceModel

/// ``WireValue`` as JSON that loses nothing: each value in an object whose key is its kind.
enum TaggedValue {
    struct Failure: Error {}

    static func encode(_ value: WireValue) -> Any {
        switch value {
        case .null: ["n": NSNull()]
        case .boolean(let value): ["b": value]
        case .integer(let value): ["i": String(value)]
        case .double(let value): ["d": value.description]
        case .string(let value): ["s": value]
        case .blob(let value): ["x": Data(value).base64EncodedString()]
        case .timestamp(let value): ["t": String(value.milliseconds)]
        case .list(let value): ["l": value.map(encode)]
        case .map(let value): ["m": value.mapValues(encode)]
        case .structure(let value): ["r": value.mapValues(encode)]
        }
    }

    static func decode(_ any: Any?) throws -> WireValue {
        guard let object = any as? [String: Any], let (kind, value) = object.first else { throw Failure() }
        switch (kind, value) {
        case ("n", _): return .null
        case ("b", let value as Bool): return .boolean(value)
        case ("i", let value as String): return .integer(try required(Int64(value)))
        case ("d", let value as String): return .double(try required(Double(value)))
        case ("s", let value as String): return .string(value)
        case ("x", let value as String): return .blob(Array(try required(Data(base64Encoded: value))))
        case ("t", let value as String): return .timestamp(Timestamp(milliseconds: try required(Int64(value))))
        case ("l", let value as [Any]): return .list(try value.map { try decode($0) })
        case ("m", let value as [String: Any]): return .map(try value.mapValues { try decode($0) })
        case ("r", let value as [String: Any]): return .structure(try value.mapValues { try decode($0) })
        default: throw Failure()
        }
    }

    private static func required<T>(_ value: T?) throws -> T {
        guard let value else { throw Failure() }
        return value
    }
}
