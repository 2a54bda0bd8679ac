public import NIOCore

/// The bytes of a body that is never held whole, in order, for one reader.
public protocol ByteSource: Sendable {
    /// How many bytes there are in all; nil: that is not known before the end.
    var length: Int? { get }
    /// The next piece, not empty; nil: that was the end. Of a request's body the end is told only when everything that the
    /// client said of it proved true: its length, its hash, its checksums, the signatures of its chunks.
    /// - Throws: ``AWSError`` for what the client has done wrong; anything else if the bytes can't be had.
    func next() async throws -> [UInt8]?
    /// The next piece as ``next()`` gives it, for who passes it on: what is kept in memory is not copied.
    func nextBuffer() async throws -> ByteBuffer?
    /// Fields that came after the bytes, such as `x-amz-checksum-crc32`, their names in lower case. Empty before the end.
    var trailers: [(name: String, value: String)] { get }
}

extension ByteSource {
    public var trailers: [(name: String, value: String)] { [] }

    public func nextBuffer() async throws -> ByteBuffer? { try await next().map { ByteBuffer(bytes: $0) } }

    /// All bytes together, for bodies that are known to be small.
    /// - Throws: `tooLarge` if there are more than `limit`; what ``next()`` throws.
    public func collect(limit: Int, orThrow tooLarge: AWSError) async throws -> [UInt8] {
        if let length, length > limit { throw tooLarge }
        var bytes: [UInt8] = []
        while let piece = try await next() {
            guard piece.count <= limit - bytes.count else { throw tooLarge }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return bytes
    }
}
