import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

struct LambdaStoreTests {
    private static func record(_ name: String, version: String = latestVersion, account: String = "111111111111")
        -> VersionRecord
    {
        VersionRecord(
            key: FunctionKey(account: account, region: "us-east-1", name: name), version: version,
            settings: FunctionSettings(runtime: "python3.12", handler: "a.b", role: "arn:aws:iam::111111111111:role/r"),
            codeDigest: "d-\(name)", codeSize: 10, lastModified: Timestamp(milliseconds: 1), revisionID: "r",
            pendingRevisionID: "p", generation: "g")
    }

    private func with(
        _ engine: SQLEngine, _ body: (LambdaStore) async throws -> Void
    ) async throws {
        try await TestDatabase.with(engine, LambdaMigrations.all) { database in
            try await body(
                LambdaStore(database: database, secrets: SecretBox(MasterKey(), purpose: "lambda/environment")))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aVersionIsReadAsItWasWritten(engine: SQLEngine) async throws {
        try await with(engine) { store in
            var version = Self.record("f", version: "7")
            version.settings.environment = ["A": "ü\u{0}\n"]
            version.settings.logging = LoggingSettings(
                group: "/g", isJSON: true, applicationLevel: "TRACE", systemLevel: "WARN")
            version.settings.activeTracing = true
            version.settings.vpc = VPCSettings()
            version.settings.architecture = "arm64"
            version.publishedFrom = "g0"
            version.sourceDescription = "s"
            let written = version
            let read = try await store.write { transaction in
                try transaction.insert(written)
                return try transaction.version(written.key, "7")
            }
            #expect(read == written)
            version.settings.environment = nil
            version.settings.timeout = 9
            let changed = version
            try await store.write { try $0.update(changed) }
            #expect(try await store.read { try $0.version(changed.key, "7") } == changed)
            #expect(try await store.read { try $0.version(changed.key, "07") } == nil)
        }
    }

    /// A secret that is moved to another row can't be read there.
    @Test func environmentsBelongToTheirRows() async throws {
        try await with(.sqlite) { store in
            var version = Self.record("f")
            version.settings.environment = ["A": "secret"]
            let (first, second) = (version, Self.record("g"))
            try await store.write { transaction in
                try transaction.insert(first)
                try transaction.insert(second)
                try transaction.connection.execute(
                    "UPDATE lambda_versions SET environment = (SELECT environment FROM lambda_versions WHERE name = 'f')"
                )
            }
            #expect(try await store.read { try $0.version(first.key, latestVersion) } == first)
            await #expect(throws: SecretBoxError.unreadable) {
                _ = try await store.read { try $0.version(second.key, latestVersion) }
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func everythingIsReadInPages(engine: SQLEngine) async throws {
        try await with(engine) { store in
            let names = ["a", "b", "B", "c-1", "c_1", "d"]
            try await store.write { transaction in
                for account in ["111111111111", "222222222222"] {
                    for name in names {
                        let latest = Self.record(name, account: account)
                        try transaction.insertFunction(latest.key, nextVersion: 2, tags: [:])
                        try transaction.insert(latest)
                        try transaction.insert(Self.record(name, version: "1", account: account))
                        try transaction.save(
                            AliasRecord(
                                key: latest.key, name: "live", version: "1", description: "",
                                routing: AliasRouting(version: "2", weight: 0.25), revisionID: "r"))
                    }
                }
            }
            for limit in [1, 5, 12, 100] {
                var functions: [FunctionRecord] = []
                while true {
                    let after = functions.last?.key
                    let page = try await store.read { try $0.everyFunction(after: after, limit: limit) }
                    #expect(page.count <= limit)
                    functions += page
                    if page.count < limit { break }
                }
                #expect(functions.count == 12)
                #expect(Set(functions.map(\.key)).count == 12)
                #expect(functions.allSatisfy { $0.versions.count == 2 && $0.aliases["live"]?.routing?.weight == 0.25 })
                // Names sort as bytes, on both engines.
                #expect(functions.prefix(6).map(\.key.name) == ["B", "a", "b", "c-1", "c_1", "d"])
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func storageIsLimited(engine: SQLEngine) async throws {
        try await with(engine) { store in
            let key = Self.record("f").key
            try await store.write { try $0.count(key, functions: 1, codeBytes: LambdaLimits.codeStorage) }
            await #expect(throws: LambdaFailures.codeStorageExceeded) {
                try await store.write { try $0.count(key, functions: 1, codeBytes: 1) }
            }
            // The refusal was rolled back, and giving back is always allowed.
            try await store.write { try $0.count(key, functions: -1, codeBytes: -5) }
            let usage = try await store.read { try $0.usage(account: key.account, region: key.region).codeBytes }
            #expect(usage == LambdaLimits.codeStorage - 5)
        }
    }

    /// Two nodes with one database: of creations of one name one wins, and version numbers are given once.
    @Test(arguments: TestDatabase.engines)
    func nodesRaceWithoutHarm(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let nodes = [fixture, try fixture.restarted()]
            for round in 0..<5 {
                let name = "f\(round)"
                let outcomes = try await withThrowingTaskGroup(of: AWSError?.self) { group in
                    for node in nodes {
                        group.addTask {
                            do {
                                try await node.create(name)
                                return nil
                            } catch let error as AWSError {
                                return error
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.count { $0 == nil } == 1)
                #expect(outcomes.compactMap(\.self) == [LambdaFailures.conflict("Function already exist: \(name)")])
            }
            for number in 1...5 {
                try await fixture.configure("f0") { $0.timeout = 10 + number }
                let versions = try await withThrowingTaskGroup(of: String?.self) { group in
                    for node in nodes { group.addTask { try await node.publish("f0").version } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(versions == [String(number), String(number)])
            }
        }
    }
}
