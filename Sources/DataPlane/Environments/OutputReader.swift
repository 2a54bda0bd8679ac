import Glibc
import NIOCore
import NIOPosix

/// Reads the pipe that a sandbox's processes print to. Confined to the environment's event loop.
///
/// While the log is full the pipe is not read: its writers block, and nobody else.
final class OutputReader: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private let log: EnvironmentLog
    /// A second descriptor of the pipe, for reading what is there right now.
    private let descriptor: Int32
    private var channel: (any Channel)?
    private var isOpen = true

    private init(log: EnvironmentLog, descriptor: Int32) {
        self.log = log
        self.descriptor = descriptor
    }

    /// Takes ownership of `pipe`. On the loop.
    static func start(pipe: Int32, log: EnvironmentLog, on loop: any EventLoop) -> EventLoopFuture<OutputReader> {
        let copy = fcntl(pipe, F_DUPFD_CLOEXEC, 0)
        _ = fcntl(pipe, F_SETFL, fcntl(pipe, F_GETFL) | O_NONBLOCK)
        let reader = OutputReader(log: log, descriptor: copy)
        return NIOPipeBootstrap(group: loop)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(reader) }
            }
            .takingOwnershipOfDescriptor(input: pipe)
            .map { channel in
                reader.channel = channel
                log.onUnblocked = { [weak reader] in reader?.resume() }
                return reader
            }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        log.output(unwrapInboundIn(data).readableBytesView)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        log.flush()
        if log.isBlocked { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Reads all that was printed up to now: what comes after is of another invocation. `atEnd` nobody prints any more.
    func drain(atEnd: Bool) {
        guard isOpen, descriptor >= 0, atEnd || !log.isOverfull else { return }
        // Bounded: a process that prints faster than we read must not hold the loop.
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
            for _ in 0..<16 {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                log.output(buffer[..<count])
            }
        }
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        channel?.close(promise: nil)
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    private func resume() {
        guard isOpen else { return }
        channel?.setOption(.autoRead, value: true).whenFailure { _ in }
        channel?.read()
    }
}
