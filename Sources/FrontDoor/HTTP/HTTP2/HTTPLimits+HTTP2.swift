import NIOCore
import NIOHTTP2

/// The same limits in HTTP/2's terms.
extension HTTPLimits {
    var http2Connection: NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
            // Twice what is taken: a client that is a little over it gets an answer (431) instead of the end of its connection.
            HTTP2Setting(parameter: .maxHeaderListSize, value: 2 * http2HeaderListSize),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
        ]
        configuration.targetWindowSize = connectionWindow
        configuration.maximumSequentialEmptyDataFrames = 100
        configuration.maximumBufferedControlFrames = 1000
        // As many frames of 16 KB as the largest head has, and one more.
        configuration.maximumSequentialContinuationFrames = 2 * http2HeaderListSize / 16_384 + 1
        configuration.controlFrameRateLimit.maximumCount = controlFrames
        configuration.controlFrameRateLimit.windowLength = .seconds(30)
        return configuration
    }

    var http2Stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = streamWindow
        configuration.outboundBufferSizeHighWatermark = 64 * 1024
        configuration.outboundBufferSizeLowWatermark = 32 * 1024
        configuration.streamResetFrameRateLimit.maximumCount = streamResets
        configuration.streamResetFrameRateLimit.windowLength = .seconds(30)
        configuration.streamErrorRateLimit.maximumCount = streamResets
        configuration.streamErrorRateLimit.windowLength = .seconds(30)
        return configuration
    }

    /// Each field counts 32 bytes more than its text (RFC 9113, section 6.5.2); pseudo-header fields are fields too.
    var http2HeaderListSize: Int { headers + requestLine + (headerCount + 4) * 32 }
}
