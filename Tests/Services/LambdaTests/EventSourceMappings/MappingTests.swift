import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

struct MappingTests {
    private static let queue = MappingRuleTests.queue

    private func create(
        _ fixture: LambdaFixture, _ arn: String? = MappingTests.queue, function: String = "f", enabled: Bool? = false,
        _ change: (inout CreateEventSourceMappingRequest) -> Void = { _ in }
    ) async throws -> EventSourceMappingConfiguration {
        var input = CreateEventSourceMappingRequest(functionName: function, eventSourceArn: arn, enabled: enabled)
        change(&input)
        return try await fixture.service.createEventSourceMapping(input, fixture.call("CreateEventSourceMapping"))
    }

    private func get(_ fixture: LambdaFixture, _ uuid: String?) async throws -> EventSourceMappingConfiguration {
        try await fixture.service.getEventSourceMapping(
            GetEventSourceMappingRequest(uuid: uuid ?? ""), fixture.call("GetEventSourceMapping"))
    }

    private func update(
        _ fixture: LambdaFixture, _ uuid: String?, _ change: (inout UpdateEventSourceMappingRequest) -> Void
    ) async throws -> EventSourceMappingConfiguration {
        var input = UpdateEventSourceMappingRequest(uuid: uuid ?? "")
        change(&input)
        return try await fixture.service.updateEventSourceMapping(input, fixture.call("UpdateEventSourceMapping"))
    }

    private func delete(_ fixture: LambdaFixture, _ uuid: String?) async throws -> EventSourceMappingConfiguration {
        try await fixture.service.deleteEventSourceMapping(
            DeleteEventSourceMappingRequest(uuid: uuid ?? ""), fixture.call("DeleteEventSourceMapping"))
    }

    private func list(
        _ fixture: LambdaFixture, function: String? = nil, source: String? = nil, marker: String? = nil,
        size: Int? = nil
    ) async throws -> ListEventSourceMappingsResponse {
        try await fixture.service.listEventSourceMappings(
            ListEventSourceMappingsRequest(
                eventSourceArn: source, functionName: function, marker: marker, maxItems: size),
            fixture.call("ListEventSourceMappings"))
    }

    @Test func aKeyForFiltersIsRefusedByName() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let refusal = await awsError {
                _ = try await fixture.service.createEventSourceMapping(
                    CreateEventSourceMappingRequest(
                        functionName: "f", eventSourceArn: "arn:aws:sqs:us-east-1:111111111111:q",
                        kmsKeyArn: "arn:aws:kms:us-east-1:111111111111:key/k"),
                    fixture.call("CreateEventSourceMapping"))
            }
            #expect(refusal?.status == 501)
            #expect(refusal?.message.contains("KMSKeyArn") == true)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func theLifeOfAMapping(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            try await fixture.create("g")
            fixture.sources.add(EventSource(kind: .queue, arn: Self.queue))
            let made = try await create(fixture, enabled: nil)
            #expect(made.state == "Enabled")
            #expect(made.functionArn == fixture.arn("f"))
            #expect(
                made.eventSourceMappingArn?.hasSuffix(":111111111111:event-source-mapping:\(made.uuid ?? "")") == true)
            #expect(made.stateTransitionReason == "USER_INITIATED")
            #expect((made.batchSize, made.maximumBatchingWindowInSeconds) == (10, 0))
            #expect(made.functionResponseTypes == [])
            #expect(made.lastProcessingResult == nil && made.startingPosition == nil && made.destinationConfig == nil)
            #expect(try await get(fixture.restarted(), made.uuid) == made)
            fixture.time.advance(by: .seconds(60))
            let updated = try await update(fixture, made.uuid) {
                $0.functionName = fixture.arn("g")
                $0.enabled = false
                $0.batchSize = 20
                $0.maximumBatchingWindowInSeconds = 5
                $0.functionResponseTypes = ["ReportBatchItemFailures"]
            }
            #expect(updated.functionArn == fixture.arn("g"))
            #expect((updated.state, updated.batchSize) == ("Disabled", 20))
            #expect(updated.lastModified != made.lastModified)
            #expect(try await get(fixture.restarted(), made.uuid) == updated)
            #expect(try await delete(fixture, made.uuid).state == "Deleting")
            for missing in [get, delete, { try await update($0, $1) { _ in } }] {
                #expect(await awsError { _ = try await missing(fixture, made.uuid) } == MappingFailures.notFound)
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func nothingPretendsToPoll(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            let refused = await awsError { _ = try await create(fixture, enabled: nil) }
            #expect(refused?.code == "NotImplemented")
            #expect(refused?.message.contains("Amazon SQS") == true)
            let kept = try await create(fixture)
            #expect(kept.state == "Disabled")
            #expect(
                await awsError { _ = try await update(fixture, kept.uuid) { $0.enabled = true } }
                    == AWSError(
                        "NotImplemented", status: 501,
                        message: refused?.message.replacing("CreateEvent", with: "UpdateEvent") ?? ""))
            #expect(try await update(fixture, kept.uuid) { $0.batchSize = 5 }.batchSize == 5)
        }
    }

    @Test func theSourceIsAskedFor() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.timeout = 60 }
            fixture.sources.offer(.queue)
            fixture.sources.offer(.kinesisStream)
            #expect(
                await awsError { _ = try await create(fixture) }?.message
                    == "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                    + "SQS Error Message: The specified queue does not exist.")
            #expect(
                await awsError {
                    _ = try await create(fixture, MappingRuleTests.kinesis) { $0.startingPosition = "LATEST" }
                }?.message == "Stream not found: \(MappingRuleTests.kinesis)")
            fixture.sources.add(
                EventSource(kind: .queue, arn: Self.queue), EventSourceDescription(visibilityTimeout: 30))
            #expect(
                await awsError { _ = try await create(fixture) }?.message
                    == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds")
        }
    }

    @Test func aStreamsMappingHasTheShapeOfAWS() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let made = try await create(fixture, MappingRuleTests.table) { $0.startingPosition = "TRIM_HORIZON" }
            #expect(made.destinationConfig == DestinationConfig(onFailure: OnFailure()))
            #expect(made.lastProcessingResult == "No records processed")
            #expect(made.stateTransitionReason == "User action")
            #expect((made.bisectBatchOnFunctionError, made.parallelizationFactor) == (false, 1))
            #expect((made.maximumRecordAgeInSeconds, made.maximumRetryAttempts) == (-1, -1))
            #expect((made.tumblingWindowInSeconds, made.batchSize) == (0, 100))
            #expect(made.functionResponseTypes == [] && made.filterCriteria == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aSourceHasOneMappingPerFunction(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.alias("live", "1")
            let first = try await create(fixture)
            #expect(
                await awsError { _ = try await create(fixture, function: fixture.arn("f")) }
                    == LambdaFailures.conflict(
                        "An event source mapping with SQS arn (\" \(Self.queue) \") and function (\" f \") already "
                            + "exists. Please update or delete the existing mapping with UUID \(first.uuid ?? "")"))
            let aliased = try await create(fixture, function: "f:live")
            #expect(aliased.functionArn == fixture.arn("f:live"))
            #expect(try await create(fixture, function: "f:1").functionArn == fixture.arn("f:1"))
            #expect(
                await awsError { _ = try await update(fixture, aliased.uuid) { $0.functionName = "f" } }?.status == 409)
            let stream = MappingRuleTests.kinesis
            let second = try await create(fixture, stream) { $0.startingPosition = "LATEST" }
            #expect(
                await awsError { _ = try await create(fixture, stream) { $0.startingPosition = "LATEST" } }?.message
                    == "The event source arn (\" \(stream) \") and function (\" f \") provided mapping already exists. "
                    + "Please update or delete the existing mapping with UUID \(second.uuid ?? "")")
            _ = try await delete(fixture, first.uuid)
            _ = try await create(fixture)
        }
    }

    @Test func kafkasMappingsOverlapByEndpointAndTopic() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            func make(_ endpoints: [String], _ topic: String) async throws -> EventSourceMappingConfiguration {
                try await create(fixture, nil) {
                    $0.selfManagedEventSource = SelfManagedEventSource(
                        endpoints: ["KAFKA_BOOTSTRAP_SERVERS": endpoints])
                    $0.topics = [topic]
                    $0.startingPosition = "TRIM_HORIZON"
                    $0.sourceAccessConfigurations = [SourceAccessConfiguration(type: "BASIC_AUTH", uri: "arn:x")]
                }
            }
            let first = try await make(["kafka:1000"], "topic")
            #expect(first.selfManagedKafkaEventSourceConfig?.consumerGroupId == first.uuid)
            #expect(first.maximumBatchingWindowInSeconds == nil && first.functionResponseTypes == nil)
            _ = try await make(["kafka:1000"], "topic_2")
            #expect(
                await awsError { _ = try await make(["kafka:1000", "kafka:2000"], "topic") }?.message
                    == "An event source mapping with event source (\"kafka:1000,kafka:2000\"), function "
                    + "(\"\(fixture.arn("f"))\"), topics (\"topic\") already exists. Please update or delete the "
                    + "existing mapping with UUID \(first.uuid ?? "")")
        }
    }

    @Test func functionsAndSourcesAreCheckedInAWSsOrder() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            #expect(await awsError { _ = try await create(fixture, nil) } == MappingFailures.unrecognizedSource)
            #expect(await awsError { _ = try await create(fixture) } == MappingFailures.noFunction)
            try await fixture.create()
            #expect(await awsError { _ = try await create(fixture, function: "f:7") } == MappingFailures.noFunction)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func listsAreFilteredAndPaged(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            try await fixture.create("g")
            var made: [String] = []
            for number in 1...3 { made.append(try await create(fixture, Self.queue + "\(number)").uuid ?? "") }
            let other = try await create(fixture, Self.queue + "1", function: "g").uuid
            let first = try await list(fixture, function: "f", size: 2)
            #expect(first.eventSourceMappings?.count == 2)
            let second = try await list(fixture, function: "f", marker: first.nextMarker, size: 2)
            #expect(second.nextMarker == nil)
            let listed = ((first.eventSourceMappings ?? []) + (second.eventSourceMappings ?? [])).compactMap(\.uuid)
            #expect(listed == made.sorted())
            #expect(try await list(fixture, source: Self.queue + "1").eventSourceMappings?.count == 2)
            #expect(
                try await list(fixture, function: fixture.arn("g"), source: Self.queue + "1").eventSourceMappings?
                    .map(\.uuid) == [other])
            #expect(try await list(fixture, function: "none").eventSourceMappings == [])
            // A function that is gone leaves its mappings.
            try await fixture.delete("g")
            #expect(try await get(fixture, other).functionArn == fixture.arn("g"))
        }
    }

    @Test func changesSettleAndExcludeOthers() async throws {
        try await LambdaFixture.with(.sqlite, settling: .seconds(3600)) { fixture in
            try await fixture.create()
            fixture.sources.add(EventSource(kind: .queue, arn: Self.queue))
            let made = try await create(fixture, enabled: nil)
            #expect(made.state == "Creating")
            #expect(try await get(fixture, made.uuid).state == "Creating")
            #expect(
                await awsError { _ = try await update(fixture, made.uuid) { $0.enabled = false } }?.code
                    == "ResourceInUseException")
            #expect(await awsError { _ = try await delete(fixture, made.uuid) }?.code == "ResourceInUseException")
            fixture.service.changingMappings.forget()
            #expect(try await update(fixture, made.uuid) { $0.enabled = false }.state == "Disabling")
            fixture.service.changingMappings.forget()
            #expect(try await get(fixture, made.uuid).state == "Disabled")
            #expect(try await update(fixture, made.uuid) { $0.enabled = true }.state == "Enabling")
            fixture.service.changingMappings.forget()
            #expect(try await update(fixture, made.uuid) { $0.batchSize = 5 }.state == "Updating")
            fixture.service.changingMappings.forget()
            #expect(try await delete(fixture, made.uuid).state == "Deleting")
            #expect(try await get(fixture, made.uuid).state == "Deleting")
            // The next start ends what this process did not.
            try await fixture.service.finishDeletions()
            #expect(await awsError { _ = try await get(fixture, made.uuid) } == MappingFailures.notFound)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func mappingsHaveTags(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            let made = try await create(fixture) { $0.tags = ["a": "1"] }
            let arn = made.eventSourceMappingArn ?? ""
            try await fixture.service.tagResource(
                TagResourceRequest(resource: arn, tags: ["b": "2"]), fixture.call("TagResource"))
            let request = ListTagsRequest(resource: arn)
            #expect(
                try await fixture.service.listTags(request, fixture.call("ListTags")).tags == ["a": "1", "b": "2"])
            _ = try await delete(fixture, made.uuid)
            #expect(
                await awsError { _ = try await fixture.service.listTags(request, fixture.call("ListTags")) }?.message
                    == "Event source mapping not found: \(arn)")
        }
    }
}
