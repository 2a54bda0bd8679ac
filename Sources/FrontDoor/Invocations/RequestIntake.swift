import HTTPScanner
import NIOCore
import ServiceKit

/// Stands where a connection's bytes come in: hands plain invocations to the ``InvocationDesk``, and everything else to the parser.
///
/// For that it has to know where requests begin, without parsing them: it follows plain heads and the lengths that they give. As soon
/// as one is not plain it has lost its place, and the connection is the parser's alone.
final class RequestIntake<R: Responder>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Place {
        case boundary
        /// In the body of a request that the parser reads.
        case body(left: Int)
        case lost
    }

    private let connection: ConnectionHandler<R>
    private var desk: InvocationDesk?
    private var place = Place.boundary
    /// An invocation whose body has not come whole.
    private var held: ByteBuffer?

    /// Larger bodies are the parser's: it counts what all connections hold.
    private static var largestHeld: Int { 128 * 1024 }

    init(_ connection: ConnectionHandler<R>) { self.connection = connection }

    func channelActive(context: ChannelHandlerContext) {
        desk = connection.responder.desk(
            for: ConnectionInfo(localAddress: context.localAddress, remoteAddress: context.remoteAddress))
        context.fireChannelActive()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        desk = connection.responder.desk(
            for: ConnectionInfo(localAddress: context.localAddress, remoteAddress: context.remoteAddress))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard desk != nil else { return forward(data, context) }
        switch place {
        case .boundary:
            var bytes = unwrapInboundIn(data)
            if var all = held {
                held = nil
                all.writeBuffer(&bytes)
                bytes = all
            }
            if !take(bytes, context) { forward(wrapInboundOut(bytes), context) }
        case .body(let left):
            let count = unwrapInboundIn(data).readableBytes
            place = count < left ? .body(left: left - count) : count == left ? .boundary : .lost
            forward(data, context)
        case .lost: forward(data, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let bytes = held {
            held = nil
            place = .lost
            forward(wrapInboundOut(bytes), context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func forward(_ data: NIOAny, _ context: ChannelHandlerContext) {
        connection.bytesArrived(context.eventLoop.now)
        context.fireChannelRead(data)
    }

    /// - Returns: false if the bytes are for the parser.
    private func take(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        guard let desk, connection.isAtRest else {
            place = .lost
            return false
        }
        let found = buffer.withUnsafeReadableBytes { bytes -> (plain: PlainHead, invocation: Invocation?)? in
            var fields = InvocationHead.Fields()
            guard let plain = PlainHead(bytes, field: { fields.take(bytes, $0, $1) }) else { return nil }
            guard let head = InvocationHead(bytes, plain: plain, fields: fields),
                let target = desk.find(head, in: bytes)
            else { return (plain, nil) }
            return (
                plain,
                Invocation(
                    target: target, trace: head.trace.map { String(decoding: bytes[$0], as: UTF8.self) },
                    wantsLogTail: head.wantsLogTail, isEvent: head.isEvent)
            )
        }
        guard let (plain, invocation) = found else {
            place = .lost
            return false
        }
        let left = plain.length + plain.bodyLength - buffer.readableBytes
        if let invocation {
            if left == 0, begin(invocation, buffer, plain, desk, context) { return true }
            if left > 0, plain.bodyLength <= Self.largestHeld {
                held = buffer
                connection.bytesArrived(context.eventLoop.now)
                return true
            }
        }
        place = left > 0 ? .body(left: left) : left == 0 ? .boundary : .lost
        return false
    }

    private struct Invocation {
        var target: any InvocationTarget
        var trace: String?
        var wantsLogTail: Bool
        var isEvent: Bool
    }

    private func begin(
        _ invocation: Invocation, _ buffer: ByteBuffer, _ plain: PlainHead, _ desk: InvocationDesk,
        _ context: ChannelHandlerContext
    ) -> Bool {
        let target = invocation.target
        let payload = buffer.getSlice(at: buffer.readerIndex + plain.length, length: plain.bodyLength) ?? ByteBuffer()
        guard target.accepts(payload, isEvent: invocation.isEvent) else { return false }
        let requestID = RandomUUID.make()
        let event = LaneEvent(
            requestID: requestID, payload: payload, traceHeader: invocation.trace,
            wantsLogTail: invocation.wantsLogTail,
            isEvent: invocation.isEvent)
        let version = target.executedVersion
        let number = connection.nextNumber
        let bound = NIOLoopBound((connection, desk), eventLoop: context.eventLoop)
        let done: @Sendable (Result<LaneAnswer, AWSError>) -> Void = { result in
            let (connection, desk) = bound.value
            switch result {
            case .success(let answer):
                connection.finish(number: number, payload: answer.payload) { keepAlive, buffer in
                    desk.write(answer, requestID: requestID, version: version, keepAlive: keepAlive, to: &buffer)
                }
            case .failure(let error): connection.finish(desk.response(error, requestID: requestID), number: number)
            }
        }
        if event.isEvent {
            Task(executorPreference: LoopExecutor(context.eventLoop)) { done(await target.enqueue(event)) }
        } else if !target.begin(event, on: context.eventLoop, done: done) {
            // Whatever becomes of the caller, as on AWS.
            Task(executorPreference: LoopExecutor(context.eventLoop)) { done(await target.start(event)) }
        }
        connection.beganWhole()
        return true
    }
}
