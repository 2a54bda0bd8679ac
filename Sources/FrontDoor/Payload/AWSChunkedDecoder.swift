/// Takes the framing of an `aws-chunked` payload off, piece by piece, in memory bounded by the framing's own small lines.
///
/// The format is that of "Signature calculations for the Authorization header: transferring payload in multiple chunks" and
/// "…including trailing headers" in the S3 API reference: `hex-size[;chunk-signature=…]\r\n data \r\n` … `0[;…]\r\n`
/// then, with trailers, `name:value\r\n` … and an empty line.
struct AWSChunkedDecoder: Sendable {
    /// Whether each chunk carries a signature, and whether trailers follow the last.
    struct Form: Sendable, Equatable {
        var signed: Bool
        var trailers: Bool
    }

    enum Event: Sendable, Equatable {
        /// A chunk begins; the last one has size 0.
        case chunk(size: Int, signature: String?)
        /// Bytes of the current chunk: a range of the input.
        case data(Range<Int>)
        /// The current chunk is whole.
        case chunkEnd
        case trailer(name: String, value: String)
        case end
    }

    private enum State: Equatable {
        case sizeLine
        case data(left: Int)
        case dataEnd(carriageReturn: Bool)
        case trailerLine
        case done
    }

    private static let maximumLine = 8 * 1024
    private static let maximumTrailers = 32

    private let form: Form
    private var state = State.sizeLine
    private var line: [UInt8] = []
    private var trailerCount = 0
    private var trailersSigned = false

    init(form: Form) { self.form = form }

    /// Whether the last chunk and all trailers were seen.
    var isComplete: Bool { state == .done }

    /// Takes the next piece of the body. Events come in order; ranges are indices into `input`.
    mutating func feed(_ input: UnsafeRawBufferPointer, _ emit: (Event) throws(PayloadError) -> Void)
        throws(PayloadError)
    {
        var index = 0
        while index < input.count {
            switch state {
            case .data(let left):
                let count = min(left, input.count - index)
                try emit(.data(index..<(index + count)))
                index += count
                state = left == count ? .dataEnd(carriageReturn: false) : .data(left: left - count)
            case .dataEnd(let carriageReturn):
                guard input[index] == (carriageReturn ? 0x0A : 0x0D) else { throw .malformedChunks }
                index += 1
                if carriageReturn {
                    try emit(.chunkEnd)
                    state = .sizeLine
                } else {
                    state = .dataEnd(carriageReturn: true)
                }
            case .sizeLine, .trailerLine:
                let byte = input[index]
                index += 1
                guard byte == 0x0A else {
                    guard line.count < Self.maximumLine else { throw .malformedChunks }
                    line.append(byte)
                    continue
                }
                // Some clients end trailer lines with a line feed alone.
                if line.last == 0x0D { line.removeLast() } else if state == .sizeLine { throw .malformedChunks }
                let text = String(decoding: line, as: UTF8.self)
                line.removeAll(keepingCapacity: true)
                try take(text, emit)
            case .done:
                // An empty line may close a body without trailers.
                guard input[index] == 0x0D || input[index] == 0x0A else { throw .malformedChunks }
                index += 1
            }
        }
    }

    private mutating func take(_ text: String, _ emit: (Event) throws(PayloadError) -> Void) throws(PayloadError) {
        if state == .sizeLine {
            let (size, signature) = try chunkHeader(text)
            try emit(.chunk(size: size, signature: signature))
            if size > 0 {
                state = .data(left: size)
            } else {
                try emit(.chunkEnd)
                if form.trailers {
                    state = .trailerLine
                } else {
                    state = .done
                    try emit(.end)
                }
            }
            return
        }
        if text.isEmpty {
            // Some clients write an empty line between the trailers and their signature.
            if form.signed, !trailersSigned, trailerCount > 0 { return }
            state = .done
            return try emit(.end)
        }
        trailerCount += 1
        guard trailerCount <= Self.maximumTrailers, let colon = text.firstIndex(of: ":"), colon != text.startIndex
        else {
            throw .malformedChunks
        }
        let name = text[..<colon].lowercased()
        let value = String(text[text.index(after: colon)...].drop { $0 == " " })
        if name == "x-amz-trailer-signature" { trailersSigned = true }
        try emit(.trailer(name: name, value: value))
    }

    private func chunkHeader(_ text: String) throws(PayloadError) -> (Int, String?) {
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        guard let digits = parts.first, !digits.isEmpty, digits.utf8.count <= 12,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }),
            let size = Int(digits, radix: 16)
        else { throw .malformedChunks }
        guard form.signed else { return (size, nil) }
        guard parts.count == 2, parts[1].hasPrefix("chunk-signature=") else { throw .malformedChunks }
        return (size, String(parts[1].dropFirst(16)))
    }
}
