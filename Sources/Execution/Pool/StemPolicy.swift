/// How many stems of each kind should be kept: as many as were asked for in the busiest recent second, two at least for what
/// was used lately, none for what was not, and no more in all than their memory may be. A pure value; times come from outside.
public struct StemPolicy<Kind: Hashable & Sendable>: Sendable {
    /// What bounds it.
    public struct Bounds: Sendable, Hashable {
        /// Stems of all kinds.
        public var count: Int
        /// What all stems together may hold, in bytes.
        public var memory: Int64
        /// Stems of a kind that was used lately.
        public var least = 2
        /// For how long the busiest second counts.
        public var remembers: Duration = .seconds(60)
        /// After which time without use a kind has no stems any more.
        public var forgetsAfter: Duration = .seconds(600)

        public init(count: Int, memory: Int64) {
            self.count = count
            self.memory = memory
        }
    }

    private struct Demand {
        var last: Duration
        /// Cold starts by the second they came in.
        var seconds: [Int64: Int] = [:]
        /// Bytes of one stem.
        var cost: Int64?
    }

    private var demands: [Kind: Demand] = [:]
    private let bounds: Bounds

    /// What a stem is taken to cost before one has been measured.
    public static var assumedCost: Int64 { 32 << 20 }

    public init(_ bounds: Bounds) { self.bounds = bounds }

    /// A cold start that could use a stem of this kind, whether there was one or not.
    public mutating func demanded(_ kind: Kind, at now: Duration) {
        var demand = demands[kind] ?? Demand(last: now)
        demand.last = now
        demand.seconds[now.components.seconds, default: 0] += 1
        let oldest = (now - bounds.remembers).components.seconds
        if demand.seconds.count > 4 { demand.seconds = demand.seconds.filter { $0.key >= oldest } }
        demands[kind] = demand
    }

    /// What a stem of the kind holds, in bytes.
    public mutating func measured(_ kind: Kind, cost: Int64) { demands[kind]?.cost = max(1, cost) }

    /// What one stem of the kind was found to hold, in bytes; nil: none was looked at yet.
    public func cost(of kind: Kind) -> Int64? { demands[kind]?.cost }

    /// How many there should be now. Kinds that are not named should have none; they are forgotten.
    public mutating func targets(at now: Duration) -> [Kind: Int] {
        demands = demands.filter { now - $0.value.last < bounds.forgetsAfter }
        let oldest = (now - bounds.remembers).components.seconds
        var targets: [Kind: Int] = [:]
        var count = bounds.count
        var memory = bounds.memory
        // What was used last comes first: the least of each kind, then what its busiest second asks for.
        let kinds = demands.sorted { $0.value.last > $1.value.last }
        func give(_ kind: Kind, _ demand: Demand, upTo wanted: Int) {
            let cost = demand.cost ?? Self.assumedCost
            let more = min(wanted - targets[kind, default: 0], count, Int(memory / cost))
            guard more > 0 else { return }
            targets[kind, default: 0] += more
            count -= more
            memory -= Int64(more) * cost
        }
        for (kind, demand) in kinds { give(kind, demand, upTo: bounds.least) }
        for (kind, demand) in kinds {
            give(kind, demand, upTo: demand.seconds.filter { $0.key >= oldest }.values.max() ?? 0)
        }
        return targets
    }

    /// When, without further demand, the targets change by themselves next; nil: not at all.
    public func nextChange(after now: Duration) -> Duration? {
        demands.values.flatMap { demand in
            [demand.last + bounds.remembers + .seconds(1), demand.last + bounds.forgetsAfter]
        }.filter { $0 > now }.min()
    }
}
