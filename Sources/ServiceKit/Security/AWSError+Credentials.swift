extension AWSError {
    /// An access key or session token that was never issued here, or does not belong together.
    public static let invalidClientToken = AWSError(
        "InvalidClientTokenId", status: 403, message: "The security token included in the request is invalid.")

    /// A session token whose time is over.
    public static let expiredToken = AWSError(
        "ExpiredTokenException", status: 403, message: "The security token included in the request is expired")
}
