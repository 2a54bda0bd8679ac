import ServiceModel

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

    /// What `read` makes of a body. Other errors than these say nothing.
    static func reading(
        _ body: [UInt8], _ read: (UnsafeBufferPointer<UInt8>) throws -> WireValue
    ) throws(SerializationFailure) -> WireValue {
        // Typed throws do not pass through the buffer's closure.
        let result: Result<WireValue, SerializationFailure> = body.withUnsafeBufferPointer { bytes in
            do {
                return .success(try read(bytes))
            } catch {
                return .failure(error as? SerializationFailure ?? SerializationFailure())
            }
        }
        return try result.get()
    }
}
