import Execution
import HTTPScanner
import NIOCore
import NIOHTTP1

/// Reads a runtime's requests from the bytes themselves as long as they are plain, as those of all common runtimes are.
///
/// At the first that is not (chunked, streamed, split before the end of its head, `Expect`…) the connection goes over to a whole HTTP parser, for
/// good.
final class RuntimeAPIHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: RuntimeAPIConnection
    /// What has come and is not taken.
    private var input = ByteBuffer()
    /// The plain request whose body has not come whole.
    private var arriving: (head: RuntimeAPIConnection.Head, bodyLength: Int)?
    /// Of a body that is too large: how much is still to be thrown away.
    private var discarding = 0
    private var isParsed = false

    init(session: any RuntimeAPISession) { connection = RuntimeAPIConnection(session: session) }

    func handlerAdded(context: ChannelHandlerContext) { connection.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { connection.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        connection.disconnected()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isParsed { return context.fireChannelRead(data) }
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeBuffer(&bytes)
        }
        while input.readableBytes > 0 {
            if discarding > 0 {
                let count = min(discarding, input.readableBytes)
                input.moveReaderIndex(forwardBy: count)
                discarding -= count
                if discarding == 0, let (head, _) = arriving { take(head, body: nil) }
            } else if let (head, bodyLength) = arriving {
                guard let body = input.readSlice(length: bodyLength) else { break }
                take(head, body: body)
            } else if !readHead() {
                return goOver(context)
            }
        }
        // Else the bytes of one request would keep those of many alive.
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.readComplete()
        context.fireChannelReadComplete()
    }

    private func take(_ head: RuntimeAPIConnection.Head, body: ByteBuffer?) {
        arriving = nil
        connection.take(head, body: body)
    }

    private static let errorType: StaticString = "lambda-runtime-function-error-type"

    /// - Returns: false if what comes is no plain head.
    private func readHead() -> Bool {
        var head = RuntimeAPIConnection.Head()
        var isStreamed = false
        let plain = input.withUnsafeReadableBytes { bytes -> PlainHead? in
            let plain = PlainHead(bytes) { name, value in
                if name.count == Self.errorType.utf8CodeUnitCount,
                    PlainHead.isName(Self.errorType, bytes, name.lowerBound)
                {
                    head.errorType = String(decoding: bytes[value], as: UTF8.self)
                } else if name.count == RuntimeAPIConnection.responseMode.utf8CodeUnitCount,
                    PlainHead.isName(RuntimeAPIConnection.responseMode, bytes, name.lowerBound)
                {
                    isStreamed = true
                } else if name.count >= ExtensionsHeaders.Field.shortest {
                    for field in ExtensionsHeaders.Field.allCases
                    where name.count == field.text.utf8CodeUnitCount
                        && PlainHead.isName(field.text, bytes, name.lowerBound)
                    {
                        head.extensions[field] = String(decoding: bytes[value], as: UTF8.self)
                    }
                }
            }
            if let plain {
                head.route = RuntimeAPIRoute(
                    isGet: plain.method == .get, isPost: plain.method == .post,
                    isPut: plain.method == .put, target: bytes[plain.target])
            }
            return plain
        }
        guard let plain, !isStreamed else { return false }
        input.moveReaderIndex(forwardBy: plain.length)
        if plain.bodyLength > InvocationLimits.response {
            discarding = plain.bodyLength
        } else if let body = input.readSlice(length: plain.bodyLength) {
            connection.take(head, body: body)
            return true
        } else {
            input.reserveCapacity(minimumWritableBytes: plain.bodyLength - input.readableBytes)
        }
        arriving = (head, plain.bodyLength)
        return true
    }

    private func goOver(_ context: ChannelHandlerContext) {
        isParsed = true
        let rest = input
        input = ByteBuffer()
        do {
            let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
            try context.pipeline.syncOperations.addHandlers(
                [decoder, ParsedRequestHandler(connection: connection)], position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(rest))
    }
}
