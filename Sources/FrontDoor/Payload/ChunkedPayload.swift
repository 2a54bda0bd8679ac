/// What the head of a request says of its `aws-chunked` body.
struct ChunkedPayload: Sendable {
    /// The announced length, `x-amz-decoded-content-length`.
    var decodedLength: Int?
    /// The trailers announced by `x-amz-trailer`, in lower case.
    var announced: [String]
    var form: AWSChunkedDecoder.Form
    /// What chunk signatures continue; nil if they are not verified.
    var seed: SignatureVerifier.Seed?
    /// How large the payload may be.
    var limit: Int

    /// Takes the framing off a whole body; everything that was said of it is verified.
    /// - Returns: the payload, and its trailers by lower-case name, without the signature.
    func decode(_ body: [UInt8]) throws(PayloadError) -> (payload: [UInt8], trailers: [(name: String, value: String)]) {
        if let decodedLength, decodedLength > limit { throw .tooLarge }
        var reader = PayloadReader(self)
        let payload = try reader.take(body)
        try reader.end()
        return (payload, reader.trailers)
    }
}
