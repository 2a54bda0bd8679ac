import ArgumentParser
import Foundation
import Persistence

/// Ends a command with one plain message.
enum Failure {
    static func exit(_ error: any Error) -> any Error {
        if error is ExitCode || error is CleanExit || error is ValidationError { return error }
        FileHandle.standardError.write(Data("martlet: \(message(error))\n".utf8))
        return ExitCode.failure
    }

    static func message(_ error: any Error) -> String {
        switch error {
        case let error as DatabaseError:
            switch error {
            case .constraint(let text), .newerSchema(let text), .inUse(let text), .failed(let text): text
            case .diskFull: "No space is left for the data folder."
            }
        default: "\(error)"
        }
    }
}

/// Runs asynchronous work from a synchronous command. The main thread waits, so the process keeps its identity in /proc.
enum Blocking {
    private final class Outcome: @unchecked Sendable {
        var result: Result<Void, any Error>?
    }

    static func run(_ body: @escaping @Sendable () async throws -> Void) throws {
        let done = DispatchSemaphore(value: 0)
        let outcome = Outcome()
        Task.detached {
            do {
                try await body()
                outcome.result = .success(())
            } catch {
                outcome.result = .failure(error)
            }
            done.signal()
        }
        done.wait()
        try outcome.result?.get()
    }
}
