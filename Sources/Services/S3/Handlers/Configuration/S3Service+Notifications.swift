public import ServiceKit
import ServiceModel

extension S3Service {
    public func getBucketNotificationConfiguration(_ input: GetBucketNotificationConfigurationRequest, _ call: Call)
        async throws -> NotificationConfiguration
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketNotification")
        return try NotificationConfiguration(
            wire: bucket.settings[BucketRecord.Setting.notification] ?? .structure([:]))
    }

    public func putBucketNotificationConfiguration(_ input: PutBucketNotificationConfigurationRequest, _ call: Call)
        async throws
    {
        let bucket = try await open(input.bucket, call, "s3:PutBucketNotification")
        let configuration = try NotificationCheck.checked(
            call.input["NotificationConfiguration"], region: bucket.region)
        let rules = NotificationRules(configuration)
        if rules.tellsEventBridge {
            let bus = DeliveryTarget(arn: "arn:aws:events:\(bucket.region):\(bucket.account):event-bus/default")
            guard let bus, deliveries.canDeliver(to: bus) else {
                throw AWSError.notImplemented(
                    service: "s3", operation: "PutBucketNotificationConfiguration",
                    parameter: "EventBridgeConfiguration")
            }
        }
        if input.skipDestinationValidation != true { try await validate(rules, bucket, call) }
        try await set(
            BucketRecord.Setting.notification, configuration.structureValue?.isEmpty == true ? nil : configuration,
            of: bucket)
    }

    /// Asks every target that was not one before whether it will be told.
    private func validate(_ rules: NotificationRules, _ bucket: BucketRecord, _ call: Call) async throws {
        let principal = NotificationWorker.principal(bucket: bucket.name, account: bucket.account)
        var refusals: [(arn: String, reason: String)] = []
        var seen: Set<String> = []
        for rule in rules.rules where seen.insert(rule.target.arn).inserted {
            if let reason = await refusal(rule.target, bucket, principal, call) {
                refusals.append((rule.target.arn, reason))
            }
        }
        guard !refusals.isEmpty else { return }
        var fields: [String: String] = [:]
        // One is not numbered where the target is known to refuse, as on AWS.
        for (index, refusal) in refusals.enumerated() {
            fields["ArgumentName\(index + 1)"] = refusal.arn
            fields["ArgumentValue\(index + 1)"] = refusal.reason
        }
        throw AWSError.s3(
            "InvalidArgument", 400, "Unable to validate the following destination configurations", fields)
    }

    /// - Returns: why the target can't be told; nil if it can.
    private func refusal(_ target: DeliveryTarget, _ bucket: BucketRecord, _ principal: Principal, _ call: Call) async
        -> String?
    {
        let denied = "Not authorized to invoke function [\(target.arn)]"
        if target.kind == .function {
            do {
                let isPermitted = try await permissions?.permitsInvocation(of: target.arn, by: principal) ?? false
                return isPermitted ? nil : denied
            } catch {
                return denied
            }
        }
        do {
            let test = S3Event.test(bucket: bucket.name, at: time.now, requestID: call.requestID)
            try await deliveries.deliver(
                Delivery(body: Array(test.utf8), subject: NotificationWorker.subject), to: target, as: principal,
                account: bucket.account, region: bucket.region)
            return nil
        } catch let error as AWSError {
            let isQueue = target.kind == .queue
            if error.status == 501 { return "The service of the destination is not there: \(error.message)" }
            if error.code.contains("NonExistentQueue") || error.code.contains("QueueDoesNotExist")
                || error.code == "NotFound"
            {
                return "The destination \(isQueue ? "queue" : "topic") does not exist"
            }
            return
                "Permissions on the destination \(isQueue ? "queue" : "topic") do not allow S3 to publish notifications from this bucket"
        } catch {
            return "The destination can't be reached"
        }
    }
}
