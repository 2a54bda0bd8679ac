/// Reads CBOR (RFC 8949) item by item from bytes that may be hostile.
struct CBORScanner {
    struct Failure: Error {}

    /// The head of an item.
    struct Head {
        var major: UInt8
        /// The value, length or tag; nil of an item of indefinite length.
        var argument: UInt64?
        /// The five low bits of the first byte.
        var information: UInt8
    }

    static let maximumDepth = 128

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    /// Whether the next byte ends an item of indefinite length; takes it if so.
    mutating func takeBreak() throws(Failure) -> Bool {
        guard position < bytes.count else { throw Failure() }
        guard bytes[position] == 0xFF else { return false }
        position += 1
        return true
    }

    func peekMajor() throws(Failure) -> UInt8 {
        guard position < bytes.count else { throw Failure() }
        return bytes[position] >> 5
    }

    mutating func head() throws(Failure) -> Head {
        guard position < bytes.count else { throw Failure() }
        let first = bytes[position]
        position += 1
        let information = first & 0x1F
        switch information {
        case 0..<24: return Head(major: first >> 5, argument: UInt64(information), information: information)
        case 24...27:
            let count = 1 << Int(information - 24)
            guard bytes.count - position >= count else { throw Failure() }
            var argument: UInt64 = 0
            for index in 0..<count { argument = argument << 8 | UInt64(bytes[position + index]) }
            position += count
            return Head(major: first >> 5, argument: argument, information: information)
        case 31 where [2, 3, 4, 5].contains(first >> 5):
            return Head(major: first >> 5, argument: nil, information: information)
        default: throw Failure()
        }
    }

    /// How many entries can still be there, each of at least `size` bytes: what a length may claim.
    func checked(_ length: UInt64, size: Int) throws(Failure) -> Int {
        guard length <= UInt64((bytes.count - position) / size) else { throw Failure() }
        return Int(length)
    }

    /// The bytes of a byte or text string whose head was just taken.
    mutating func string(_ head: Head) throws(Failure) -> [UInt8] {
        guard let length = head.argument else {
            var all: [UInt8] = []
            while try !takeBreak() {
                let chunk = try self.head()
                guard chunk.major == head.major, chunk.argument != nil else { throw Failure() }
                all += try string(chunk)
            }
            return all
        }
        let count = try checked(length, size: 1)
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    mutating func text(_ head: Head) throws(Failure) -> String {
        guard head.major == 3, let text = String(validating: try string(head), as: UTF8.self) else { throw Failure() }
        return text
    }

    /// Passes over one item.
    mutating func skip(depth: Int = 0) throws(Failure) {
        guard depth < CBORScanner.maximumDepth else { throw Failure() }
        let head = try head()
        switch head.major {
        case 2, 3: _ = try string(head)
        case 4, 5:
            let each = head.major == 5 ? 2 : 1
            if let length = head.argument {
                for _ in 0..<(try checked(length, size: each)) * each { try skip(depth: depth + 1) }
            } else {
                while try !takeBreak() {
                    for _ in 0..<each { try skip(depth: depth + 1) }
                }
            }
        case 6: try skip(depth: depth + 1)
        default: break
        }
    }
}
