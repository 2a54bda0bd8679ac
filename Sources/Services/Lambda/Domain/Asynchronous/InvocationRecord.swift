import Execution
import ServiceModel

/// What a destination is told of an invocation:
/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
struct InvocationRecord: Sendable {
    var event: AsyncEvent
    /// With the qualifier that was asked for, or `$LATEST`.
    var functionARN: String
    /// `Success`, or why the event was given up.
    var condition: String
    var time: Timestamp
    /// How the last try ended; nil: the function never ran.
    var response: Response?

    struct Response: Sendable, Hashable {
        /// `$LATEST` or a number.
        var executedVersion: String
        var functionError: String?
        var payload: [UInt8]
    }

    var json: String {
        var fields = [
            ("version", JSONText.string("1.0")), ("timestamp", JSONText.string(time.rfc3339)),
            (
                "requestContext",
                JSONText.raw([
                    ("requestId", JSONText.string(event.requestID)), ("functionArn", JSONText.string(functionARN)),
                    ("condition", JSONText.string(condition)), ("approximateInvokeCount", String(event.invocations)),
                ])
            ),
            ("requestPayload", Self.value(event.payload, otherwise: "{}")),
        ]
        if let response {
            var context = [
                ("statusCode", "200"), ("executedVersion", JSONText.string(response.executedVersion)),
            ]
            if let error = response.functionError { context.append(("functionError", JSONText.string(error))) }
            fields.append(("responseContext", JSONText.raw(context)))
            fields.append(("responsePayload", Self.value(response.payload, otherwise: "null")))
        }
        return JSONText.raw(fields)
    }

    /// JSON as it is; what a function answered that is none becomes a string.
    private static func value(_ bytes: [UInt8], otherwise empty: String) -> String {
        if bytes.isEmpty { return empty }
        let text = String(decoding: bytes, as: UTF8.self)
        return (try? PayloadScanner.check(bytes)) == nil ? JSONText.string(text) : text
    }
}
