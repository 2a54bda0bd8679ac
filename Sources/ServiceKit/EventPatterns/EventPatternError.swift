/// Why a text is no event pattern, in the words of AWS's rule compiler.
public struct EventPatternError: Error, Sendable, Hashable {
    /// Such as `prefix match pattern must be a string`.
    public var reason: String
    /// How many bytes of the pattern were read when it was refused; nil if the whole pattern is at fault.
    public var offset: Int?
    /// AWS names the place twice for what is wrong inside a list.
    public var isInsideList: Bool

    init(_ reason: String, at offset: Int? = nil, isInsideList: Bool = false) {
        self.reason = reason
        self.offset = offset
        self.isInsideList = isInsideList
    }

    /// The message of EventBridge's `InvalidEventPatternException` for `pattern`.
    public func message(for pattern: String) -> String {
        let text = "Event pattern is not valid. Reason: \(reason)"
        guard let place = place(in: pattern) else { return text }
        let source = "\n at [Source: (String)\"\(pattern)\"; line: \(place.line), column: \(place.column)]"
        return text + source + (isInsideList ? source : "")
    }

    /// Where in the text reading had come to, both counted from 1; nil if the whole text is at fault.
    public func place(in pattern: String) -> (line: Int, column: Int)? {
        guard let offset else { return nil }
        let read = Array(pattern.utf8.prefix(offset))
        let start = read.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return (
            read.count { $0 == 0x0A } + 1, String(decoding: read[start...], as: UTF8.self).utf16.count + 1
        )
    }
}
