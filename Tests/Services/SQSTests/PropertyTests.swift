import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SQS

/// Random requests to a queue, and restarts, beside a small model of what must happen.
struct PropertyTests {
    /// What the model knows of a message.
    private struct Sent {
        var body: String
        var group: String
        var sent: Int64
        var visibleAt: Int64
        var receives = 0
        var isOut = false
        var receipt: Message?
    }

    private struct Model {
        var isFIFO: Bool
        var retention: Int64
        var messages: [Sent] = []

        mutating func settle(_ now: Int64) {
            for index in messages.indices where messages[index].visibleAt <= now { messages[index].isOut = false }
            messages.removeAll { !$0.isOut && $0.sent + retention <= now }
        }

        /// Which messages may be received, each group's in its order; of a FIFO queue, in what order they must be.
        func visible(_ now: Int64) -> [String: [String]] {
            var groups: [String: [String]] = [:]
            var blocked: Set<String> = []
            for message in messages {
                if message.visibleAt > now {
                    if isFIFO { blocked.insert(message.group) }
                } else if !blocked.contains(message.group) {
                    groups[message.group, default: []].append(message.body)
                }
            }
            return groups
        }
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        var engine: SQLEngine
        var isFIFO: Bool
        var seed: UInt64
        var testDescription: String { "\(engine) \(isFIFO ? "FIFO" : "standard") \(seed)" }
    }

    static let settings = TestDatabase.engines.flatMap { engine in
        [false, true].flatMap { isFIFO in
            (1...(engine == .sqlite ? 6 : 2)).map { Setting(engine: engine, isFIFO: isFIFO, seed: $0) }
        }
    }

    @Test(arguments: settings)
    func aQueueDoesWhatItsModelDoes(setting: Setting) async throws {
        try await QueueFixture.with(setting.engine) { first in
            var random = SeededGenerator(seed: setting.seed)
            var fixture = first
            var model = Model(isFIFO: setting.isFIFO, retention: 600_000)
            let url = try await fixture.create(
                setting.isFIFO ? "queue.fifo" : "queue",
                ["MessageRetentionPeriod": "600"].merging(setting.isFIFO ? ["FifoQueue": "true"] : [:]) { $1 })
            var count = 0
            for _ in 0..<220 {
                model.settle(fixture.time.now.milliseconds)
                let now = fixture.time.now.milliseconds
                switch Int.random(in: 0..<100, using: &random) {
                case ..<40:
                    count += 1
                    let body = "m\(count)"
                    let group = "g\(Int.random(in: 0..<4, using: &random))"
                    let delay = setting.isFIFO || Int.random(in: 0..<4, using: &random) > 0 ? 0 : 7
                    try await fixture.send(
                        url, body, group: setting.isFIFO ? group : nil, deduplication: setting.isFIFO ? body : nil,
                        delay: delay)
                    model.messages.append(
                        Sent(
                            body: body, group: setting.isFIFO ? group : body, sent: now,
                            visibleAt: now + Int64(delay) * 1000))
                case ..<65:
                    let maximum = Int.random(in: 1...10, using: &random)
                    let received = try await fixture.receive(url, maximum, visibility: 20)
                    check(received, maximum, &model, now, hidden: 20)
                case ..<82:
                    let out = model.messages.indices.filter { model.messages[$0].isOut }
                    guard let index = out.randomElement(using: &random), let receipt = model.messages[index].receipt
                    else {
                        continue
                    }
                    try await fixture.delete(url, receipt)
                    model.messages.remove(at: index)
                case ..<90:
                    let out = model.messages.indices.filter { model.messages[$0].isOut }
                    guard let index = out.randomElement(using: &random), let receipt = model.messages[index].receipt
                    else {
                        continue
                    }
                    let timeout = Int.random(in: 0...40, using: &random)
                    try await fixture.change(url, receipt, timeout)
                    model.messages[index].visibleAt = now + Int64(timeout) * 1000
                    if timeout == 0 { model.messages[index].isOut = false }
                case ..<97: fixture.advance(Int.random(in: 1...12, using: &random))
                default:
                    // Processes that share a database know of each other's receipts.
                    fixture = fixture.restarted()
                    if setting.engine == .sqlite {
                        for index in model.messages.indices where model.messages[index].isOut {
                            model.messages[index].visibleAt = now
                            model.messages[index].isOut = false
                        }
                    }
                }
                model.settle(fixture.time.now.milliseconds)
                let later = fixture.time.now.milliseconds
                let out = model.messages.count(where: { $0.isOut && $0.visibleAt > later })
                let delayed = model.messages.count(where: { !$0.isOut && $0.visibleAt > later })
                #expect(
                    try await fixture.counts(url) == [model.messages.count - out - delayed, out, delayed])
            }
        }
    }

    private func check(_ received: [Message], _ maximum: Int, _ model: inout Model, _ now: Int64, hidden: Int64) {
        let visible = model.visible(now)
        let available = visible.values.reduce(0) { $0 + $1.count }
        #expect(received.count == min(maximum, available))
        var seen: [String: Int] = [:]
        for message in received {
            guard let index = model.messages.firstIndex(where: { $0.body == message.body }) else {
                Issue.record("\(message.body ?? "?") was received, and is not there")
                continue
            }
            let group = model.messages[index].group
            let position = seen[group, default: 0]
            seen[group] = position + 1
            if model.isFIFO {
                #expect(visible[group].map { position < $0.count && $0[position] == message.body } == true)
            } else {
                #expect(visible[group] != nil)
            }
            model.messages[index].isOut = true
            model.messages[index].visibleAt = now + hidden * 1000
            model.messages[index].receipt = message
        }
    }
}
