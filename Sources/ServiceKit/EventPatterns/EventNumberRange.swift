/// What a `numeric` match accepts.
struct EventNumberRange: Sendable, Hashable {
    struct Bound: Sendable, Hashable {
        var value: Double
        var isInclusive: Bool
    }

    var bottom: Bound?
    var top: Bound?

    /// The numbers that patterns may compare with, as EventBridge documents them.
    static let limits = -5.0e9...5.0e9

    static func exactly(_ value: Double) -> EventNumberRange {
        let bound = Bound(value: value, isInclusive: true)
        return EventNumberRange(bottom: bound, top: bound)
    }

    func contains(_ number: Double) -> Bool {
        if let bottom, bottom.isInclusive ? number < bottom.value : number <= bottom.value { return false }
        if let top, top.isInclusive ? number > top.value : number >= top.value { return false }
        return true
    }
}
