import ServiceModel

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
        case .string(let value): JSONString.append(value, to: &out)
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(contentsOf: ", ".utf8) }
                JSONString.append(member.0, to: &out)
                out.append(contentsOf: ": ".utf8)
                member.1.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}
