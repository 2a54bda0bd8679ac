import ServiceKit
import ServiceModel
import Testing

@testable import Logs

@Suite struct PutBatchTests {
    static let now: Int64 = 1_767_225_600_000
    static let hour: Int64 = 3_600_000

    private func batch(_ times: [Int64], retention: Int? = nil, message: String = "m") throws -> PutBatch {
        try PutBatch(
            times.map { LogEvent(timestamp: Timestamp(milliseconds: Self.now + $0), message: message) }, now: Self.now,
            retention: retention)
    }

    private func refusal(_ body: () throws -> PutBatch) -> String? {
        do {
            _ = try body()
            return nil
        } catch let refusal as PutBatch.Refusal {
            return refusal.message
        } catch {
            return "\(error)"
        }
    }

    @Test func takesWhatIsInOrder() throws {
        let batch = try batch([-1000, 0, 0, 5])
        #expect(batch.accepted.count == 4)
        #expect(!batch.isRejectedInPart)
    }

    @Test func refusesDisorder() {
        #expect(
            refusal { try batch([0, -1]) }
                == "Log events in a single PutLogEvents request must be in chronological order.")
    }

    @Test func refusesMoreThanADay() {
        #expect(
            refusal { try batch([-25 * Self.hour, 0]) }
                == "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
        #expect(refusal { try batch([-24 * Self.hour, 0]) } == nil)
        // Events that are rejected do not count.
        #expect(refusal { try batch([-30 * 24 * Self.hour, 0]) } == nil)
    }

    @Test func rejectsWhatIsTooOldOrTooNew() throws {
        let batch = try batch([-15 * 24 * Self.hour, -14 * 24 * Self.hour - 1, -1, 0, 2 * Self.hour, 2 * Self.hour + 1])
        #expect(batch.tooOldEnd == 2)
        #expect(batch.tooNewStart == 5)
        #expect(batch.expiredEnd == nil)
        #expect(batch.accepted.count == 3)
    }

    @Test func rejectsWhatHasExpired() throws {
        let batch = try batch([-25 * Self.hour, -24 * Self.hour - 1, -Self.hour, 0], retention: 1)
        #expect(batch.expiredEnd == 2)
        #expect(batch.tooOldEnd == nil)
        #expect(batch.accepted.count == 2)
    }

    @Test func everythingMayBeRejected() throws {
        let batch = try batch([3 * Self.hour])
        #expect(batch.accepted.isEmpty)
        #expect(batch.tooNewStart == 0)
    }

    @Test func limitsBytes() {
        let half = String(repeating: "x", count: 524_288 - 26)
        #expect(refusal { try batch([0, 0], message: half) } == nil)
        #expect(
            refusal { try batch([0, 0], message: half + "x") }
                == "Upload too large: 1048578 bytes exceeds limit of 1048576")
        #expect(
            refusal { try batch([0], message: String(repeating: "x", count: 1_048_551)) }
                == "Log event too large: 1048577 bytes exceeds limit of 1048576")
    }
}
