import Execution
import ServiceModel
import Testing

struct TelemetrySubscriptionTests {
    private static let http = #"{"protocol":"HTTP","URI":"http://sandbox.localdomain:8080/x?y=1"}"#

    private func read(_ json: String, _ api: TelemetrySubscription.API = .telemetry)
        -> Result<TelemetrySubscription, TelemetrySubscription.Refusal>
    {
        Result { () throws(TelemetrySubscription.Refusal) in
            try TelemetrySubscription(json: Array(json.utf8), api: api)
        }
    }

    private func problem(_ json: String, _ api: TelemetrySubscription.API = .telemetry) -> String? {
        if case .failure(let refusal) = read(json, api) { refusal.message } else { nil }
    }

    @Test func aSubscriptionIsRead() throws {
        let full = try read(
            #"{"schemaVersion":"2022-12-13","types":["platform","function","platform"],"#
                + #""buffering":{"maxItems":1000,"maxBytes":1048576,"timeoutMs":25},"destination":\#(Self.http)}"#
        ).get()
        #expect(full.kinds == [.platform, .function] && full.schema == "2022-12-13")
        #expect(full.destination == .http(port: 8080, path: "/x?y=1", method: "POST"))
        #expect(full.buffering.maxItems == 1000 && full.buffering.maxBytes == 1_048_576)
        #expect(full.buffering.timeout == 25)
        let logs = try read(#"{"types":["extension"],"destination":{"protocol":"TCP","port":9999}}"#, .logs).get()
        #expect(logs.destination == .tcp(port: 9999) && logs.schema == "2020-08-15")
        #expect(logs.buffering == TelemetrySubscription.Buffering())
        let tcp =
            #"{"schemaVersion":"2022-07-01","types":["function"],"destination":{"protocol":"TCP","URI":"tcp://sandbox:1"}}"#
        #expect(try read(tcp).get().destination == .tcp(port: 1))
    }

    @Test func everythingThatIsWrongIsNamed() {
        let empty =
            #"{"schemaVersion":"2022-07-01","types":[],"destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain"}}"#
        #expect(problem(empty) == "URI port is not provided; types should not be empty")
        let refusal = TelemetrySubscription.Refusal(message: "types should not be empty", api: .logs)
        #expect(
            refusal.body == #"{"errorMessage":"types should not be empty","errorType":"Logs.ValidationError"}"#)
        #expect(problem("[1]") == "The request body is no JSON object")
        #expect(problem(#"{"types":["platform"],"destination":\#(Self.http)}"#) == "schemaVersion is not provided")
    }

    @Test(arguments: [
        (#""timeoutMs":24"#, "timeoutMs"), (#""timeoutMs":30001"#, "timeoutMs"), (#""maxBytes":262143"#, "maxBytes"),
        (#""maxItems":10001"#, "maxItems"), (#""maxItems":"1000""#, "maxItems"),
    ])
    func buffersHaveAWSsRanges(field: String, name: String) {
        let message = problem(
            #"{"schemaVersion":"2022-07-01","types":["platform"],"buffering":{\#(field)},"destination":\#(Self.http)}"#)
        #expect(message?.hasPrefix("buffering.\(name) should be between") == true)
    }

    @Test(arguments: [
        "http://example.com:80", "https://sandbox.localdomain:80", "http://sandbox.localdomain:9001", "nothing",
        "http://sandbox.localdomain:x", "http://sandbox.localdomain:70000", "http://sandbox:80/\\r\\nX: y", "",
    ])
    func destinationsAreInTheSandbox(uri: String) {
        let json =
            #"{"schemaVersion":"2022-07-01","types":["platform"],"destination":{"protocol":"HTTP","URI":"\#(uri)"}}"#
        #expect(problem(json)?.hasPrefix("URI") == true)
    }

    @Test func buffersAreBounded() {
        var limits = TelemetrySubscription.Buffering()
        limits.maxItems = 1000
        var buffer = TelemetryBuffer(limits)
        for _ in 0..<1010 { buffer.add("12345") }
        #expect(buffer.isFull)
        let batch = buffer.take { "dropped \($0) \($1)" }
        #expect(batch.count == 1001 && batch.last == "dropped 10 50")
        #expect(buffer.isEmpty && buffer.take { "\($0)\($1)" }.isEmpty)
    }

    @Test func eventsHaveTheSchemasOfTheirAPI() throws {
        let telemetry = try read(
            #"{"schemaVersion":"2022-12-13","types":["platform"],"destination":\#(Self.http)}"#
        ).get()
        var logs = try read(#"{"types":["platform"],"destination":\#(Self.http)}"#, .logs).get()
        let time = "2026-01-01T00:00:00.000Z"
        #expect(
            TelemetryEvent.function("a \"line\"\n").json(telemetry, time: time)
                == #"{"time":"2026-01-01T00:00:00.000Z","type":"function","record":"a \"line\""}"#)
        let end = TelemetryEvent.platform(.end(requestID: "r"))
        #expect(end.json(telemetry, time: time) == nil)
        #expect(
            end.json(logs, time: time)
                == #"{"time":"2026-01-01T00:00:00.000Z","type":"platform.end","record":{"requestId":"r"}}"#)
        let done = TelemetryEvent.runtimeDone(.init(requestID: "r", status: "success", duration: 1.5, produced: 4))
        #expect(
            done.json(telemetry, time: time)
                == #"{"time":"2026-01-01T00:00:00.000Z","type":"platform.runtimeDone","record":{"requestId":"r","#
                + #""status":"success","metrics":{"durationMs":1.50,"producedBytes":4}}}"#)
        let streamed = TelemetryEvent.runtimeDone(
            .init(
                requestID: "r", status: "success", duration: 3, produced: 4,
                spans: [
                    .init(.responseLatency, start: Timestamp(milliseconds: 1_767_225_600_000), duration: 1),
                    .init(.responseDuration, start: Timestamp(milliseconds: 1_767_225_600_001), duration: 2),
                ]))
        #expect(
            streamed.json(telemetry, time: time)?.hasSuffix(
                #""metrics":{"durationMs":3.00,"producedBytes":4},"#
                    + #""spans":[{"name":"responseLatency","start":"2026-01-01T00:00:00.000Z","durationMs":1.00},"#
                    + #"{"name":"responseDuration","start":"2026-01-01T00:00:00.001Z","durationMs":2.00}]}}"#) == true)
        #expect(done.json(logs, time: time) == nil)
        logs.schema = "2021-03-18"
        #expect(done.json(logs, time: time)?.hasSuffix(#""record":{"requestId":"r","status":"success"}}"#) == true)
        let ready = TelemetryEvent.platform(
            .extensionState(name: "e", state: "Ready", events: ["INVOKE"], errorType: nil))
        #expect(
            ready.json(logs, time: time)?.hasSuffix(
                #""type":"platform.extension","record":{"name":"e","state":"Ready","events":["INVOKE"]}}"#) == true)
    }
}
