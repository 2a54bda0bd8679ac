public import NIOCore

/// Runs a task's synchronous parts on an event loop, so that a request which waits for nothing but that loop never changes threads.
///
/// Only for work that is short: the loop's connections wait meanwhile.
public final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    public init(_ loop: any EventLoop) { self.loop = loop }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
