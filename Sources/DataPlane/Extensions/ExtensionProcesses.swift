import NIOCore
import NIOPosix

/// The supervisor of a sandbox with external extensions: what it reports, and what it is told. Confined to the environment's event
/// loop. `Sources/launcher/supervise.h` describes what they say to each other.
final class ExtensionProcesses: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Report: Sendable, Hashable {
        case started(index: Int, name: String)
        /// With the system's error number.
        case notStarted(index: Int, name: String, error: Int32)
        case allStarted
        case printed(index: Int, [UInt8])
        case runtimeStarted
        case runtimeNotStarted(error: Int32)
        case runtimeEnded(signal: Int32?, code: Int32)
        case ended(index: Int, signal: Int32?, code: Int32)
    }

    enum Order: UInt8 {
        case run = 0x52
        case terminate = 0x54
        case kill = 0x4B
        case quit = 0x51
    }

    private static let runtime = 255
    private static let longestRecord = 1 << 20

    private static let pause = TimeAmount.milliseconds(20)

    private let report: (Report) -> Void
    /// Whether what is printed has nowhere to go: then the extensions' pipes fill, and they wait.
    private let isBlocked: () -> Bool
    private var pending = ByteBuffer()
    private var channel: (any Channel)?
    private var listener: (any Channel)?
    private var unsent: [Order] = []
    private var isClosed = false

    init(isBlocked: @escaping () -> Bool, report: @escaping (Report) -> Void) {
        self.isBlocked = isBlocked
        self.report = report
    }

    /// Accepts the supervisor's connection, and no other. Takes ownership of the listening socket. On the loop.
    func listen(_ socket: NIOBSDSocket.Handle, on loop: any EventLoop) -> EventLoopFuture<Void> {
        ServerBootstrap(group: loop)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard self.channel == nil else { throw ChannelError.operationUnsupported }
                    self.channel = channel
                    try channel.pipeline.syncOperations.addHandler(self)
                }
            }
            .withBoundSocket(socket)
            .map { listener in
                self.listener = listener
                if self.isClosed { listener.close(promise: nil) }
            }
    }

    func order(_ order: Order) {
        guard let channel, channel.isActive else {
            unsent.append(order)
            return
        }
        channel.writeAndFlush(channel.allocator.buffer(bytes: [order.rawValue]), promise: nil)
    }

    func close() {
        isClosed = true
        channel?.close(promise: nil)
        listener?.close(promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        listener?.close(promise: nil)
        for order in unsent { self.order(order) }
        unsent = []
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        pending.writeBuffer(&part)
        while let kind = pending.getInteger(at: pending.readerIndex, as: UInt8.self),
            let index = pending.getInteger(at: pending.readerIndex + 1, as: UInt8.self),
            let length = pending.getInteger(at: pending.readerIndex + 2, as: UInt32.self)
        {
            guard length <= Self.longestRecord else { return context.close(promise: nil) }
            guard pending.readableBytes >= 6 + Int(length) else { break }
            pending.moveReaderIndex(forwardBy: 6)
            guard let body = pending.readSlice(length: Int(length)) else { break }
            if let read = Self.read(kind, Int(index), body) { report(read) }
        }
        pending.discardReadBytes()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isBlocked() { wait(context.channel) }
        context.fireChannelReadComplete()
    }

    private func wait(_ channel: any Channel) {
        channel.setOption(.autoRead, value: false).whenFailure { _ in }
        channel.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            if self.isBlocked() { return self.wait(channel) }
            channel.setOption(.autoRead, value: true).whenFailure { _ in }
            channel.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private static func read(_ kind: UInt8, _ index: Int, _ body: ByteBuffer) -> Report? {
        var body = body
        switch kind {
        case UInt8(ascii: "E"): return .started(index: index, name: String(buffer: body))
        case UInt8(ascii: "F"):
            guard let error = body.readInteger(as: Int32.self) else { return nil }
            return .notStarted(index: index, name: String(buffer: body), error: error)
        case UInt8(ascii: "B"): return .allStarted
        case UInt8(ascii: "O"): return .printed(index: index, Array(body.readableBytesView))
        case UInt8(ascii: "S"): return .runtimeStarted
        case UInt8(ascii: "N"): return body.readInteger(as: Int32.self).map { .runtimeNotStarted(error: $0) }
        case UInt8(ascii: "X"):
            guard let how = body.readInteger(as: UInt8.self), let what = body.readInteger(as: UInt8.self) else {
                return nil
            }
            let signal: Int32? = how == 1 ? Int32(what) : nil
            return index == runtime
                ? .runtimeEnded(signal: signal, code: Int32(what))
                : .ended(index: index, signal: signal, code: Int32(what))
        default: return nil
        }
    }
}
