/// Why TLS cannot be spoken, in words for the person who asked for it.
public struct TLSError: Error, CustomStringConvertible, Equatable {
    public var description: String

    init(_ description: String) { self.description = description }
}
