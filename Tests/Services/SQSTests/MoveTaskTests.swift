import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import SQS

/// Dead letters on their way back.
struct MoveTaskTests {
    private func arn(_ name: String) -> String { "arn:aws:sqs:us-east-1:000000000000:\(name)" }

    /// A dead-letter queue of `queue`, with messages that were sent to it.
    private func deadLetters(_ fixture: QueueFixture, _ count: Int) async throws -> (dead: String, queue: String) {
        let dead = try await fixture.create("dead")
        let policy = #"{"deadLetterTargetArn":"\#(arn("dead"))","maxReceiveCount":1}"#
        let queue = try await fixture.create("queue", ["RedrivePolicy": policy])
        for number in 0..<count { try await fixture.send(dead, "m\(number)") }
        return (dead, queue)
    }

    private func start(_ fixture: QueueFixture, to destination: String? = nil, rate: Int? = nil) async throws -> String
    {
        try await fixture.service.startMessageMoveTask(
            StartMessageMoveTaskRequest(
                sourceArn: arn("dead"), destinationArn: destination.map(arn), maxNumberOfMessagesPerSecond: rate),
            fixture.call("StartMessageMoveTask")
        ).taskHandle ?? ""
    }

    private func task(_ fixture: QueueFixture) async throws -> ListMessageMoveTasksResultEntry? {
        try await fixture.service.listMessageMoveTasks(
            ListMessageMoveTasksRequest(sourceArn: arn("dead")), fixture.call("ListMessageMoveTasks")
        ).results?.first
    }

    /// Does jobs as a process of its own, until the task is as it should be.
    private func work(
        _ fixture: QueueFixture, until isDone: (ListMessageMoveTasksResultEntry) -> Bool
    ) async throws {
        let jobs = JobQueue(database: fixture.database, time: fixture.time)
        _ = SQSService(database: fixture.database, jobs: jobs, time: fixture.time)
        let running = Task { await jobs.run() }
        while try await task(fixture).map(isDone) != true { await Task.yield() }
        running.cancel()
        await running.value
    }

    @Test(arguments: TestDatabase.engines)
    func messagesAreMovedToADestination(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let (dead, _) = try await deadLetters(fixture, 25)
            let target = try await fixture.create("target")
            _ = try await start(fixture, to: "target")
            let again = await #expect(throws: AWSError.self) { try await start(fixture) }
            #expect(again?.code == "InvalidParameterValue")
            try await work(fixture) { $0.status != "RUNNING" }
            let done = try await task(fixture)
            #expect(done?.status == "COMPLETED")
            #expect(done?.approximateNumberOfMessagesMoved == 25)
            #expect(done?.taskHandle == nil)
            // As another process sees it.
            let next = fixture.restarted()
            #expect(try await next.counts(target) == [25, 0, 0])
            #expect(try await next.counts(dead) == [0, 0, 0])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func withoutADestinationTheSourceMustBeKnown(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let (dead, _) = try await deadLetters(fixture, 2)
            _ = try await start(fixture)
            try await work(fixture) { $0.status != "RUNNING" }
            let done = try await task(fixture)
            #expect(done?.status == "FAILED")
            #expect(done?.failureReason == "CouldNotDetermineMessageSource")
            fixture.advance(60)
            #expect(try await fixture.restarted().counts(dead) == [2, 0, 0])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aTaskIsCancelled(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let (dead, _) = try await deadLetters(fixture, 10)
            let target = try await fixture.create("target")
            let handle = try await start(fixture, to: "target", rate: 2)
            try await work(fixture) { $0.approximateNumberOfMessagesMoved == 2 }
            #expect(try await task(fixture)?.approximateNumberOfMessagesMoved == 2)
            _ = try await fixture.service.cancelMessageMoveTask(
                CancelMessageMoveTaskRequest(taskHandle: handle), fixture.call("CancelMessageMoveTask"))
            fixture.advance(1)
            try await work(fixture) { $0.status == "CANCELLED" }
            let next = fixture.restarted()
            #expect(try await next.counts(target) == [2, 0, 0])
            #expect(try await next.counts(dead) == [8, 0, 0])
        }
    }
}
