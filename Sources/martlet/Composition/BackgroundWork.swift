import DataPlane
import Lambda
import Persistence
import SQS
import SandboxLinux
import ServiceKit
import ServiceLifecycle

/// A service's own background work, until shutdown.
struct BackgroundWork: Service {
    private let service: any AWSService

    init(_ service: any AWSService) { self.service = service }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await service.run()
                // A service without background work is done; the group's others go on.
                try await gracefulShutdown()
            } catch is CancellationError {}
        }
    }
}

/// Closes the metrics of each minute, and ends the execution environments at shutdown, after the front door has answered the last
/// request.
struct EnvironmentKeeper: Service {
    let dataPlane: DataPlane
    let sandboxes: LinuxSandboxProvider

    func run() async throws {
        let minutes = Task { [dataPlane] in await dataPlane.recordMinutes() }
        defer { minutes.cancel() }
        try await gracefulShutdown()
        await dataPlane.close()
        await sandboxes.shutDown()
    }
}

/// Answers long polls at shutdown, so that the front door need not wait for them.
struct PollKeeper: Service {
    let sqs: SQSService

    func run() async throws {
        try? await gracefulShutdown()
        sqs.endWaiting()
    }
}

/// Does jobs until shutdown, before the environments end that some of them need.
struct JobKeeper: Service {
    let jobs: JobQueue

    func run() async throws {
        await cancelWhenGracefulShutdown { [jobs] in await jobs.run() }
    }
}

/// Polls event sources until shutdown, before the environments end that their functions need.
struct EventSourceKeeper: Service {
    let lambda: LambdaService

    func run() async throws {
        await cancelWhenGracefulShutdown { [lambda] in await lambda.pollEventSources() }
    }
}
