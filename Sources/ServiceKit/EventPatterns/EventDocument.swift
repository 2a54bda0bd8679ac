/// A JSON text that event patterns are matched against, or made of.
public struct EventDocument: Sendable, Hashable {
    /// How deep arrays and objects may nest.
    public static let maximumDepth = 200

    let root: EventValue

    /// - Throws: ``EventPatternError`` if the bytes are not one JSON value (RFC 8259), or nest too deep.
    public init(_ bytes: some Sequence<UInt8>) throws(EventPatternError) {
        var parser = EventDocumentParser(bytes: Array(bytes))
        root = try parser.document()
    }

    public init(_ text: String) throws(EventPatternError) { try self.init(text.utf8) }
}

/// A JSON value, and where it begins.
struct EventValue: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        var name: String
        /// Whether the name may stand for several levels.
        var hasDot: Bool
        /// How much has been read when the member's name is known: that is, with the beginning of its value.
        var offset: Int
        var value: EventValue
    }

    enum Content: Sendable, Hashable {
        case null
        case boolean(Bool)
        case number(Double)
        case string(String)
        case array([EventValue])
        case object([Member])
    }

    var content: Content
    /// How much has been read when the value's first token has: of arrays and objects, the bracket that opens them; of strings, the
    /// quotation mark.
    var offset: Int
    /// How much has been read when the value is complete.
    var end: Int

    var isObject: Bool {
        if case .object = content { return true }
        return false
    }

    /// The scalars that the value stands for: itself, or those in an array, and in arrays in it.
    func forEachLeaf(_ body: (Content) -> Bool) -> Bool {
        switch content {
        case .array(let elements): elements.contains { $0.forEachLeaf(body) }
        case .object: false
        default: body(content)
        }
    }

    /// Calls for each object that the value stands for: itself, or those in an array, and in arrays in it.
    func forEachObject(_ body: ([Member]) -> Bool) -> Bool {
        switch content {
        case .array(let elements): elements.contains { $0.forEachObject(body) }
        case .object(let members): body(members)
        default: false
        }
    }
}
