import Foundation
import ServiceKit
import ServiceModel
import WireProtocols

/// Gives the parsers spoiled and random input. A crash ends the process; what else must not be, it tells.
struct Fuzzer {
    enum Subject: String, CaseIterable {
        case json, query, restjson, restxml, cbor, eventstream, routing, pattern
    }

    struct Broken: Error, CustomStringConvertible {
        var description: String
    }

    let subject: Subject
    /// How many inputs were still good enough to be read.
    private(set) var readable = 0
    private var random: RandomValue
    private var seeds: [(wire: WireProtocol, request: HTTPRequestParts)] = []

    init(_ subject: Subject, seed: UInt64) {
        self.subject = subject
        random = RandomValue(seed: seed)
        makeSeeds()
    }

    private var kind: WireProtocolKind {
        switch subject {
        case .json, .pattern: .json
        case .query, .routing: .query
        case .restjson: .restJSON
        case .restxml, .eventstream: .restXML
        case .cbor: .rpcV2CBOR
        }
    }

    /// Good requests of every operation, so that what is spoiled comes near to what is right.
    private mutating func makeSeeds() {
        for service in ServiceModels.shared.services where service.protocols.contains(kind) || subject == .eventstream {
            guard let model = ServiceModels.shared.model(named: service.name) else { continue }
            for operation in model.operations.values.sorted(by: { $0.name < $1.name }) {
                guard let input = operation.input else { continue }
                let wire = WireProtocol(kind: kind, service: service, operation: operation)
                let value = random.value(input)
                var request = HTTPRequestParts(
                    method: operation.method, path: operation.uri, query: "a=b&uploadId=7&partNumber=x")
                request.body = kind == .query ? FormText.write(value, input) : body(value, operation, service)
                request.headers = input.shape.members.filter { $0.location == .header }.map {
                    ($0.wireName, "2023, \"x\", y")
                }
                seeds.append((wire, request))
            }
        }
    }

    /// The body that an operation would answer if its output were its input: what its client would send.
    private func body(_ value: WireValue, _ operation: OperationModel, _ service: ServiceMetadata) -> [UInt8] {
        let mirror = OperationModel(
            name: operation.name, service: operation.service, method: "POST", uri: "/", status: 200, input: nil,
            output: operation.input,
            resultWrapper: nil, errors: [], hostPrefix: nil, allowsAnonymous: false, requiresChecksum: false,
            responseContentType: nil,
            isDeprecated: false)
        return WireProtocol(kind: kind, service: service, operation: mirror).serializeOutput(value, requestID: "").body
    }

    mutating func run(count: Int) throws {
        for round in 0..<count {
            let started = Self.processorTime
            try one(round)
            let time = Self.processorTime - started
            guard time < .seconds(2) else { throw Broken(description: "\(subject) took \(time) in round \(round)") }
        }
    }

    /// What this thread has had of a processor: other processes don't count.
    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private mutating func one(_ round: Int) throws {
        switch subject {
        case .eventstream:
            let message = EventStreamMessage(
                headers: [
                    .init(":event-type", .string("x")), .init("n", .integer(7)),
                    .init("t", .timestamp(Timestamp(milliseconds: 5))),
                ],
                payload: Array("payload".utf8))
            var decoder = EventStreamDecoder()
            let bytes = Mutation.mutate(random.chance(3) ? message.encoded + message.encoded : message.encoded, &random)
            let messages = (try? decoder.feed(bytes)) ?? []
            try check(messages.reduce(0) { $0 + $1.payload.count + $1.headers.count }, bytes.count, round)
        case .routing:
            let seed = seeds[random.number(0..<seeds.count)].request
            var request = seed
            request.path = String(decoding: Mutation.mutate(Array(seed.path.utf8), &random), as: UTF8.self)
            request.query = String(decoding: Mutation.mutate(Array((seed.query ?? "").utf8), &random), as: UTF8.self)
            if random.chance(2) { request.headers.append(("Content-Type", "application/x-www-form-urlencoded")) }
            if random.chance(3) { request.headers.append(("X-Amz-Target", "Logs_20140328.\(request.path)")) }
            let route = try? RequestRouter().route(request, signingName: random.chance(2) ? "s3" : nil)
            if let route { _ = try? route.wire.parseInput(request, labels: route.labels) }
        case .pattern:
            let seed = seeds[random.number(0..<seeds.count)]
            guard let operation = seed.wire.operation, let input = operation.input else { return }
            _ = try? Validator.validate(random.value(input), operation, seed.wire.service)
        case .json, .query, .restjson, .restxml, .cbor:
            let seed = seeds[random.number(0..<seeds.count)]
            var request = seed.request
            request.body =
                random.chance(10)
                ? (0..<random.number(0..<64)).map { _ in UInt8(random.number(0..<256)) }
                : Mutation.mutate(request.body, &random)
            guard let value = try? seed.wire.parseInput(request) else { return }
            readable += 1
            try check(Fuzzer.size(value), request.body.count + 200, round)
        }
    }

    /// What was parsed may be larger than the bytes, but not out of proportion.
    private func check(_ size: Int, _ bytes: Int, _ round: Int) throws {
        guard size <= 64 + bytes * 4 else {
            throw Broken(description: "\(subject) made \(size) of \(bytes) bytes in round \(round)")
        }
    }

    private static func size(_ value: WireValue) -> Int {
        switch value {
        case .string(let text): 1 + text.utf8.count
        case .blob(let bytes): 1 + bytes.count
        case .list(let elements): elements.reduce(1) { $0 + size($1) }
        case .map(let entries): entries.reduce(1) { $0 + $1.key.utf8.count + size($1.value) }
        case .structure(let members): members.reduce(1) { $0 + size($1.value) }
        case .null, .boolean, .integer, .double, .timestamp: 1
        }
    }
}
