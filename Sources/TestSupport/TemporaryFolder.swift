import Foundation

/// A folder of a test's own, removed at the end.
public enum TemporaryFolder {
    public static func with<T>(
        isolation: isolated (any Actor)? = #isolation, _ body: (_ path: String) async throws -> T
    ) async throws -> T {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }
}
