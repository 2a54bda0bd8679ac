import ServiceModel

/// When lifecycles are looked at: at midnight, UTC.
enum LifecycleSchedule {
    static let day: Int64 = 86_400_000

    static func next(after now: Timestamp) -> Timestamp {
        Timestamp(milliseconds: (now.milliseconds / day + 1) * day)
    }
}
