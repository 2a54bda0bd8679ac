/// A few threads for work that blocks, such as reading and writing files: it never holds one of the cooperative pool's.
package final class BlockingThreads: Sendable {
    private let threads: WorkerThreads<Void>

    /// - Parameters:
    ///   - name: what the threads are called in a debugger.
    ///   - maximum: how many there are at most; they start when there is work for them.
    package init(name: String, maximum: Int) {
        threads = WorkerThreads(name: name, maximum: maximum) { threads in
            threads.forEachJob { $0.run(.success(())) }
        }
    }

    deinit { threads.shutDown() }

    /// Runs `body` on one of the threads.
    /// - Throws: what `body` throws; `CancellationError` if the task was cancelled before a thread was free.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await threads.run { try body() }
    }
}
