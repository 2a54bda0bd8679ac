/// Keeps content-addressed bytes: packages of code, layers.
public protocol BlobStore: Sendable {
    /// Stores the bytes, durably, before it returns.
    /// - Returns: their SHA-256, in lower-case hexadecimal.
    func put(_ bytes: [UInt8]) async throws -> String
    /// - Throws: if there is no such blob.
    func get(_ digest: String) async throws -> [UInt8]
    func contains(_ digest: String) async throws -> Bool
    /// Removes a blob that nothing refers to. No error if there is none.
    func remove(_ digest: String) async throws
}
