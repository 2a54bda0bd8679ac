/// Why an input could not be read. Each protocol gives it the code that AWS uses there.
struct SerializationFailure: Error {
    /// May be empty: AWS says nothing about JSON that is none.
    var message: String

    /// The query parameter that should be a number, and what it is instead.
    var number: (name: String, value: String)?

    init(_ message: String = "", number: (name: String, value: String)? = nil) {
        self.message = message
        self.number = number
    }
}
