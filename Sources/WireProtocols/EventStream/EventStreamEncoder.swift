public import ServiceKit
public import ServiceModel

/// Writes the answer of an operation whose output is a stream of events.
public struct EventStreamEncoder: Sendable {
    private let wire: WireProtocol
    private let stream: ShapeModel

    /// - Returns: nil if the operation's output has no event stream.
    public init?(_ wire: WireProtocol) {
        guard let stream = wire.operation?.output?.shape.eventStream?.shape else { return nil }
        self.wire = wire
        self.stream = stream
    }

    /// Status, headers and the first bytes of the body: with the RPC protocols the rest of the output is the first message.
    public func start(_ output: WireValue, requestID: String) -> HTTPResponseParts {
        var response = HTTPResponseParts(
            status: wire.operation?.status ?? 200, headers: wire.requestIDHeaders(requestID))
        if let shape = wire.operation?.output?.shape, wire.kind == .restJSON || wire.kind == .restXML {
            RESTBinding.write(output, shape, to: &response)
            // This Content-Type is of what the events carry; the body is events.
            response.headers.removeAll { HeaderNames.equal($0.name, "Content-Type") }
        }
        response.headers.append(("Content-Type", "application/vnd.amazon.eventstream"))
        if wire.kind == .rpcV2CBOR { response.headers.append(("smithy-protocol", "rpc-v2-cbor")) }
        if wire.kind == .json || wire.kind == .rpcV2CBOR, let member = wire.operation?.output {
            response.body = message("initial-response", contentType, body(output, member))
        }
        return response
    }

    /// One event: a union structure with one member.
    /// - Returns: nothing if the model knows no such event.
    public func event(_ event: WireValue) -> [UInt8] {
        guard let (name, value) = event.structureValue?.first, let member = stream.member(name) else { return [] }
        if member.shape.error != nil { return exception(name, body(value, member)) }
        var headers: [EventStreamMessage.Header] = []
        for part in member.shape.members where part.isEventHeader {
            if let value = value[part.name].flatMap(EventStreamEncoder.header) {
                headers.append(EventStreamMessage.Header(part.wireName, value))
            }
        }
        guard let payload = member.shape.members.first(where: \.isEventPayload) else {
            let isEmpty = !member.shape.members.contains { !$0.isEventHeader }
            return message(name, isEmpty ? nil : contentType, isEmpty ? [] : body(value, member), headers)
        }
        switch value[payload.name] {
        case .blob(let bytes): return message(name, "application/octet-stream", bytes, headers)
        case .string(let text): return message(name, "text/plain", Array(text.utf8), headers)
        case let inner?: return message(name, contentType, body(inner, payload), headers)
        case nil: return message(name, nil, [], headers)
        }
    }

    /// An error that ends the stream; one that the stream's model does not know is sent as an unmodelled error.
    public func error(_ error: AWSError) -> [UInt8] {
        guard let name = error.shape, let member = stream.member(name) else {
            let headers = [
                EventStreamMessage.Header(":error-code", .string(error.code)),
                EventStreamMessage.Header(":error-message", .string(error.message)),
                EventStreamMessage.Header(":message-type", .string("error")),
            ]
            return EventStreamMessage(headers: headers, payload: []).encoded
        }
        var fields = error.fields
        if let message = member.shape.members.first(where: { $0.name.lowercased() == "message" }) {
            fields[message.name] = .string(error.message)
        }
        return exception(name, body(.structure(fields), member))
    }

    private func exception(_ name: String, _ payload: [UInt8]) -> [UInt8] {
        let headers = [
            EventStreamMessage.Header(":exception-type", .string(name)),
            EventStreamMessage.Header(":content-type", .string(contentType)),
            EventStreamMessage.Header(":message-type", .string("exception")),
        ]
        return EventStreamMessage(headers: headers, payload: payload).encoded
    }

    private func message(
        _ type: String, _ contentType: String?, _ payload: [UInt8], _ more: [EventStreamMessage.Header] = []
    ) -> [UInt8] {
        var headers = [EventStreamMessage.Header(":event-type", .string(type))]
        if let contentType { headers.append(EventStreamMessage.Header(":content-type", .string(contentType))) }
        headers.append(EventStreamMessage.Header(":message-type", .string("event")))
        return EventStreamMessage(headers: headers + more, payload: payload).encoded
    }

    private var contentType: String {
        switch wire.kind {
        case .json: "application/x-amz-json-\(wire.jsonVersion)"
        case .restJSON: "application/json"
        case .rpcV2CBOR: "application/cbor"
        case .restXML, .query: "text/xml"
        }
    }

    private func body(_ value: WireValue, _ member: MemberModel) -> [UInt8] {
        switch wire.kind {
        case .json, .restJSON: return JSONWriter.write(value, member)
        case .rpcV2CBOR: return CBORWriter.write(value, member)
        case .restXML, .query:
            var writer = XMLWriter()
            writer.write(value, member, name: member.wireName)
            return writer.bytes
        }
    }

    private static func header(_ value: WireValue) -> EventStreamMessage.HeaderValue? {
        switch value {
        case .boolean(let value): .boolean(value)
        case .integer(let value): Int32(exactly: value).map { .integer($0) } ?? .long(value)
        case .string(let value): .string(value)
        case .blob(let value): .bytes(value)
        case .timestamp(let value): .timestamp(value)
        case .null, .double, .list, .map, .structure: nil
        }
    }
}
