import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

struct MappingStoreTests {
    private static func record(
        _ uuid: String, function: String = "f", qualifier: String? = nil, account: String = "111111111111"
    ) -> MappingRecord {
        MappingRecord(
            key: MappingKey(account: account, region: "us-east-1", uuid: uuid),
            function: FunctionKey(account: account, region: "us-east-1", name: function), qualifier: qualifier,
            source: EventSource(kind: .queue, arn: MappingRuleTests.queue), settings: MappingSettings(batchSize: 10),
            isEnabled: true, lastModified: Timestamp(milliseconds: 1))
    }

    private func with(_ engine: SQLEngine, _ body: (LambdaStore) async throws -> Void) async throws {
        try await TestDatabase.with(engine, LambdaMigrations.all) { database in
            try await body(
                LambdaStore(database: database, secrets: SecretBox(MasterKey(), purpose: "lambda/environment")))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aMappingIsReadAsItWasWritten(engine: SQLEngine) async throws {
        try await with(engine) { store in
            var record = Self.record("1", qualifier: "live")
            record.source = EventSource(kind: .selfManagedKafka, endpoints: ["a:1", "b:2"])
            record.settings = MappingSettings(
                batchSize: 7, batchingWindow: 3, filters: [#"{"a": ["ü"]}"#],
                responseTypes: ["ReportBatchItemFailures"],
                startingPosition: "AT_TIMESTAMP", startingTimestamp: 5, parallelization: 2, failureDestination: "arn:x",
                maximumRecordAge: 60, bisectsBatches: true, maximumRetries: 0, tumblingWindow: 9,
                maximumConcurrency: 2, topics: ["t"], queues: ["q"],
                access: [MappingSettings.Access(type: "BASIC_AUTH", uri: "arn:y")], consumerGroup: "g",
                documents: MappingSettings.Documents(database: "d", collection: "c", fullDocument: "Default"),
                kmsKey: "arn:z", metrics: [], logLevel: "WARN",
                pollers: MappingSettings.Pollers(minimum: 1, maximum: 2, group: "p"))
            record.lastResult = "OK"
            let written = record
            try await store.write { try $0.save(written) }
            #expect(try await store.read { try $0.mapping(written.key) } == written)
            record.isEnabled = false
            record.qualifier = nil
            record.settings = MappingSettings(batchSize: 1)
            let changed = record
            try await store.write { try $0.save(changed) }
            #expect(try await store.read { try $0.mapping(changed.key) } == changed)
            try await store.write { try $0.delete(changed.key) }
            #expect(try await store.read { try $0.mapping(changed.key) } == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func listsKnowAccountsFunctionsAndQualifiers(engine: SQLEngine) async throws {
        try await with(engine) { store in
            var deleted = Self.record("4")
            deleted.isDeleting = true
            let records = [
                Self.record("2"), Self.record("1"), Self.record("3", qualifier: "live"), deleted,
                Self.record("5", function: "g"), Self.record("1", account: "222222222222"),
            ]
            try await store.write { transaction in for record in records { try transaction.save(record) } }
            func list(_ qualifier: String?, after: String? = nil, limit: Int = 10) async throws -> [String] {
                try await store.read { transaction in
                    let key = FunctionKey(account: "111111111111", region: "us-east-1", name: "f")
                    return try transaction.mappings(
                        account: key.account, region: key.region, of: FunctionTarget(key: key, qualifier: qualifier),
                        source: MappingRuleTests.queue, after: after, limit: limit
                    ).map(\.key.uuid)
                }
            }
            #expect(try await list(nil) == ["1", "2", "4"])
            #expect(try await list(nil, after: "1", limit: 1) == ["2"])
            #expect(try await list("live") == ["3"])
            #expect(try await store.read { try $0.deletedMappings() }.map(\.uuid) == ["4"])
        }
    }
}
