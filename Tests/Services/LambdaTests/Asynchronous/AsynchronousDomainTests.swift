import Execution
import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Testing

@testable import Lambda

@Suite struct AsynchronousDomainTests {
    static let received = Timestamp(milliseconds: 1_767_225_600_000)
    static let key = FunctionKey(account: "111111111111", region: "us-east-1", name: "f")

    static func event(invocations: Int = 0, refusals: Int = 0, payload: String = "{}") -> AsyncEvent {
        AsyncEvent(
            requestID: "id", qualifier: nil, received: received, invocations: invocations, refusals: refusals,
            payload: Array(payload.utf8))
    }

    private func policy(attempts: Int? = nil, age: Int? = nil) -> RetryPolicy {
        RetryPolicy(
            EventInvokeRecord(
                key: Self.key, qualifier: latestVersion, maximumRetryAttempts: attempts, maximumEventAge: age,
                lastModified: Self.received))
    }

    @Test(arguments: [
        AsyncEvent(requestID: "", qualifier: nil, received: received, payload: []),
        AsyncEvent(
            requestID: "8a1f", qualifier: "live", received: received, traceHeader: "Root=1-2-3", clientContext: "{}",
            invocations: 2, refusals: 7, payload: Array(#"{"ü": 1}"#.utf8)),
    ])
    func eventsAreReadAsTheyWereWritten(event: AsyncEvent) {
        #expect(AsyncEvent(bytes: event.bytes) == event)
        for count in 0..<min(event.bytes.count - event.payload.count, 100) {
            #expect(AsyncEvent(bytes: Array(event.bytes.prefix(count))) == nil)
        }
    }

    @Test func deliveriesAreReadAsTheyWereWritten() {
        let job = EventDeliveryJob(
            key: Self.key, qualifier: "1", target: "arn:aws:sqs:us-east-1:1:q", role: "r", isDeadLetter: true,
            received: Self.received,
            delivery: Delivery(
                body: [1, 2], attributes: [.init(name: "n", type: "String", value: "v")], source: "lambda",
                detailType: "d", resources: ["a", "b"], key: "k", traceHeader: nil))
        #expect(EventDeliveryJob(bytes: job.job.payload) == job)
        #expect(EventDeliveryJob(bytes: Array(job.job.payload.prefix(40))) == nil)
    }

    @Test func aLaneNamesItsFunction() {
        #expect(AsyncEvent.key(lane: AsyncEvent.lane(Self.key)) == Self.key)
        #expect(AsyncEvent.key(lane: "nonsense") == nil)
    }

    /// One minute, then two; then there is no other try.
    @Test(arguments: [(1, 60.0), (2, 120.0), (3, nil)] as [(Int, Double?)])
    func errorsAreTriedAgainTwice(invocations: Int, pause: Double?) {
        let verdict = policy().afterError(Self.event(invocations: invocations), at: Self.received)
        #expect(
            verdict
                == (pause.map { .retry(at: Self.received.advanced(by: .seconds($0))) } ?? .discard(.retriesExhausted)))
    }

    @Test(arguments: [(0, 1), (1, 2), (2, 3)])
    func asOftenAsIsConfigured(attempts: Int, tries: Int) {
        let policy = policy(attempts: attempts)
        for invocation in 1..<tries {
            if case .discard = policy.afterError(Self.event(invocations: invocation), at: Self.received) {
                Issue.record("given up after \(invocation)")
            }
        }
        #expect(
            policy.afterError(Self.event(invocations: tries), at: Self.received) == .discard(.retriesExhausted))
    }

    @Test func whatWouldBeTooOldAtItsNextTryIsGivenUp() {
        let now = Self.received.advanced(by: .milliseconds(5))
        #expect(policy(age: 60).afterError(Self.event(invocations: 1), at: now) == .discard(.eventAgeExceeded))
        #expect(
            policy(age: 90).afterError(Self.event(invocations: 1), at: now)
                == .retry(at: now.advanced(by: .seconds(60))))
        let second = Self.received.advanced(by: .seconds(60))
        #expect(policy(age: 90).afterError(Self.event(invocations: 2), at: second) == .discard(.eventAgeExceeded))
        #expect(!policy(age: 60).isExpired(Self.event(), at: Self.received.advanced(by: .seconds(60))))
        #expect(policy(age: 60).isExpired(Self.event(), at: Self.received.advanced(by: .milliseconds(60_001))))
    }

    /// From a second to five minutes, for six hours.
    @Test(arguments: [(1, 1.0), (2, 2), (3, 4), (9, 256), (10, 300), (1000, 300)] as [(Int, Double)])
    func refusalsAreTriedAgainMoreAndMoreSlowly(refusals: Int, pause: Double) {
        #expect(
            policy().afterRefusal(Self.event(refusals: refusals), at: Self.received)
                == .retry(at: Self.received.advanced(by: .seconds(pause))))
        #expect(
            policy().afterRefusal(
                Self.event(refusals: refusals), at: Self.received.advanced(by: .seconds(21_600)))
                == .discard(.eventAgeExceeded))
    }

    // MARK: Records

    @Test func aRecordHasAWSsForm() throws {
        var event = Self.event(invocations: 3, payload: #"{"raise_error": 1}"#)
        event.qualifier = "live"
        let record = InvocationRecord(
            event: event, functionARN: Self.key.arn("live"), condition: "RetriesExhausted", time: Self.received,
            response: .init(
                executedVersion: "1", functionError: "Unhandled", payload: Array(#"{"errorMessage":"no"}"#.utf8)))
        #expect(
            record.json
                == #"{"version":"1.0","timestamp":"2026-01-01T00:00:00.000Z","requestContext":{"requestId":"id","#
                + #""functionArn":"arn:aws:lambda:us-east-1:111111111111:function:f:live","#
                + #""condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":{"raise_error": 1},"#
                + #""responseContext":{"statusCode":200,"executedVersion":"1","functionError":"Unhandled"},"#
                + #""responsePayload":{"errorMessage":"no"}}"#)
    }

    @Test(arguments: ["not json", "{\"a\":", "\u{0}\"}"])
    func whatIsNoJSONCannotBreakARecord(answer: String) throws {
        let record = InvocationRecord(
            event: Self.event(), functionARN: "f", condition: "Success", time: Self.received,
            response: .init(executedVersion: "1", functionError: nil, payload: Array(answer.utf8)))
        let object = try JSONSerialization.jsonObject(with: Data(record.json.utf8)) as? [String: Any]
        #expect(object?["responsePayload"] as? String == answer)
    }

    @Test func aDeadLetterSaysWhatWasWrong() {
        let long = String(repeating: "ü", count: 1000)
        let attributes = DeadLetter.attributes(
            requestID: "id",
            response: .init(
                executedVersion: "1", functionError: "Unhandled", payload: Array(#"{"errorMessage":"\#(long)"}"#.utf8)),
            reason: .retriesExhausted)
        #expect(attributes.map(\.name) == ["RequestID", "ErrorCode", "ErrorMessage"])
        #expect(attributes.map(\.type) == ["String", "Number", "String"])
        #expect(attributes[1].value == "200")
        #expect(attributes[2].value == String(repeating: "ü", count: 512))
    }

    // MARK: Windows

    /// Lets invocations end whose duration depends on how many run at the same time.
    private func window(after rounds: Int = 5000, idle: Double = 0.5, _ duration: (Int) -> Double) -> InvocationWindow {
        var window = InvocationWindow()
        for _ in 0..<rounds { window.ended(after: duration(window.size), running: window.size, idle: idle) }
        return window
    }

    @Test func aWindowIsNotWidenedWhereTheProcessorsAreBusy() {
        #expect(window(idle: 0.1) { _ in 100 }.size == InvocationWindow.least)
    }

    @Test func aWindowGrowsWhileNobodyWaits() { #expect(window { _ in 100 }.size == InvocationWindow.most) }

    /// Twice as many at once take twice as long: the processors are busy.
    @Test(arguments: [2000, 3001, 4567, 100_000])
    func aWindowStaysSmallWhereInvocationsWaitForOneAnother(rounds: Int) {
        #expect(window(after: rounds) { 10 * Double($0) }.size <= 2 * InvocationWindow.least)
    }

    /// Sixteen find room, a seventeenth does not.
    @Test func aWindowFindsHowMuchRoomThereIs() {
        let size = window { 50 * max(1, Double($0) / 16) }.size
        #expect((16...32).contains(size))
    }

    /// Where there is little to do, nothing is learnt of a wider window.
    @Test func aWindowThatIsNotFullStaysAsItIs() {
        var window = InvocationWindow()
        for _ in 0..<5000 { window.ended(after: 10, running: 1, idle: 1) }
        #expect(window.size == InvocationWindow.least)
    }

    @Test func aWindowHeedsRefusals() {
        var window = window { _ in 100 }
        window.refused(running: 10)
        #expect(window.size == 10)
        window.refused(running: 0)
        #expect(window.size == 1)
    }

    // MARK: Loops

    @Test func aLineageCountsEachFunction() {
        let hash = InvocationLineage.hash(functionARN: Self.key.arn)
        #expect(hash.utf8.count == 8)
        var header = "Root=1-2-3;Parent=4;Sampled=0"
        for count in 1...20 {
            let trace = TraceHeader(header, now: 0, lineage: hash)
            #expect(InvocationLineage(header: trace.value).count(hash) == count)
            #expect(trace.root == "1-2-3")
            header = trace.value
        }
        #expect(header == "Root=1-2-3;Parent=4;Sampled=0;Lineage=\(hash):20")
        let other = InvocationLineage(header: header).adding("00000000").replacing(in: header)
        #expect(InvocationLineage(header: other).count(hash) == 20)
        #expect(InvocationLineage(header: other).count("00000000") == 1)
    }

    @Test(arguments: [
        "Lineage=", "Lineage=|||", "Lineage=a:b|c", "Lineage=a:-1", "Lineage=a:99999999999999999999", ";;;",
    ])
    func aStrangeLineageIsNone(header: String) { #expect(InvocationLineage(header: header).text == "") }

    @Test func aLineageIsBounded() {
        var lineage = InvocationLineage(header: nil)
        for index in 0..<100 { lineage = lineage.adding("\(index)") }
        #expect(lineage.text.utf8.count < 200)
        #expect(lineage.count("99") == 1)
    }

    // MARK: Targets

    @Test(arguments: [
        ("arn:aws:sqs:us-east-1:111111111111:queue", DeliveryTarget.Kind.queue, "queue"),
        ("arn:aws:sns:us-east-1:111111111111:topic", .topic, "topic"),
        ("arn:aws:lambda:us-east-1:111111111111:function:g:live", .function, "g:live"),
        ("arn:aws:events:us-east-1:111111111111:event-bus/default", .eventBus, "default"),
        ("arn:aws:s3:::bucket", .bucket, "bucket"),
    ])
    func anARNNamesATarget(arn: String, kind: DeliveryTarget.Kind, name: String) throws {
        let target = try #require(DeliveryTarget(arn: arn))
        #expect(target.kind == kind)
        #expect(target.name == name)
    }

    @Test(arguments: [
        "", "arn", "arn:aws:sqs:us-east-1:111111111111:", "arn:aws:dynamodb:us-east-1:1:t", "arn:aws:sqs:::queue",
        "arn:aws:lambda:us-east-1:111111111111:layer:l", "arn:aws:events:us-east-1:111111111111:rule/r",
    ])
    func othersNameNone(arn: String) { #expect(DeliveryTarget(arn: arn) == nil) }
}
