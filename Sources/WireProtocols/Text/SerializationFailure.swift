/// Why an input could not be read. Each protocol gives it the code that AWS uses there.
struct SerializationFailure: Error {
    /// May be empty: AWS says nothing about JSON that is none.
    var message: String

    init(_ message: String = "") { self.message = message }
}
