import Foundation
import ServiceKit
import ServiceModel
import WireProtocols

/// Answers one command of the differential tests.
struct Probe {
    typealias Command = [String: Any]

    private let router = RequestRouter()

    func answer(_ command: Command) -> Command {
        do {
            switch command["do"] as? String {
            case "parse": return try parse(command)
            case "respond":
                return parts(
                    try wire(command).serializeOutput(try TaggedValue.decode(command["output"]), requestID: id(command))
                )
            case "fail": return parts(try wire(command).serializeError(try error(command), requestID: id(command)))
            case "stream": return try stream(command)
            case "frames": return try frames(command)
            case "validate": return try validate(command)
            case "models": return models()
            default: return ["broken": "unknown command"]
            }
        } catch let failure as RoutingFailure {
            return [
                "error": failure.error.code, "message": failure.error.message,
                "service": failure.wire?.service.name ?? "",
            ]
        } catch let error as AWSError {
            return ["error": error.code, "message": error.message]
        } catch {
            return ["broken": "\(error)"]
        }
    }

    private func id(_ command: Command) -> String { command["id"] as? String ?? "00000000-0000-4000-8000-000000000000" }

    private func bytes(_ any: Any?) -> [UInt8] {
        (any as? String).flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
    }

    private func request(_ command: Command) -> HTTPRequestParts {
        let headers = (command["headers"] as? [[String]] ?? []).map { (name: $0[0], value: $0[1]) }
        return HTTPRequestParts(
            method: command["method"] as? String ?? "POST", path: command["path"] as? String ?? "/",
            query: command["query"] as? String,
            headers: headers, body: bytes(command["body"]))
    }

    private func parse(_ command: Command) throws -> Command {
        let request = request(command)
        let route = try router.route(
            request, signingName: command["signingName"] as? String, host: command["host"] as? String,
            bucket: command["bucket"] as? String)
        let input = try route.wire.parseInput(request, labels: route.labels)
        return [
            "service": route.service.name, "operation": route.operation.name, "protocol": route.wire.kind.rawValue,
            "input": TaggedValue.encode(input),
        ]
    }

    private func wire(_ command: Command) throws -> WireProtocol {
        guard let model = (command["service"] as? String).flatMap({ ServiceModels.shared.model(named: $0) }),
            let kind = (command["protocol"] as? String).flatMap({ WireProtocolKind(rawValue: $0) })
        else { throw TaggedValue.Failure() }
        let operation = (command["operation"] as? String).flatMap { model.operation($0) }
        return WireProtocol(kind: kind, service: model.metadata, operation: operation)
    }

    private func error(_ command: Command) throws -> AWSError {
        guard let shape = command["error"] as? Command, let code = shape["code"] as? String else {
            throw TaggedValue.Failure()
        }
        return AWSError(
            code, shape: shape["shape"] as? String, status: shape["status"] as? Int ?? 400,
            message: shape["message"] as? String ?? "",
            fields: try TaggedValue.decode(shape["fields"] ?? ["r": [String: Any]()]).structureValue ?? [:])
    }

    private func parts(_ response: HTTPResponseParts) -> Command {
        [
            "status": response.status, "headers": response.headers.map { [$0.name, $0.value] },
            "body": Data(response.body).base64EncodedString(),
        ]
    }

    private func stream(_ command: Command) throws -> Command {
        guard let encoder = EventStreamEncoder(try wire(command)) else { throw TaggedValue.Failure() }
        var response = encoder.start(try TaggedValue.decode(command["output"]), requestID: id(command))
        for event in command["events"] as? [Any] ?? [] { response.body += encoder.event(try TaggedValue.decode(event)) }
        if command["error"] != nil { response.body += encoder.error(try error(command)) }
        return parts(response)
    }

    /// Frames as another encoder wrote them, fed in pieces.
    private func frames(_ command: Command) throws -> Command {
        var decoder = EventStreamDecoder()
        var messages: [EventStreamMessage] = []
        var rest = bytes(command["body"])[...]
        while !rest.isEmpty {
            messages += try decoder.feed(rest.prefix(7))
            rest = rest.dropFirst(7)
        }
        let shown: [Any] = messages.map { message in
            [
                "headers": message.headers.map { [$0.name, "\($0.value)"] },
                "payload": Data(message.payload).base64EncodedString(),
                "again": Data(message.encoded).base64EncodedString(),
            ]
        }
        return ["messages": shown, "rest": decoder.hasRest]
    }

    private func validate(_ command: Command) throws -> Command {
        let wire = try wire(command)
        guard let operation = wire.operation else { throw TaggedValue.Failure() }
        try Validator.validate(try TaggedValue.decode(command["input"]), operation, wire.service)
        return [:]
    }

    private func models() -> Command {
        var services: Command = [:]
        for service in ServiceModels.shared.services {
            services[service.name] = [
                "protocols": service.protocols.map(\.rawValue), "signingName": service.signingName,
                "operations": ServiceModels.shared.model(named: service.name)?.operations.keys.sorted() ?? [],
            ]
        }
        return services
    }
}
