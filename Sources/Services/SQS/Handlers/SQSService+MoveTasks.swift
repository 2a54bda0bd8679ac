public import ServiceKit

extension SQSService {
    public func startMessageMoveTask(_ input: StartMessageMoveTaskRequest, _ call: Call) async throws
        -> StartMessageMoveTaskResult
    {
        if let rate = input.maxNumberOfMessagesPerSecond, !MoveTask.rates.contains(rate) {
            throw SQSFailures.invalidParameter(
                rate, "MaxNumberOfMessagesPerSecond", "MaxNumberOfMessagesPerSecond must be >= 1 and <= 500.")
        }
        let source = try await queue(arn: input.sourceArn, "SourceArn", call)
        guard try await !catalogue.store.sources(of: source.key, after: 0, limit: 1).isEmpty else {
            throw SQSFailures.invalidParameter("Source queue must be configured as a Dead Letter Queue.")
        }
        var destination: QueueRecord?
        if let arn = input.destinationArn {
            let target = try await queue(arn: arn, "DestinationArn", call)
            guard target.settings.isFIFO == source.settings.isFIFO else {
                throw SQSFailures.invalidParameter("Destination queue must be same type of queue as the source.")
            }
            guard target.key != source.key else {
                throw SQSFailures.invalidParameter("Source queue arn and destination queue arn cannot be the same.")
            }
            destination = target
        }
        let extent = try await messages.extent(source)
        let task = MoveTask(
            id: RandomUUID.make(), source: source.key, destination: destination?.key,
            rate: input.maxNumberOfMessagesPerSecond, toMove: extent.count, last: extent.last, started: now)
        guard try await tasks.start(task) else {
            throw SQSFailures.invalidParameter(
                "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
            )
        }
        return StartMessageMoveTaskResult(taskHandle: task.handle)
    }

    public func cancelMessageMoveTask(_ input: CancelMessageMoveTaskRequest, _ call: Call) async throws
        -> CancelMessageMoveTaskResult
    {
        guard let id = MoveTask.id(ofHandle: input.taskHandle) else {
            throw SQSFailures.invalidParameter("Value for parameter TaskHandle is invalid.")
        }
        guard let task = try await tasks.find(id), task.source.region == call.region else {
            throw SQSError.resourceNotFoundException("Task does not exist.")
        }
        _ = try await queue(task.source, call)
        guard let cancelled = try await tasks.cancel(id) else {
            throw SQSError.resourceNotFoundException("Task is not running.")
        }
        return CancelMessageMoveTaskResult(approximateNumberOfMessagesMoved: Int64(cancelled.moved))
    }

    public func listMessageMoveTasks(_ input: ListMessageMoveTasksRequest, _ call: Call) async throws
        -> ListMessageMoveTasksResult
    {
        let limit = input.maxResults ?? 1
        guard (1...10).contains(limit) else {
            throw SQSFailures.invalidParameter(limit, "MaxResults", "MaxResults must be between 1 and 10.")
        }
        let source = try await queue(arn: input.sourceArn, "SourceArn", call)
        let tasks = try await tasks.list(source.key, limit: limit)
        return ListMessageMoveTasksResult(
            results: tasks.map { task in
                ListMessageMoveTasksResultEntry(
                    taskHandle: task.status == .running ? task.handle : nil, status: task.status.rawValue,
                    sourceArn: task.source.arn, destinationArn: task.destination?.arn,
                    maxNumberOfMessagesPerSecond: task.rate, approximateNumberOfMessagesMoved: Int64(task.moved),
                    approximateNumberOfMessagesToMove: Int64(task.toMove), failureReason: task.failure,
                    startedTimestamp: task.started)
            })
    }

    private func queue(arn: String, _ parameter: String, _ call: Call) async throws -> QueueRecord {
        guard let key = QueueKey(arn: arn), key.region == call.region else {
            throw SQSFailures.invalidParameter("Value \(arn) for parameter \(parameter) is invalid.")
        }
        do {
            return try await queue(key, call)
        } catch let error as AWSError where error.shape == "QueueDoesNotExist" {
            throw SQSError.resourceNotFoundException(
                "The resource that you specified for the \(parameter) parameter doesn't exist.")
        }
    }
}
