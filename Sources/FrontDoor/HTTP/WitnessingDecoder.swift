import NIOCore
import NIOHTTP1

/// NIO's decoder of requests, which also shows what it could not decode: an error says why, and nothing of what was sent.
final class WitnessingDecoder: ByteToMessageDecoder {
    typealias InboundOut = HTTPServerRequestPart

    private let base: HTTPRequestDecoder
    private let failed: (ByteBuffer) -> Void

    /// `failed`: is given the bytes that were being decoded, before the error is thrown.
    init(_ base: HTTPRequestDecoder, failed: @escaping (ByteBuffer) -> Void) {
        self.base = base
        self.failed = failed
    }

    func decoderAdded(context: ChannelHandlerContext) { base.decoderAdded(context: context) }
    func decoderRemoved(context: ChannelHandlerContext) { base.decoderRemoved(context: context) }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let bytes = buffer
        do {
            return try base.decode(context: context, buffer: &buffer)
        } catch {
            failed(bytes)
            throw error
        }
    }

    func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) throws -> DecodingState {
        try base.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
    }
}
