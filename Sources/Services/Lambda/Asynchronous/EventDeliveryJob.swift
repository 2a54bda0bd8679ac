import Foundation
import Persistence
import ServiceKit
import ServiceModel

/// Something that is to be delivered to a destination or a dead-letter queue, as its job keeps it.
struct EventDeliveryJob: Sendable, Hashable {
    static let kind = "lambda.delivery"

    var key: FunctionKey
    var qualifier: String?
    var target: String
    var role: String
    var isDeadLetter: Bool
    var received: Timestamp
    var delivery: Delivery

    var job: NewJob { NewJob(kind: Self.kind, lane: target, due: received, payload: bytes) }

    private static let format: UInt8 = 1

    private var bytes: [UInt8] {
        var writer = FieldWriter(reserving: delivery.body.count + 512)
        writer.append(Self.format)
        for text in [key.account, key.region, key.name] { writer.append(text) }
        writer.append(qualifier)
        writer.append(target)
        writer.append(role)
        writer.append(isDeadLetter ? 1 : 0 as Int64)
        writer.append(received.milliseconds)
        writer.append(Int64(delivery.attributes.count))
        for attribute in delivery.attributes {
            for text in [attribute.name, attribute.type, attribute.value] { writer.append(text) }
        }
        for text in [delivery.source, delivery.detailType, delivery.key] { writer.append(text) }
        writer.append(Int64(delivery.resources.count))
        for resource in delivery.resources { writer.append(resource) }
        writer.append(delivery.traceHeader)
        writer.append(rest: delivery.body)
        return writer.bytes
    }

    /// Reads what a job keeps; nil for anything else.
    init?(bytes: [UInt8]) {
        var reader = FieldReader(bytes)
        guard reader.byte() == Self.format, let account = reader.text(), let region = reader.text(),
            let name = reader.text(), let qualifier = reader.optionalText(), let target = reader.text(),
            let role = reader.text(), let isDeadLetter = reader.integer(), let received = reader.integer(),
            let attributeCount = reader.integer(), (0...16).contains(attributeCount)
        else { return nil }
        var attributes: [Delivery.Attribute] = []
        for _ in 0..<attributeCount {
            guard let name = reader.text(), let type = reader.text(), let value = reader.text() else { return nil }
            attributes.append(Delivery.Attribute(name: name, type: type, value: value))
        }
        guard let source = reader.text(), let detailType = reader.text(), let objectKey = reader.text(),
            let resourceCount = reader.integer(), (0...16).contains(resourceCount)
        else { return nil }
        var resources: [String] = []
        for _ in 0..<resourceCount {
            guard let resource = reader.text() else { return nil }
            resources.append(resource)
        }
        guard let trace = reader.optionalText() else { return nil }
        self.init(
            key: FunctionKey(account: account, region: region, name: name), qualifier: qualifier.value, target: target,
            role: role, isDeadLetter: isDeadLetter != 0, received: Timestamp(milliseconds: received),
            delivery: Delivery(
                body: reader.rest(), attributes: attributes, source: source, detailType: detailType,
                resources: resources, key: objectKey, traceHeader: trace.value))
    }

    init(
        key: FunctionKey, qualifier: String?, target: String, role: String, isDeadLetter: Bool, received: Timestamp,
        delivery: Delivery
    ) {
        self.key = key
        self.qualifier = qualifier
        self.target = target
        self.role = role
        self.isDeadLetter = isDeadLetter
        self.received = received
        self.delivery = delivery
    }
}
