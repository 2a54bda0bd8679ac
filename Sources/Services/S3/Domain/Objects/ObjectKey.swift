import ServiceKit

/// What S3 demands of the name of an object.
enum ObjectKey {
    /// In bytes.
    static let maximumLength = 1024

    static func check(_ key: String) throws {
        if key.utf8.count > maximumLength {
            throw AWSError.s3(
                "KeyTooLongError", 400, "Your key is too long",
                ["Size": String(key.utf8.count), "MaxSizeAllowed": String(maximumLength)])
        }
        // No document could show it, and no database keeps it.
        if key.utf8.contains(0) {
            throw AWSError.s3("InvalidURI", 400, "Couldn't parse the specified URI.", ["URI": "key"])
        }
    }
}
