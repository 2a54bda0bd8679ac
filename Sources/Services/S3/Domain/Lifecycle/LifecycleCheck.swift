import ServiceKit
import ServiceModel

/// What S3 demands of a lifecycle. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html>.
enum LifecycleCheck {
    static let sizes = ["all_storage_classes_128K", "varies_by_storage_class"]

    /// The configuration as it is kept: rules without an id get one.
    static func checked(_ configuration: WireValue?) throws -> WireValue {
        guard let rules = configuration?["Rules"]?.listValue, (1...1000).contains(rules.count) else {
            throw AWSError.malformedXML
        }
        var ids: Set<String> = []
        let checked = try rules.map { rule -> WireValue in
            var members = rule.structureValue ?? [:]
            let id = members["ID"]?.stringValue ?? RandomUUID.make()
            guard id.count <= 255 else {
                throw AWSError.invalidArgument("ID length should not exceed allowed limit of 255", name: "ID")
            }
            guard ids.insert(id).inserted else {
                throw AWSError.invalidArgument(
                    "Rule ID must be unique. Found same ID for more than one rule", name: "ID")
            }
            members["ID"] = .string(id)
            try check(.structure(members))
            return .structure(members)
        }
        return .structure(["Rules": .list(checked)])
    }

    private static func check(_ rule: WireValue) throws {
        guard let status = rule["Status"]?.stringValue, ["Enabled", "Disabled"].contains(status) else {
            throw AWSError.malformedXML
        }
        // Either the old way, or the new one.
        guard (rule["Filter"] == nil) != (rule["Prefix"] == nil) else { throw AWSError.malformedXML }
        if let filter = rule["Filter"] { try checkFilter(filter) }
        let actions = [
            "Expiration", "Transitions", "NoncurrentVersionExpiration", "NoncurrentVersionTransitions",
            "AbortIncompleteMultipartUpload",
        ]
        guard actions.contains(where: { rule[$0] != nil }) else {
            throw AWSError.invalidRequest("At least one action needs to be specified in a rule")
        }
        try checkExpiration(rule["Expiration"])
        if let noncurrent = rule["NoncurrentVersionExpiration"] {
            try checkNewer(noncurrent, "NoncurrentVersionExpiration")
            guard let days = noncurrent["NoncurrentDays"]?.integerValue else { throw AWSError.malformedXML }
            try checkDays(
                days, "NoncurrentDays",
                "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
        }
        for transition in rule["Transitions"]?.listValue ?? [] {
            guard (transition["Days"] == nil) != (transition["Date"] == nil) else { throw AWSError.malformedXML }
            try checkClass(transition)
            if let date = transition["Date"]?.timestampValue { try checkMidnight(date) }
        }
        for transition in rule["NoncurrentVersionTransitions"]?.listValue ?? [] {
            guard transition["NoncurrentDays"] != nil else { throw AWSError.malformedXML }
            try checkClass(transition)
            try checkNewer(transition, "NoncurrentVersionTransition")
        }
        try LifecycleOrder.check(LifecycleTerm(rule))
        if let abort = rule["AbortIncompleteMultipartUpload"] {
            guard let days = abort["DaysAfterInitiation"]?.integerValue else { throw AWSError.malformedXML }
            try checkDays(
                days, "DaysAfterInitiation",
                "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
            let term = LifecycleTerm(rule)
            if !term.filter.tags.isEmpty {
                throw AWSError.invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.")
            }
        }
    }

    private static func checkFilter(_ filter: WireValue) throws {
        let members = filter.structureValue ?? [:]
        guard members.count <= 1 else { throw AWSError.malformedXML }
        guard let both = members["And"]?.structureValue else { return }
        let count = both.count + max(0, (both["Tags"]?.listValue?.count ?? 1) - 1)
        guard count >= 2 else { throw AWSError.malformedXML }
        let keys = both["Tags"]?.listValue?.compactMap { $0["Key"]?.stringValue } ?? []
        if Set(keys).count < keys.count { throw AWSError.invalidRequest("Duplicate Tag Keys are not allowed.") }
    }

    private static func checkNewer(_ action: WireValue, _ name: String) throws {
        guard let count = action["NewerNoncurrentVersions"]?.integerValue, !(1...100).contains(count) else { return }
        throw AWSError.invalidArgument(
            "'NewerNoncurrentVersions' for \(name) action must be a positive integer between 1 and 100",
            name: "NewerNoncurrentVersions", value: String(count))
    }

    private static func checkExpiration(_ expiration: WireValue?) throws {
        guard let expiration else { return }
        guard ["Days", "Date", "ExpiredObjectDeleteMarker"].filter({ expiration[$0] != nil }).count == 1 else {
            throw AWSError.malformedXML
        }
        if let days = expiration["Days"]?.integerValue {
            try checkDays(days, "Days", "'Days' for Expiration action must be a positive integer")
        }
        if let date = expiration["Date"]?.timestampValue { try checkMidnight(date) }
    }

    private static func checkDays(_ days: Int64, _ name: String, _ message: String) throws {
        // Centuries are enough, and can be added to any time.
        guard (1...1_000_000).contains(days) else {
            throw AWSError.invalidArgument(message, name: name, value: String(days))
        }
    }

    private static func checkMidnight(_ date: Timestamp) throws {
        guard date.milliseconds % LifecycleSchedule.day == 0 else {
            throw AWSError.invalidArgument("'Date' must be at midnight GMT", name: "Date", value: date.rfc3339)
        }
    }

    private static func checkClass(_ transition: WireValue) throws {
        let classes = ["STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
        guard let name = transition["StorageClass"]?.stringValue, classes.contains(name) else {
            throw AWSError.malformedXML
        }
        for days in ["Days", "NoncurrentDays"] {
            if let value = transition[days]?.integerValue, !(0...1_000_000).contains(value) {
                throw AWSError.malformedXML
            }
        }
    }
}
