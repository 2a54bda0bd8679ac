import ServiceKit
import Testing

@testable import Execution

@Suite struct EnvironmentVariablesTests {
    private func variables(_ format: FunctionVersion.LogFormat, level: String? = nil) -> [String] {
        let function = FunctionVersion(
            account: "000000000000", region: "us-east-1", name: "f", version: "$LATEST", revision: "r",
            runtime: "python3.12", architecture: "x86_64", handler: "app.handler",
            role: "arn:aws:iam::000000000000:role/r", memory: 128, timeout: 3, ephemeralStorage: 512, environment: [:],
            codeFolder: "/code", logGroup: "/aws/lambda/f", logFormat: format, applicationLogLevel: level)
        return EnvironmentVariables.make(
            function, logStream: "s", credentials: AccessKey(id: "i", secret: "s"), managed: true, runtime: [:],
            endpoint: "http://127.0.0.1:4566")
    }

    private func logging(_ variables: [String]) -> [String] {
        variables.filter { $0.hasPrefix("AWS_LAMBDA_LOG_FORMAT") || $0.hasPrefix("AWS_LAMBDA_LOG_LEVEL") }
    }

    @Test func `of plain text nothing is said`() {
        #expect(logging(variables(.text)) == [])
    }

    @Test(arguments: [(nil, "INFO"), ("DEBUG", "DEBUG")])
    func `JSON is named with its level`(given: String?, level: String) {
        #expect(
            logging(variables(.json, level: given)) == ["AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=\(level)"])
    }
}
