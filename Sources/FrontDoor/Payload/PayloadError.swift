/// What is wrong with a payload, beside its size.
enum PayloadError: Error, Sendable, Equatable {
    /// The framing of an `aws-chunked` body is broken.
    case malformedChunks
    /// It ended before its last chunk, or does not have the length that `x-amz-decoded-content-length` says.
    case incomplete
    /// The signature of a chunk or trailer is wrong.
    case chunkSignature
    /// A checksum header that is no checksum.
    case invalidChecksum(String)
    case checksumMismatch(String)
    /// The trailer announced by `x-amz-trailer` did not come, or another one did.
    case trailer
    /// `x-amz-content-sha256` is not the payload's hash.
    case contentHash(client: String, computed: String)
    /// The decoded payload is larger than the operation takes.
    case tooLarge
}
