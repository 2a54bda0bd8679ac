extension JSONValue {
    /// Without white space.
    package var compact: String { String(decoding: bytes(), as: UTF8.self) }

    /// `isSpaced`: with a space after each comma and colon.
    package func bytes(isSpaced: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, isSpaced)
        return bytes
    }

    private func append(to bytes: inout [UInt8], _ isSpaced: Bool) {
        func follow(_ byte: UInt8) {
            bytes.append(byte)
            if isSpaced { bytes.append(UInt8(ascii: " ")) }
        }
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): JSONString.append(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { follow(UInt8(ascii: ",")) }
                element.append(to: &bytes, isSpaced)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { follow(UInt8(ascii: ",")) }
                JSONString.append(member.name, to: &bytes)
                follow(UInt8(ascii: ":"))
                member.value.append(to: &bytes, isSpaced)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}
