/// The head of an HTTP/1.1 request of the plainest kind, found in bytes without copying any.
///
/// Nearly all requests of SDKs and runtimes look like this, and hot paths can take them without a parser: a known method and an
/// origin-form target, header fields of tokens and visible ASCII, one `Host`, at most one `Content-Length`, no other framing, and a
/// connection that stays. What is any different, or not complete, is no plain head; it is for a whole parser to accept or to refuse.
/// The grammar is a strict subset of RFC 9112's, so that no two readers can disagree about where such a request ends.
public struct PlainHead: Sendable, Hashable {
    public enum Method: Sendable, Hashable { case get, post, put, delete }

    public var method: Method
    /// Where the target is in the bytes: a path that begins with `/`, and maybe a query.
    public var target: Range<Int>
    /// How many bytes the head has, with the empty line.
    public var length: Int
    /// How many bytes of body follow it.
    public var bodyLength: Int

    /// Longer heads are no plain ones.
    public static let maximumLength = 16 * 1024
    /// More fields are not plain.
    public static let maximumFields = 64
    /// Larger bodies are not plain.
    public static let maximumBody = 64 * 1024 * 1024

    /// Reads a head at the beginning of `bytes`: nil if there is no plain one, or not all of it; fields may have been shown by then.
    /// - Parameters:
    ///   - bytes: what has come so far.
    ///   - field: is shown each header field: where its name and its value are, the value without white space around it.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer, field: (_ name: Range<Int>, _ value: Range<Int>) -> Void) {
        let end = min(bytes.count, PlainHead.maximumLength)
        guard let (method, begin) = PlainHead.method(bytes, end) else { return nil }
        self.method = method
        var at = begin
        while at < end, bytes[at] > 0x20, bytes[at] < 0x7F, bytes[at] != UInt8(ascii: "#") { at += 1 }
        target = begin..<at
        guard at > begin, bytes[begin] == UInt8(ascii: "/"), PlainHead.matches(" HTTP/1.1\r\n", bytes, at, end) else {
            return nil
        }
        at += 11

        var (hosts, lengths, fields) = (0, 0, 0)
        bodyLength = 0
        while true {
            guard at + 1 < end else { return nil }
            if bytes[at] == 0x0D {
                guard bytes[at + 1] == 0x0A, hosts == 1 else { return nil }
                length = at + 2
                return
            }
            let name = at
            while at < end, PlainHead.isToken(bytes[at]) { at += 1 }
            guard at > name, at < end, bytes[at] == UInt8(ascii: ":") else { return nil }
            let nameEnd = at
            at += 1
            while at < end, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
            let value = at
            while at < end, bytes[at] >= 0x20, bytes[at] < 0x7F { at += 1 }
            guard at + 1 < end, bytes[at] == 0x0D, bytes[at + 1] == 0x0A else { return nil }
            var valueEnd = at
            while valueEnd > value, bytes[valueEnd - 1] == 0x20 { valueEnd -= 1 }
            at += 2
            fields += 1
            guard fields <= PlainHead.maximumFields else { return nil }

            // What decides about framing, by length first: few names get any further.
            switch nameEnd - name {
            case 4: if PlainHead.isName("host", bytes, name) { hosts += 1 }
            case 6: if PlainHead.isName("expect", bytes, name) { return nil }
            case 7: if PlainHead.isName("upgrade", bytes, name) { return nil }
            case 10:
                if PlainHead.isName("connection", bytes, name) {
                    guard valueEnd - value == 10, PlainHead.isName("keep-alive", bytes, value) else { return nil }
                }
            case 14:
                if PlainHead.isName("content-length", bytes, name) {
                    lengths += 1
                    guard lengths == 1, let number = PlainHead.number(bytes, value..<valueEnd) else { return nil }
                    bodyLength = number
                }
            case 17: if PlainHead.isName("transfer-encoding", bytes, name) { return nil }
            default: break
            }
            field(name..<nameEnd, value..<valueEnd)
        }
    }

    @inlinable
    static func method(_ bytes: UnsafeRawBufferPointer, _ end: Int) -> (Method, Int)? {
        guard end > 8 else { return nil }
        if matches("GET ", bytes, 0, end) { return (.get, 4) }
        if matches("POST ", bytes, 0, end) { return (.post, 5) }
        if matches("PUT ", bytes, 0, end) { return (.put, 4) }
        if matches("DELETE ", bytes, 0, end) { return (.delete, 7) }
        return nil
    }

    /// Whether `text` stands at `at`.
    @inlinable
    static func matches(_ text: StaticString, _ bytes: UnsafeRawBufferPointer, _ at: Int, _ end: Int) -> Bool {
        guard end - at >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[at + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether a name, already known to have the length of `lower`, is the same in lower case.
    @inlinable
    public static func isName(_ lower: StaticString, _ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bool {
        for index in 0..<lower.utf8CodeUnitCount {
            let byte = bytes[at + index]
            let folded = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if folded != lower.utf8Start[index] { return false }
        }
        return true
    }

    /// A number of digits alone.
    @inlinable
    static func number(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 9 else { return nil }
        var number = 0
        for index in range {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number <= maximumBody ? number : nil
    }

    /// RFC 9110, section 5.6.2.
    @inlinable
    static func isToken(_ byte: UInt8) -> Bool {
        // One bit for each character from 0 to 127.
        byte < 64
            ? (0x03FF_6CFA_0000_0000 as UInt64) >> UInt64(byte) & 1 == 1
            : byte < 128 && (0x57FF_FFFF_C7FF_FFFE as UInt64) >> UInt64(byte - 64) & 1 == 1
    }
}
