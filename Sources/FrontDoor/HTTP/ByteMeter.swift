import NIOCore

/// Tells the connection that bytes have come, before they are parsed: a head that trickles in is seen only here.
final class ByteMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let arrived: (NIODeadline) -> Void

    init(arrived: @escaping (NIODeadline) -> Void) { self.arrived = arrived }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        arrived(context.eventLoop.now)
        context.fireChannelRead(data)
    }
}
