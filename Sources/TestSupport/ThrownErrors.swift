public import ServiceKit

/// AWS's error with which `body` ends; nil if it ends otherwise.
public func awsError<Result>(_ body: () async throws -> Result) async -> AWSError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? AWSError
    }
}
