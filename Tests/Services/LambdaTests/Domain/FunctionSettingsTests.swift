import ServiceKit
import ServiceModel
import Testing

@testable import Lambda

struct FunctionSettingsTests {
    private let base = FunctionSettings(runtime: "python3.12", handler: "a.b", role: "arn:aws:iam::111111111111:role/r")

    @Test func defaultsAreThoseOfAWS() {
        #expect(base.memory == 128)
        #expect(base.timeout == 3)
        #expect(base.ephemeralStorage == 512)
        #expect(base.architecture == "x86_64")
        #expect(!base.activeTracing)
        #expect(base.environment == nil)
    }

    @Test func limitsBeyondTheModelsAreChecked() {
        var settings = base
        settings.memory = 10_241
        #expect(
            throws: LambdaFailures.invalidParameter(
                "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240")
        ) { try settings.validate() }
        settings.memory = 10_240
        settings.timeout = 901
        #expect(
            throws: AWSError.validation(
                "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: "
                    + "Member must have value less than or equal to 900")
        ) { try settings.validate() }
    }

    @Test func reservedVariablesAreNamed() {
        let error = #expect(throws: AWSError.self) {
            try EnvironmentVariables.validate(["AWS_REGION": "x", "_HANDLER": "y", "FINE": "z"])
        }
        #expect(error?.message.hasSuffix("Reserved keys used in this request: AWS_REGION, _HANDLER") == true)
    }

    @Test(arguments: [(4096 - 8, true), (4096 - 7, false)])
    func variablesMayTakeFourKilobytesAsJSON(length: Int, isAllowed: Bool) {
        let variables = ["A": String(repeating: "x", count: length)]
        #expect(TextMap.text(variables).utf8.count == length + 8)
        if isAllowed {
            #expect(throws: Never.self) { try EnvironmentVariables.validate(variables) }
        } else {
            #expect(throws: AWSError.self) { try EnvironmentVariables.validate(variables) }
        }
    }

    @Test func levelsBelongToJSONFormat() throws {
        let text = LoggingSettings()
        let json = try text.updated(format: "JSON", applicationLevel: nil, systemLevel: "DEBUG", group: nil)
        #expect(json == LoggingSettings(group: nil, isJSON: true, applicationLevel: "INFO", systemLevel: "DEBUG"))
        let moved = try json.updated(format: nil, applicationLevel: nil, systemLevel: nil, group: "cool_lambda")
        #expect(moved.isJSON && moved.group == "cool_lambda" && moved.systemLevel == "DEBUG")
        let back = try json.updated(format: "Text", applicationLevel: nil, systemLevel: nil, group: nil)
        #expect(back == text)
        #expect(throws: AWSError.self) {
            try text.updated(format: nil, applicationLevel: "INFO", systemLevel: nil, group: nil)
        }
    }

    @Test(arguments: ["python3.8", "python3.14", "nodejs24.x", "provided.al2", "provided.al2023"])
    func runtimesThatRunAreAccepted(runtime: String) {
        #expect(throws: Never.self) {
            try Runtimes.validate(runtime, operation: "CreateFunction", acceptsDeprecated: false)
        }
    }

    @Test(arguments: ["go1.x", "provided", "ruby2.7", "nodejs14.x", "python3.7", "dotnetcore3.1", "nodejs12.x"])
    func retiredRuntimesAreRefused(runtime: String) {
        #expect(
            throws: LambdaFailures.invalidParameter(
                "The runtime parameter of \(runtime) is no longer supported for creating or updating AWS Lambda functions. "
                    + "We recommend you use a supported runtime while creating or updating functions.")
        ) { try Runtimes.validate(runtime, operation: "CreateFunction", acceptsDeprecated: false) }
    }

    @Test func retiredRuntimesCanBeLetIn() throws {
        try Runtimes.validate("provided", operation: "CreateFunction", acceptsDeprecated: true)
    }

    @Test(arguments: ["non-existent-runtime", "PYTHON3.9"])
    func unknownRuntimesAreRefused(runtime: String) {
        let error = #expect(throws: AWSError.self) {
            try Runtimes.validate(runtime, operation: "CreateFunction", acceptsDeprecated: false)
        }
        #expect(
            error?.message.hasPrefix(
                "Value \(runtime) at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                    + "[nodejs20.x, python3.14, provided.al2023,") == true)
        #expect(error?.message.hasSuffix(", java8.al2] or be a valid ARN") == true)
    }

    @Test func runtimesThatAreNotBuiltSaySo() {
        #expect(
            throws: AWSError.notImplemented(
                service: "lambda", operation: "CreateFunction", parameter: "Runtime=java21")
        ) { try Runtimes.validate("java21", operation: "CreateFunction", acceptsDeprecated: false) }
    }
}
