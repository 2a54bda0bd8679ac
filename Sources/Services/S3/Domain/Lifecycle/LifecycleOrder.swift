import ServiceKit
import ServiceModel

/// What the actions of one rule demand of one another: objects stay in a class for a while before they go on. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html>.
enum LifecycleOrder {
    /// Classes of objects that are stored for thirty days at least, and only after thirty days.
    private static let infrequent: Set<String> = ["STANDARD_IA", "ONEZONE_IA"]
    private static let archives: Set<String> = ["GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
    private static let month = 30

    /// - Throws: AWS's refusals.
    static func check(_ rule: LifecycleTerm) throws {
        let filter = rule.filter
        if let more = filter.sizeGreaterThan, let less = filter.sizeLessThan, more >= less {
            throw AWSError.invalidRequest(
                "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
        }
        if rule.expiresDeleteMarkers, !filter.tags.isEmpty {
            throw AWSError.invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.")
        }
        let byDate = rule.transitions.map { $0.date != nil } + (rule.expirationDate == nil ? [] : [true])
        let byDays = rule.transitions.map { $0.days != nil } + (rule.expirationDays == nil ? [] : [true])
        if byDate.contains(true), byDays.contains(true) {
            throw AWSError.invalidRequest(
                "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for \(name(filter))"
            )
        }
        try checkTransitions(rule.transitions, filter, days: "Days", action: "Transition")
        try checkTransitions(
            rule.noncurrentTransitions, filter, days: "NoncurrentDays", action: "NoncurrentVersionTransition")
        try checkExpiration(rule)
    }

    private static func name(_ filter: LifecycleTerm.Filter) -> String { "filter '(prefix=\(filter.prefix))'" }

    private static func checkTransitions(
        _ transitions: [LifecycleTerm.Transition], _ filter: LifecycleTerm.Filter, days: String, action: String
    ) throws {
        var classes: Set<String> = []
        for transition in transitions {
            guard classes.insert(transition.storageClass).inserted else {
                throw AWSError.invalidRequest(
                    "'StorageClass' must be different for '\(action)' actions in same 'Rule' with \(name(filter))")
            }
            guard let count = transition.days, infrequent.contains(transition.storageClass), count < month else {
                continue
            }
            throw AWSError.invalidArgument(
                "'\(days)' in \(action) action must be greater than or equal to \(month) for storageClass '\(transition.storageClass)'",
                name: days, value: String(count))
        }
        for later in transitions where archives.contains(later.storageClass) {
            for earlier in transitions where infrequent.contains(earlier.storageClass) {
                guard let first = earlier.days, let second = later.days, second < first + month else { continue }
                throw AWSError.invalidArgument(
                    "'\(days)' in the '\(later.storageClass)' \(action) action for \(name(filter)) must be \(month) days more than '\(days)' in the '\(earlier.storageClass)' \(action) action",
                    name: days, value: String(second))
            }
        }
    }

    private static func checkExpiration(_ rule: LifecycleTerm) throws {
        let filter = name(rule.filter)
        for transition in rule.transitions {
            if let end = rule.expirationDays, let days = transition.days, end <= days {
                throw AWSError.invalidArgument(
                    "'Days' in the Expiration action for \(filter) must be greater than 'Days' in the Transition action",
                    name: "Days", value: String(end))
            }
            if let end = rule.expirationDate, let date = transition.date, end <= date {
                throw AWSError.invalidArgument(
                    "'Date' in the Expiration action for \(filter) must be later than 'Date' in the Transition action",
                    name: "Date", value: end.rfc3339)
            }
        }
        for transition in rule.noncurrentTransitions {
            guard let end = rule.noncurrentDays, let days = transition.days, end <= days else { continue }
            throw AWSError.invalidArgument(
                "'NoncurrentDays' in the NoncurrentVersionExpiration action for \(filter) must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action",
                name: "NoncurrentDays", value: String(end))
        }
    }
}
