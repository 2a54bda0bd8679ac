import ServiceKit
import ServiceModel

/// How a listing writes keys: as they are, or encoded, since XML can't hold every character.
struct ListingNames: Sendable {
    let isEncoded: Bool

    init(encodingType: String?) throws {
        switch encodingType {
        case nil: isEncoded = false
        case "url"?: isEncoded = true
        case let other?:
            throw AWSError.invalidArgument(
                "Invalid Encoding Method specified in Request", name: "encoding-type", value: other)
        }
    }

    func callAsFunction(_ text: String) -> String { isEncoded ? Self.encode(text) : text }

    /// As forms are encoded, but for slashes.
    static func encode(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "*"), UInt8(ascii: "/"):
                out.append(byte)
            case UInt8(ascii: " "): out.append(UInt8(ascii: "+"))
            default: PercentCoding.encode([byte], keepSlash: true, into: &out)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
