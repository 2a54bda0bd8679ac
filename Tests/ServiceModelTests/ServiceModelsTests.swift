import Testing

@testable import ServiceModel

@Suite struct ServiceModelsTests {
    @Test func knowsAllServices() {
        let names = ServiceModels.shared.services.map(\.name)
        #expect(names == ["cloudwatch", "dynamodb", "iam", "lambda", "logs", "s3", "sns", "sqs", "sts"])
    }

    @Test(arguments: ServiceModels.shared.services.map(\.name))
    func everyModelLoads(name: String) throws {
        let model = try #require(ServiceModels.shared.model(named: name))
        #expect(!model.operations.isEmpty)
        #expect(!model.metadata.protocols.isEmpty)
        for operation in model.operations.values {
            #expect(operation.service == name)
            for member in [operation.input, operation.output] {
                #expect(member?.shape.kind ?? .structure == .structure)
            }
        }
    }

    @Test func unknownServicesAreNil() {
        #expect(ServiceModels.shared.model(named: "nothing") == nil)
        #expect(ServiceModels.shared.services(signingName: "nothing").isEmpty)
    }

    @Test func findsServicesByWhatRequestsCarry() {
        let models = ServiceModels.shared
        #expect(models.service(targetPrefix: "Logs_20140328") == "logs")
        #expect(models.service(endpointPrefix: "monitoring") == "cloudwatch")
        #expect(models.services(signingName: "monitoring") == ["cloudwatch"])
        #expect(models.metadata(named: "sqs")?.protocols == [.json, .query])
        #expect(models.metadata(named: "cloudwatch")?.protocols == [.rpcV2CBOR, .json, .query])
    }

    @Test func membersCarryTheirTraits() throws {
        let lambda = try #require(ServiceModels.shared.model(named: "lambda"))
        let input = try #require(lambda.operation("Invoke")?.input?.shape)
        #expect(input.member("FunctionName")?.location == .uri)
        #expect(input.member("FunctionName")?.isRequired == true)
        #expect(input.member("LogType")?.wireName == "X-Amz-Log-Type")
        #expect(input.payload?.name == "Payload")
        let sqs = try #require(ServiceModels.shared.model(named: "sqs"))
        let attributes = try #require(sqs.shape("CreateQueueRequest")?.member("Attributes"))
        #expect(attributes.wireName == "Attributes")
        #expect(attributes.xmlName == "Attribute")
        #expect(sqs.shape("QueueDoesNotExist")?.error?.code == "AWS.SimpleQueueService.NonExistentQueue")
        let logs = try #require(ServiceModels.shared.model(named: "logs"))
        #expect(logs.operation("StartLiveTail")?.hostPrefix == "stream-")
        #expect(logs.operation("StartLiveTail")?.output?.shape.eventStream?.name == "responseStream")
    }
}
