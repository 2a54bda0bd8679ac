import ServiceKit
import ServiceModel
import Testing

@testable import WireProtocols

/// The messages are those of the recordings of real AWS.
@Suite struct ValidatorTests {
    private func error(_ service: String, _ operation: String, _ input: [String: WireValue]) throws -> AWSError? {
        let model = try #require(ServiceModels.shared.model(named: service))
        let operation = try #require(model.operation(operation))
        do {
            try Validator.validate(.structure(input), operation, model.metadata)
            return nil
        } catch {
            return error
        }
    }

    private let function: [String: WireValue] = [
        "FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Code": .structure([:]),
    ]

    @Test func goodInputPasses() throws {
        #expect(try error("lambda", "CreateFunction", function) == nil)
        #expect(try error("sts", "GetCallerIdentity", [:]) == nil)
    }

    @Test func patterns() throws {
        let found = try error("lambda", "CreateFunction", function.merging(["Role": "r1"]) { $1 })
        #expect(found?.code == "ValidationException")
        #expect(
            found?.message
                == #"1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"#
        )
    }

    @Test func listsOfScalars() throws {
        let upper = function.merging(["Architectures": .list(["X86_64"])]) { $1 }
        #expect(
            try error("lambda", "CreateFunction", upper)?.message
                == "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
        )
        let both = function.merging(["Architectures": .list(["x86_64", "arm64"])]) { $1 }
        #expect(
            try error("lambda", "CreateFunction", both)?.message
                == "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1"
        )
        let subnet = function.merging(["VpcConfig": .structure(["SubnetIds": .list(["bad"])])]) { $1 }
        #expect(
            try error("lambda", "CreateFunction", subnet)?.message
                == "1 validation error detected: Value '[bad]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]"
        )
    }

    @Test(arguments: [
        (
            "2", 2.0,
            "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]"
        ),
        (
            "$LATEST", 0.5,
            "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]"
        ),
    ])
    func maps(key: String, weight: Double, message: String) throws {
        let input: [String: WireValue] = [
            "FunctionName": "f", "Name": "a", "FunctionVersion": "1",
            "RoutingConfig": .structure(["AdditionalVersionWeights": .map([key: .double(weight)])]),
        ]
        #expect(try error("lambda", "CreateAlias", input)?.message == "1 validation error detected: " + message)
    }

    @Test func lookAheads() throws {
        let input: [String: WireValue] = ["FunctionName": "f", "Name": "2024", "FunctionVersion": "1"]
        #expect(
            try error("lambda", "CreateAlias", input)?.message
                == "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
        )
    }

    @Test func numbersAndTheCodeOfLogs() throws {
        let found = try error("logs", "GetLogEvents", ["logStreamName": "s", "logGroupName": "g", "limit": 10001])
        #expect(found?.code == "InvalidParameterException")
        #expect(
            found?.message
                == "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"
        )
    }

    @Test func enumerationsInTheOrderOfAWS() throws {
        let found = try error(
            "cloudwatch", "SetAlarmState", ["AlarmName": "a", "StateValue": "INVALID", "StateReason": "r"])
        #expect(found?.code == "ValidationError")
        #expect(
            found?.message
                == "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
        )
    }

    @Test(arguments: [
        ["HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"],
        ["HEAD", "POST", "PATCH", "DELETE", "PUT", "GET", "OPTIONS"],
        ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"], ["RESPONSE_STREAM", "BUFFERED"],
        ["BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"],
    ])
    func recordedOrders(values: [String]) {
        #expect(JavaText.ordered(values.sorted()) == values)
    }

    @Test func severalErrorsAndWhatIsMissing() throws {
        let found = try error("logs", "PutRetentionPolicy", ["logGroupName": ""])
        #expect(
            found?.message
                == #"3 validation errors detected: Value '' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+; Value '' at 'logGroupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'retentionInDays' failed to satisfy constraint: Member must not be null"#
        )
    }

    @Test func structuresInListsAreNamedByTheirPlace() throws {
        let input: [String: WireValue] = [
            "RoleName": "r", "AssumeRolePolicyDocument": "{}",
            "Tags": .list([.structure(["Key": "a", "Value": "b"]), .structure(["Value": "b"])]),
        ]
        #expect(
            try error("iam", "CreateRole", input)?.message
                == "1 validation error detected: Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null"
        )
    }

    @Test func iamHidesValues() throws {
        let found = try error("iam", "GetRole", ["RoleName": "with space"])
        #expect(
            found?.message.hasPrefix("1 validation error detected: Value at 'roleName' failed to satisfy constraint: ")
                == true)
    }

    @Test func sqsAndSNSHaveWordsOfTheirOwn() throws {
        let missing = try error("sqs", "SendMessage", ["QueueUrl": "q"])
        #expect(missing?.code == "MissingParameter")
        #expect(missing?.message == "The request must contain the parameter MessageBody.")
        #expect(
            try error("sns", "CreatePlatformApplication", ["Name": "n", "Platform": "p"])?.message
                == "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null"
        )
    }
}
