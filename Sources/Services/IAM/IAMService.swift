public import Persistence
public import ServiceKit
public import ServiceModel

/// AWS Identity and Access Management: roles and managed policies. It is global: the region of a call does not count.
///
/// See <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>.
public struct IAMService: IAMAPI {
    let store: IAMStore
    let time: any TimeSource

    /// The database must have been migrated with ``IAMMigrations/all``.
    public init(database: any Database, time: any TimeSource) {
        store = IAMStore(database)
        self.time = time
    }

    /// The size of a page whose size the caller leaves open.
    static let pageSize = 100
}

extension IAMService: RoleCatalog {
    public func role(account: String, name: String) async throws -> (id: String, trustPolicy: String)? {
        try await store.read(account) { try $0.findRole(name) }.map { ($0.id, $0.trustPolicy) }
    }

    public func description(account: String, role: String) async throws -> RoleDescription? {
        try await store.read(account) { try $0.findRole(role) }.map {
            RoleDescription(
                name: $0.name, path: $0.path, id: $0.id, arn: $0.arn, trustPolicy: $0.trustPolicy,
                maxSessionDuration: $0.maxSessionDuration)
        }
    }

    public func noteUse(account: String, role: String, region: String, at time: Timestamp) async throws {
        try await store.write(account) { rows in
            guard var found = try rows.findRole(role) else { return }
            found.lastUsed = time
            found.lastUsedRegion = region
            try rows.update(found)
        }
    }
}
