import TestSupport
import Testing

@testable import Execution

/// Random arrivals, ends, crashes and configurations: no limit is exceeded, and no count is lost.
struct ConcurrencyHistoryTests {
    typealias Pool = ConcurrencyPoolTests.Pool

    @Test(arguments: 0..<60) func noLimitIsExceededAndNoCountIsLost(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var history = History(limit: 12)
        for step in 0..<1500 { history.step(at: .milliseconds(step * 20), using: &random) }
        history.finish()
    }

    /// A pool, and what is known of it from outside.
    private struct History: ~Copyable {
        private var pool: Pool
        private let limit: Int
        private var busy: [Pool.Member] = []
        private var finishing: [Pool.Member] = []
        private var followed: [Pool.Member] = []
        private var idle: [Pool.Member] = []
        private var starting: [FunctionVersion] = []
        private var reserved: [String: Int] = [:]
        private var provisioned: [String: Int] = [:]

        init(limit: Int) {
            self.limit = limit
            pool = Pool(limit: limit)
        }

        private var onDemand: [String: Int] {
            var counts: [String: Int] = [:]
            for member in busy + followed where member.function.provisioned == nil {
                counts[member.function.key.name, default: 0] += 1
            }
            for function in starting { counts[function.name, default: 0] += 1 }
            return counts
        }

        /// Why an on-demand invocation is to be refused.
        private func expected(_ name: String) -> Throttle? {
            if let own = reserved[name] {
                return onDemand[name, default: 0] < own - provisioned[name, default: 0] ? nil : .reserved
            }
            let used = onDemand.filter { reserved[$0.key] == nil }.values.reduce(0, +)
            let claimed = provisioned.filter { reserved[$0.key] == nil }.values.reduce(0, +)
            return used < limit - reserved.values.reduce(0, +) - claimed ? nil : .account
        }

        mutating func step(at now: Duration, using random: inout SeededGenerator) {
            let name = ["a", "b", "c"][Int.random(in: 0..<3, using: &random)]
            switch Int.random(in: 0..<12, using: &random) {
            case 0...3: arrive(name, at: now, using: &random)
            case 4:
                if let member = Self.take(&busy, &random) {
                    pool.answered(member)
                    finishing.append(member)
                }
            case 5: if let member = Self.take(&busy, &random) { becameIdle(member) }
            case 6: if let member = Self.take(&finishing, &random) { becameIdle(member) }
            case 7:
                if let member = Self.take(&followed, &random) {
                    let kept = pool.idle(member)
                    #expect(kept)
                    busy.append(member)
                }
            case 8:
                if let member = Self.take(&busy, &random) ?? Self.take(&finishing, &random) { pool.ended(member) }
            case 9: giveUp(at: now, &random)
            case 10: begin(&random)
            default: configure(name, &random)
            }
            #expect(
                pool.running(account: "000000000000", region: "us-east-1")
                    == busy.count + followed.count + starting.count)
            let counts = pool.counts
            #expect(counts.total == busy.count + finishing.count + followed.count + idle.count)
        }

        /// Everything ends: nothing is in use, and everything may start again.
        mutating func finish() {
            for function in starting { pool.startFailed(function) }
            for member in busy + finishing + idle { pool.ended(member) }
            for member in followed {
                pool.ended(member)
                if pool.unfollow(member, at: .seconds(10_000)) == nil {
                    pool.startFailed(ConcurrencyPoolTests.function(member.function.key.name))
                }
            }
            #expect(pool.running(account: "000000000000", region: "us-east-1") == 0)
            for name in ["a", "b", "c"] {
                pool.reserve(ConcurrencyPoolTests.name(name), executions: nil)
                pool.provision(ConcurrencyPoolTests.name(name), executions: [:])
            }
            for _ in 0..<limit {
                guard case .start = pool.acquire(ConcurrencyPoolTests.function(), at: .seconds(20_000)) else {
                    return #expect(Bool(false))
                }
            }
            guard case .throttled(.account) = pool.acquire(ConcurrencyPoolTests.function("a")) else {
                return #expect(Bool(false))
            }
        }

        private mutating func arrive(_ name: String, at now: Duration, using random: inout SeededGenerator) {
            let isProvisioned = provisioned[name] != nil && Bool.random(using: &random)
            let function = ConcurrencyPoolTests.function(name, provisioning: isProvisioned ? "1" : nil)
            let expected = expected(name)
            switch pool.acquire(function, at: now) {
            case .start:
                #expect(expected == nil)
                starting.append(function.onDemand)
            case .reuse(let member):
                #expect(member.function.provisioned != nil || expected == nil)
                #expect(idle.contains { $0 === member })
                idle.removeAll { $0 === member }
                busy.append(member)
            case .follow(let member):
                #expect(member.function.provisioned != nil || expected == nil)
                #expect(finishing.contains { $0 === member })
                finishing.removeAll { $0 === member }
                followed.append(member)
            case .throttled(let throttle): #expect(throttle == expected)
            }
        }

        private mutating func begin(_ random: inout SeededGenerator) {
            guard let index = starting.indices.randomElement(using: &random) else { return }
            let function = starting.remove(at: index)
            if Bool.random(using: &random) {
                pool.startFailed(function)
            } else {
                busy.append(pool.started(ConcurrencyPoolTests.Environment(), function: function))
            }
        }

        private mutating func giveUp(at now: Duration, _ random: inout SeededGenerator) {
            guard let member = Self.take(&followed, &random) else { return }
            let hasEnded = Bool.random(using: &random)
            if hasEnded { pool.ended(member) } else { finishing.append(member) }
            let name = member.function.key.name
            let expected = member.function.provisioned == nil ? nil : expected(name)
            let throttle = pool.unfollow(member, at: now)
            #expect(throttle == expected)
            if throttle == nil { starting.append(ConcurrencyPoolTests.function(name)) }
            // It is no more among those to follow: it becomes idle sometime.
            if !hasEnded, let last = finishing.popLast() { becameIdle(last) }
        }

        private mutating func configure(_ name: String, _ random: inout SeededGenerator) {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                reserved[name] = Bool.random(using: &random) ? Int.random(in: 0..<5, using: &random) : nil
                pool.reserve(ConcurrencyPoolTests.name(name), executions: reserved[name])
            case 1:
                provisioned[name] = Bool.random(using: &random) ? Int.random(in: 1..<4, using: &random) : nil
                pool.provision(
                    ConcurrencyPoolTests.name(name), executions: provisioned[name].map { ["1": $0] } ?? [:])
            default:
                let function = ConcurrencyPoolTests.function(name, provisioning: "1")
                if provisioned[name] != nil {
                    idle.append(pool.provisioned(ConcurrencyPoolTests.Environment(), function: function))
                }
            }
        }

        private mutating func becameIdle(_ member: Pool.Member) {
            let kept = pool.idle(member)
            #expect(kept)
            idle.append(member)
        }

        private static func take(_ list: inout [Pool.Member], _ random: inout SeededGenerator) -> Pool.Member? {
            list.indices.randomElement(using: &random).map { list.remove(at: $0) }
        }
    }
}
