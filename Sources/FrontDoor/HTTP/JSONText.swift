/// Writes the little JSON of this module: errors without a protocol, health. Nothing is read.
indirect enum JSONText: Sendable {
    case string(String)
    case boolean(Bool)
    case object([(String, JSONText)])

    /// An object's text.
    static func text(_ members: [(String, JSONText)]) -> [UInt8] {
        var out: [UInt8] = []
        JSONText.object(members).write(to: &out)
        return out
    }

    func write(to out: inout [UInt8]) {
        switch self {
        case .boolean(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .string(let value): Self.write(value, to: &out)
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(contentsOf: ", ".utf8) }
                Self.write(member.0, to: &out)
                out.append(contentsOf: ": ".utf8)
                member.1.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ value: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0..<0x20:
                out.append(contentsOf: "\\u00".utf8)
                out.append(hexDigits[Int(byte >> 4)])
                out.append(hexDigits[Int(byte & 15)])
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}

/// The lower-case hexadecimal digits.
let hexDigits = Array("0123456789abcdef".utf8)
