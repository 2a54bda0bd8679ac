/// Takes a `multipart/form-data` body (RFC 7578) apart, piece by piece: small fields are kept, the bytes of the file are handed on. In memory
/// bounded by the fields' limit, the pieces and the boundary.
struct FormReader: Sendable {
    enum Problem: Error, Sendable, Equatable {
        case malformed
        /// The fields before the file are larger than S3 takes.
        case fieldsTooLarge
        case ended
    }

    struct File: Sendable, Equatable {
        var name: String
        var contentType: String?
    }

    private enum State: Equatable {
        /// Before the first boundary.
        case preamble
        case partHead
        case field(name: String)
        case file
        case done
    }

    private let limit: Int
    /// `\r\n--boundary`
    private let delimiter: [UInt8]
    private var state = State.preamble
    private var waiting: [UInt8] = []
    private var size = 0

    /// In the order in which they came.
    private(set) var fields: [(name: String, value: String)] = []
    /// Known when its bytes begin; what follows the file is not looked at, as in S3.
    private(set) var file: File?

    /// `limit` bounds the bytes of all that comes before the file.
    init(boundary: String, limit: Int) {
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.limit = limit
        // The first delimiter may stand at the very beginning.
        waiting = [0x0D, 0x0A]
    }

    /// The boundary that a content type names; nil: it is no form with files.
    static func boundary(_ contentType: String) -> String? {
        let field = ParameterField(contentType[...])
        guard field.value.lowercased() == "multipart/form-data", let value = field["boundary"] else { return nil }
        return (1...70).contains(value.utf8.count) ? value : nil
    }

    var isDone: Bool { state == .done }

    /// The next piece of the body.
    /// - Returns: bytes of the file.
    mutating func take(_ bytes: [UInt8]) throws(Problem) -> [UInt8] {
        waiting += bytes
        var out: [UInt8] = []
        while true {
            switch state {
            case .preamble:
                guard let end = find(delimiter) else { return try keep(delimiter.count) }
                waiting.removeFirst(end)
                state = .partHead
            case .partHead:
                if waiting.starts(with: [0x2D, 0x2D]) {
                    state = .done
                    continue
                }
                guard let end = find([0x0D, 0x0A, 0x0D, 0x0A]) else { return try keep(limit) }
                try begin(String(decoding: waiting[..<end], as: UTF8.self))
                waiting.removeFirst(end)
            case .field(let name):
                guard let end = find(delimiter) else { return try keep(limit) }
                let value = waiting[..<(end - delimiter.count)]
                size += name.utf8.count + value.count
                if size > limit { throw .fieldsTooLarge }
                fields.append((name, String(decoding: value, as: UTF8.self)))
                waiting.removeFirst(end)
                state = .partHead
            case .file:
                guard let end = find(delimiter) else {
                    // What may be the beginning of the end stays.
                    let count = max(0, waiting.count - delimiter.count + 1)
                    out += waiting[..<count]
                    waiting.removeFirst(count)
                    return out
                }
                out += waiting[..<(end - delimiter.count)]
                waiting = []
                state = .done
            case .done:
                waiting = []
                return out
            }
        }
    }

    /// The body has ended.
    func end() throws(Problem) {
        if state != .done { throw .ended }
    }

    private func keep(_ most: Int) throws(Problem) -> [UInt8] {
        if waiting.count > max(most, limit) { throw .fieldsTooLarge }
        return []
    }

    private mutating func begin(_ head: String) throws(Problem) {
        var name: String?
        var fileName: String?
        var contentType: String?
        for line in head.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon].lowercased() {
            case "content-disposition":
                let field = ParameterField(value)
                name = field["name"]
                fileName = field["filename"]
            case "content-type": contentType = String(value)
            default: break
            }
        }
        guard let name else { throw .malformed }
        if name.lowercased() == "file" {
            // Of a path the last name counts, on whatever system it was.
            let last = (fileName ?? "").split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? ""
            file = File(name: String(last), contentType: contentType)
            state = .file
        } else {
            state = .field(name: name)
        }
    }

    /// - Returns: where what follows the pattern begins.
    private func find(_ pattern: [UInt8]) -> Int? {
        guard waiting.count >= pattern.count, let first = pattern.first else { return nil }
        return waiting.withUnsafeBufferPointer { bytes in
            var index = 0
            let last = bytes.count - pattern.count
            while index <= last {
                if bytes[index] == first {
                    var length = 1
                    while length < pattern.count, bytes[index + length] == pattern[length] { length += 1 }
                    if length == pattern.count { return index + length }
                }
                index += 1
            }
            return nil
        }
    }
}
