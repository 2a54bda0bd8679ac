import Execution
import ServiceKit
import Testing

@Suite struct LogLineTests {
    private func report(
        duration: Double, initDuration: Double?, peak: Int64?, status: String? = nil, type: String? = nil
    ) -> InvocationReport {
        InvocationReport(
            requestID: "id", duration: duration, initDuration: initDuration, memorySize: 128, peakMemory: peak,
            status: status,
            errorType: type)
    }

    @Test func aReportLineIsAWSs() {
        #expect(
            report(duration: 3.01, initDuration: 110.1, peak: 36 << 20).line
                == "REPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 114 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n"
        )
        #expect(
            report(duration: 2.9, initDuration: nil, peak: (36 << 20) - 1).line
                == "REPORT RequestId: id\tDuration: 2.90 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t\n"
        )
        #expect(
            report(duration: 3000, initDuration: nil, peak: nil, status: "timeout", type: "Sandbox.Timedout").line
                == "REPORT RequestId: id\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 0 MB\tStatus: timeout\t\n"
        )
    }

    @Test(arguments: [
        (
            FunctionFailure.timedOut(after: 3),
            #"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id Error: Task timed out after 3.00 seconds"}"#
        ),
        (
            .exited(.code(0)),
            #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited without providing a reason"}"#
        ),
        (
            .exited(.code(1)),
            #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited with error: exit status 1"}"#
        ),
        (
            .exited(.signal(11)),
            #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited with error: signal: segmentation fault"}"#
        ),
        (
            .outOfMemory,
            #"{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: id Error: Runtime exited with error: signal: killed"}"#
        ),
        (
            .responseTooLarge,
            #"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#
        ),
    ]) func failuresHaveAWSsPayloads(failure: FunctionFailure, payload: String) {
        #expect(String(decoding: failure.payload(requestID: "id"), as: UTF8.self) == payload)
    }

    @Test func jsonLogsHoldRecords() {
        let time = "2026-01-01T00:00:00.000Z"
        #expect(
            PlatformEvent.start(requestID: "id", version: "$LATEST").text(.json, time: time)
                == #"{"time":"2026-01-01T00:00:00.000Z","type":"platform.start","record":{"requestId":"id","version":"$LATEST"}}"#
                + "\n")
        #expect(PlatformEvent.end(requestID: "id").text(.json, time: time) == nil)
        #expect(JSONText.string("a\"\\\n\u{1}é") == #""a\"\\\n\u0001é""#)
    }

    @Test func traceHeadersAreKeptOrMade() {
        let given = TraceHeader("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", now: 0)
        #expect(given.root == "1-5759e988-bd862e3fe1be46a994272793" && given.sampled)
        let made = TraceHeader("nonsense\u{7F}", now: 0x1234_5678)
        #expect(made.value.hasPrefix("Root=1-12345678-") && !made.sampled && made.root.utf8.count == 35)
    }

    @Test func reservedVariablesWinAndOthersGive() {
        let function = FunctionVersion(
            account: "000000000000", region: "eu-west-1", name: "f", version: "3", revision: "1", runtime: "python3.12",
            architecture: "x86_64", handler: "app.handler", role: "arn:aws:iam::000000000000:role/r", memory: 256,
            timeout: 3,
            ephemeralStorage: 512, environment: ["TZ": "Europe/Berlin", "AWS_REGION": "mars", "MY": "1=2"],
            codeFolder: "/code",
            logGroup: "/aws/lambda/f")
        let variables = EnvironmentVariables.make(
            function, logStream: "s", credentials: AccessKey(id: "ASIA", secret: "x", sessionToken: "t"), managed: true,
            runtime: ["PYTHONPATH": "/var/runtime"], endpoint: "http://127.0.0.1:4566")
        for expected in [
            "TZ=Europe/Berlin", "AWS_REGION=eu-west-1", "MY=1=2", "AWS_SESSION_TOKEN=t",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
            "AWS_EXECUTION_ENV=AWS_Lambda_python3.12", "PYTHONPATH=/var/runtime",
            "AWS_ENDPOINT_URL=http://127.0.0.1:4566",
        ] { #expect(variables.contains(expected)) }
    }
}
