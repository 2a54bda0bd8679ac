import ServiceModel

/// Delivers by calls of the targets' own APIs, in process.
public struct CallDelivery: EventDelivery {
    private let calls: InProcessCaller

    public init(_ calls: InProcessCaller) { self.calls = calls }

    public func canDeliver(to target: DeliveryTarget) -> Bool {
        let (service, operation) = Self.operation(target.kind)
        return calls.implements(service, operation)
    }

    public func deliver(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
    ) async throws {
        _ = try await deliverForReceipt(delivery, to: target, as: principal, account: account, region: region)
    }

    public func deliverForReceipt(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
    ) async throws -> DeliveryReceipt {
        let (service, operation) = Self.operation(target.kind)
        let output = try await calls.call(
            service, operation, Self.input(delivery, target), as: principal,
            account: target.account.isEmpty ? account : target.account,
            region: target.region.isEmpty ? region : target.region, traceHeader: delivery.traceHeader)
        // PutEvents answers 200 and tells of each entry.
        if target.kind == .eventBus, case .structure(let members) = output,
            case .list(let entries)? = members["Entries"], case .structure(let entry)? = entries.first,
            case .string(let code)? = entry["ErrorCode"]
        {
            var message = ""
            if case .string(let text)? = entry["ErrorMessage"] { message = text }
            throw AWSError(code, status: 400, message: message)
        }
        return DeliveryReceipt(messageID: output["MessageId"]?.stringValue)
    }

    private static func operation(_ kind: DeliveryTarget.Kind) -> (String, String) {
        switch kind {
        case .queue: ("sqs", "SendMessage")
        case .topic: ("sns", "Publish")
        case .function: ("lambda", "Invoke")
        case .eventBus: ("eventbridge", "PutEvents")
        case .bucket: ("s3", "PutObject")
        }
    }

    private static func input(_ delivery: Delivery, _ target: DeliveryTarget) -> WireValue {
        let text = WireValue.string(String(decoding: delivery.body, as: UTF8.self))
        switch target.kind {
        case .queue:
            var input: [String: WireValue] = [
                "QueueUrl": .string("https://sqs.\(target.region).amazonaws.com/\(target.account)/\(target.name)"),
                "MessageBody": text,
            ]
            input["MessageAttributes"] = attributes(delivery)
            if let trace = delivery.traceHeader {
                input["MessageSystemAttributes"] = .map([
                    "AWSTraceHeader": .structure(["DataType": .string("String"), "StringValue": .string(trace)])
                ])
            }
            input["MessageGroupId"] = delivery.group.map(WireValue.string)
            input["MessageDeduplicationId"] = delivery.deduplicationID.map(WireValue.string)
            return .structure(input)
        case .topic:
            var input: [String: WireValue] = ["TopicArn": .string(target.arn), "Message": text]
            input["Subject"] = delivery.subject.map(WireValue.string)
            input["MessageAttributes"] = attributes(delivery)
            input["MessageGroupId"] = delivery.group.map(WireValue.string)
            input["MessageDeduplicationId"] = delivery.deduplicationID.map(WireValue.string)
            return .structure(input)
        case .function:
            return .structure([
                "FunctionName": .string(target.arn), "InvocationType": .string("Event"),
                "Payload": .blob(delivery.body),
            ])
        case .eventBus:
            return .structure([
                "Entries": .list([
                    .structure([
                        "Source": .string(delivery.source), "DetailType": .string(delivery.detailType),
                        "Detail": text, "EventBusName": .string(target.arn),
                        "Resources": .list(delivery.resources.map(WireValue.string)),
                    ])
                ])
            ])
        case .bucket:
            return .structure([
                "Bucket": .string(target.name), "Key": .string(delivery.key), "Body": .blob(delivery.body),
                "ContentType": .string("application/json"),
            ])
        }
    }

    private static func attributes(_ delivery: Delivery) -> WireValue? {
        if delivery.attributes.isEmpty { return nil }
        return .map(
            Dictionary(
                delivery.attributes.map { attribute in
                    var value: [String: WireValue] = ["DataType": .string(attribute.type)]
                    if let bytes = attribute.bytes {
                        value["BinaryValue"] = .blob(bytes)
                    } else {
                        value["StringValue"] = .string(attribute.value)
                    }
                    return (attribute.name, .structure(value))
                }, uniquingKeysWith: { $1 }))
    }
}
