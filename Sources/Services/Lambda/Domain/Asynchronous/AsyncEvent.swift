import ServiceKit
import ServiceModel

/// An event in a function's internal queue: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
struct AsyncEvent: Sendable, Hashable {
    /// The function sees the same id at each try.
    var requestID: String
    /// The version's number or alias's name that was asked for; nil: none was.
    var qualifier: String?
    var received: Timestamp
    var traceHeader: String?
    /// JSON.
    var clientContext: String?
    /// How often the function has run with it: `approximateInvokeCount`.
    var invocations = 0
    /// How often in a row there was no room to run it.
    var refusals = 0
    var payload: [UInt8]

    /// The function's queue.
    static func lane(_ key: FunctionKey) -> String { "\(key.account)/\(key.region)/\(key.name)" }

    static func key(lane: String) -> FunctionKey? {
        let parts = lane.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 3 ? FunctionKey(account: parts[0], region: parts[1], name: parts[2]) : nil
    }
}

extension AsyncEvent {
    private static let format: UInt8 = 1

    /// The event as its job keeps it.
    var bytes: [UInt8] {
        var writer = FieldWriter(reserving: payload.count + 256)
        writer.append(Self.format)
        writer.append(requestID)
        writer.append(qualifier)
        writer.append(received.milliseconds)
        writer.append(traceHeader)
        writer.append(clientContext)
        writer.append(Int64(invocations))
        writer.append(Int64(refusals))
        writer.append(rest: payload)
        return writer.bytes
    }

    /// Reads what ``bytes`` wrote; nil for anything else.
    init?(bytes: [UInt8]) {
        var reader = FieldReader(bytes)
        guard reader.byte() == Self.format, let requestID = reader.text(), let qualifier = reader.optionalText(),
            let received = reader.integer(), let traceHeader = reader.optionalText(),
            let clientContext = reader.optionalText(), let invocations = reader.integer(),
            let refusals = reader.integer()
        else { return nil }
        self.init(
            requestID: requestID, qualifier: qualifier.value, received: Timestamp(milliseconds: received),
            traceHeader: traceHeader.value, clientContext: clientContext.value, invocations: Int(invocations),
            refusals: Int(refusals), payload: reader.rest())
    }
}
