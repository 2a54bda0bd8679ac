import ServiceKit

/// Errors of event source mappings, in AWS's words.
enum MappingFailures {
    static let unrecognizedSource = LambdaFailures.invalidParameter("Unrecognized event source.")
    static let noFunction = LambdaFailures.invalidParameter("Function does not exist")
    static let notFound = LambdaFailures.notFound("The resource you requested does not exist.")
    static let invalidFilter = LambdaFailures.invalidParameter("Invalid filter pattern definition.")

    /// The kinds of sources that AWS added later word it otherwise.
    static func unsupported(_ parameter: MappingParameter, by kind: EventSourceKind) -> AWSError {
        let name = kind.isPolledByShard || kind == .queue ? parameter.name : "'\(parameter.rawValue)'"
        return LambdaFailures.invalidParameter(
            "Unsupported \(name) parameter for given event source mapping type.")
    }

    static func missing(_ parameter: MappingParameter) -> AWSError {
        LambdaFailures.invalidParameter("Required '\(parameter.rawValue)' parameter is missing.")
    }

    /// A change that comes while an earlier one settles.
    static func inUse(_ verb: String) -> AWSError {
        LambdaError.resourceInUseException(
            "Cannot \(verb) the event source mapping because it is in use.")
    }

    /// Nothing polls sources of this kind; a mapping that is disabled can be kept.
    static func notPolled(_ kind: EventSourceKind, operation: String) -> AWSError {
        AWSError(
            "NotImplemented", status: 501,
            message:
                "\(kind.serviceName) is not implemented by Martlet as an event source: lambda:\(operation) keeps a "
                + "mapping of it with Enabled=false.")
    }

    static func noSource(_ source: EventSource) -> AWSError {
        switch source.kind {
        case .queue:
            LambdaFailures.invalidParameter(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                    + "SQS Error Message: The specified queue does not exist.")
        case .kinesisStream, .tableStream:
            LambdaFailures.invalidParameter("Stream not found: \(source.arn ?? "")")
        default:
            LambdaFailures.invalidParameter("The event source \(source.arn ?? "") does not exist.")
        }
    }

    /// The function's role may not read the source.
    static func notReadable(_ source: EventSource) -> AWSError {
        let (operation, service) =
            switch source.kind {
            case .queue: ("ReceiveMessage", "SQS")
            case .kinesisStream: ("GetRecords", "Kinesis")
            case .tableStream: ("GetRecords", "DynamoDB")
            default: ("the operations it needs", source.kind.serviceName)
            }
        return LambdaFailures.invalidParameter(
            "The provided execution role does not have permissions to call \(operation) on \(service)")
    }

    static func exists(_ record: MappingRecord, _ other: MappingRecord) -> AWSError {
        let source = record.source.arn ?? record.source.endpoints.joined(separator: ",")
        let name = record.qualifier.map { "\(record.function.name):\($0)" } ?? record.function.name
        let advice = "Please update or delete the existing mapping with UUID \(other.key.uuid)"
        switch record.source.kind {
        case .queue:
            return LambdaFailures.conflict(
                "An event source mapping with SQS arn (\" \(source) \") and function (\" \(name) \") already exists. "
                    + advice)
        case .kinesisStream, .tableStream:
            return LambdaFailures.conflict(
                "The event source arn (\" \(source) \") and function (\" \(name) \") provided mapping already exists. "
                    + advice)
        case .managedKafka, .selfManagedKafka, .broker, .changeStream:
            var text =
                "An event source mapping with event source (\"\(source)\"), function (\"\(record.functionARN)\")"
            if !record.settings.topics.isEmpty {
                text += ", topics (\"\(record.settings.topics.joined(separator: ","))\")"
            }
            if !record.settings.queues.isEmpty {
                text += ", queues (\"\(record.settings.queues.joined(separator: ","))\")"
            }
            return LambdaFailures.conflict("\(text) already exists. \(advice)")
        }
    }
}
