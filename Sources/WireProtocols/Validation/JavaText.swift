import ServiceModel

/// Values as AWS's validation messages repeat them: as Java's `toString` gives them.
enum JavaText {
    static func text(_ value: WireValue, _ shape: ShapeModel) -> String {
        switch value {
        case .null: "null"
        case .string(let value): value
        case .integer(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        case .double(let value): double(value)
        case .blob(let value): "java.nio.HeapByteBuffer[pos=0 lim=\(value.count) cap=\(value.count)]"
        case .timestamp(let time): date(time)
        case .list(let elements):
            "[" + elements.map { text($0, shape.element?.shape ?? shape) }.joined(separator: ", ") + "]"
        case .map(let entries):
            "{"
                + entries.sorted { $0.key < $1.key }.map {
                    $0.key + "=" + text($0.value, shape.element?.shape ?? shape)
                }
                .joined(separator: ", ") + "}"
        case .structure(let members):
            "\(shape.name)("
                + shape.members.map { member in
                    let name = Validator.lowered(member.name)
                    guard let value = members[member.name] else { return name + "=null" }
                    return name + "="
                        + (member.shape.isSensitive ? "***Sensitive Data Redacted***" : text(value, member.shape))
                }.joined(separator: ", ") + ")"
        }
    }

    private static func double(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    /// `Tue Nov 14 22:13:20 UTC 2023`.
    private static func date(_ time: Timestamp) -> String {
        let parts = TimestampText.rfc822(time).split(separator: " ")
        guard parts.count == 6 else { return "" }
        return "\(parts[0].dropLast()) \(parts[2]) \(parts[1]) \(parts[4]) UTC \(parts[3])"
    }

    /// The values of an enumeration in the order of AWS's messages: that of a table of 32 buckets by Java's hash, as recordings show.
    static func ordered(_ values: [String]) -> [String] {
        values.enumerated()
            .map { (value: $0.element, bucket: hash($0.element) & 31, index: $0.offset) }
            .sorted { ($0.bucket, -$0.index) < ($1.bucket, -$1.index) }
            .map(\.value)
    }

    /// `String.hashCode`.
    private static func hash(_ text: String) -> UInt32 {
        text.utf16.reduce(0) { $0 &* 31 &+ UInt32($1) }
    }
}
