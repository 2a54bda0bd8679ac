import ServiceModel

/// Makes values by shape from a seed.
struct RandomValue {
    var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(state: seed) }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func value(_ member: MemberModel, depth: Int = 0) -> WireValue {
        switch member.shape.kind {
        case .structure:
            var members: [String: WireValue] = [:]
            for part in member.shape.members
            where depth < 5 && !part.shape.isEventStream && (part.isRequired || chance(2)) {
                members[part.name] = value(part, depth: depth + 1)
            }
            return .structure(members)
        case .list:
            guard let element = member.shape.element, depth < 5 else { return .list([]) }
            return .list((0..<number(0..<4)).map { _ in value(element, depth: depth + 1) })
        case .map:
            guard let element = member.shape.element, depth < 5 else { return .map([:]) }
            var entries: [String: WireValue] = [:]
            for index in 0..<number(0..<4) { entries["key\(index)"] = value(element, depth: depth + 1) }
            return .map(entries)
        case .string, .document: return .string(text())
        case .integer: return .integer(Int64(Int32.random(in: .min ... .max, using: &generator)))
        case .long: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case .float, .double: return .double(Double(number(-1000..<1000)) / 8)
        case .boolean: return .boolean(chance(2))
        case .blob: return .blob((0..<number(0..<20)).map { UInt8($0) })
        case .timestamp: return .timestamp(Timestamp(milliseconds: Int64(number(0..<4_000_000)) * 1_000_000))
        }
    }

    private mutating func text() -> String {
        ["", "a", "ünïcode ✓ 🦅", "a&b=<c>\"d\"", "100%", "x y+z", "2023-11-14T22:13:20Z", "true"][number(0..<8)]
    }
}

/// A small generator of random numbers that gives the same from the same seed.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
