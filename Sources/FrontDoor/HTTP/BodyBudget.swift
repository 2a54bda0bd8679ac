import Synchronization

/// The memory that the bodies of all connections may take together.
final class BodyBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// - Returns: false if that much is not left; nothing is taken then.
    func take(_ bytes: Int) -> Bool {
        let after = used.wrappingAdd(bytes, ordering: .relaxed).newValue
        if after <= limit { return true }
        used.wrappingSubtract(bytes, ordering: .relaxed)
        return false
    }

    func giveBack(_ bytes: Int) {
        if bytes != 0 { used.wrappingSubtract(bytes, ordering: .relaxed) }
    }

    /// For tests and diagnosis.
    var inUse: Int { used.load(ordering: .relaxed) }
}
