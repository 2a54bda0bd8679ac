import ServiceKit
import ServiceModel

/// One rule of a bucket's lifecycle. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>.
struct LifecycleTerm: Sendable, Hashable {
    struct Transition: Sendable, Hashable {
        var days: Int?
        var date: Timestamp?
        /// Of noncurrent versions: how many newer ones are kept as they are.
        var newerVersions: Int = 0
        var storageClass: String
    }

    struct Filter: Sendable, Hashable {
        var prefix = ""
        var tags: [ResourceTag] = []
        var sizeGreaterThan: Int64?
        var sizeLessThan: Int64?

        func matches(key: String, size: Int64, tags: [ResourceTag]) -> Bool {
            key.hasKeyPrefix(prefix) && self.tags.allSatisfy(tags.contains)
                && sizeGreaterThan.map { size > $0 } ?? true && sizeLessThan.map { size < $0 } ?? true
        }
    }

    var id: String
    var isEnabled: Bool
    var filter: Filter
    var expirationDays: Int?
    var expirationDate: Timestamp?
    var expiresDeleteMarkers: Bool
    var noncurrentDays: Int?
    var newerNoncurrentVersions: Int
    var abortDays: Int?
    var transitions: [Transition]
    var noncurrentTransitions: [Transition]

    static func list(_ stored: WireValue?) -> [LifecycleTerm] {
        stored?["Rules"]?.listValue?.map(LifecycleTerm.init) ?? []
    }

    init(_ value: WireValue) {
        func days(_ value: WireValue?, _ name: String) -> Int? { value?[name]?.integerValue.map(Int.init) }
        func tag(_ value: WireValue) -> ResourceTag? {
            guard let key = value["Key"]?.stringValue, let text = value["Value"]?.stringValue else { return nil }
            return ResourceTag(key: key, value: text)
        }
        id = value["ID"]?.stringValue ?? ""
        isEnabled = value["Status"]?.stringValue == "Enabled"
        var filter = Filter()
        let given = value["Filter"]
        let both = given?["And"] ?? given
        filter.prefix = both?["Prefix"]?.stringValue ?? value["Prefix"]?.stringValue ?? ""
        filter.tags =
            (given?["Tag"].flatMap(tag)).map { [$0] } ?? given?["And"]?["Tags"]?.listValue?.compactMap(tag) ?? []
        filter.sizeGreaterThan = both?["ObjectSizeGreaterThan"]?.integerValue
        filter.sizeLessThan = both?["ObjectSizeLessThan"]?.integerValue
        self.filter = filter
        let expiration = value["Expiration"]
        expirationDays = days(expiration, "Days")
        expirationDate = expiration?["Date"]?.timestampValue
        expiresDeleteMarkers = expiration?["ExpiredObjectDeleteMarker"]?.booleanValue ?? false
        let noncurrent = value["NoncurrentVersionExpiration"]
        noncurrentDays = days(noncurrent, "NoncurrentDays")
        newerNoncurrentVersions = days(noncurrent, "NewerNoncurrentVersions") ?? 0
        abortDays = days(value["AbortIncompleteMultipartUpload"], "DaysAfterInitiation")
        transitions =
            value["Transitions"]?.listValue?.map {
                Transition(
                    days: days($0, "Days"), date: $0["Date"]?.timestampValue,
                    storageClass: $0["StorageClass"]?.stringValue ?? "")
            } ?? []
        noncurrentTransitions =
            value["NoncurrentVersionTransitions"]?.listValue?.map {
                Transition(
                    days: days($0, "NoncurrentDays"), newerVersions: days($0, "NewerNoncurrentVersions") ?? 0,
                    storageClass: $0["StorageClass"]?.stringValue ?? "")
            } ?? []
    }

    private static let day: Int64 = 86_400_000

    /// Days are added and the time rounded up to the next midnight (UTC), as on AWS.
    static func due(_ time: Timestamp, days: Int) -> Timestamp {
        let later = time.milliseconds + Int64(days) * day
        return Timestamp(milliseconds: (later + day - 1) / day * day)
    }

    /// When a current version expires by this rule.
    func expiry(modified: Timestamp) -> Timestamp? {
        if let expirationDays { return Self.due(modified, days: expirationDays) }
        return expirationDate
    }

    func abortion(initiated: Timestamp) -> Timestamp? { abortDays.map { Self.due(initiated, days: $0) } }

    /// The storage class in which a current version should be now; nil: as it is.
    func storageClass(modified: Timestamp, now: Timestamp) -> String? {
        transitions.filter { transition in
            if let days = transition.days { return Self.due(modified, days: days) <= now }
            return transition.date.map { $0 <= now } ?? false
        }.max { Self.depth($0.storageClass) < Self.depth($1.storageClass) }?.storageClass
    }

    /// The same of a version that is not current since `since`; `newer` noncurrent versions are newer.
    func noncurrentStorageClass(since: Timestamp, newer: Int, now: Timestamp) -> String? {
        noncurrentTransitions.filter { transition in
            newer >= transition.newerVersions && Self.due(since, days: transition.days ?? 0) <= now
        }.max { Self.depth($0.storageClass) < Self.depth($1.storageClass) }?.storageClass
    }

    /// Whether a version that is not current since `since` goes.
    func expiresNoncurrent(since: Timestamp, newer: Int, now: Timestamp) -> Bool {
        guard let noncurrentDays else { return false }
        return newer >= newerNoncurrentVersions && Self.due(since, days: noncurrentDays) <= now
    }

    /// Transitions go one way.
    static func depth(_ storageClass: String) -> Int {
        ["STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
            .firstIndex(of: storageClass) ?? 0
    }

    /// The header that says when a current version expires: the earliest of all rules; nil if none applies.
    static func expirationHeader(
        _ rules: [LifecycleTerm], key: String, size: Int64, tags: [ResourceTag], modified: Timestamp
    ) -> String? {
        let found = rules.filter { $0.isEnabled && $0.filter.matches(key: key, size: size, tags: tags) }
            .compactMap { rule in rule.expiry(modified: modified).map { ($0, rule.id) } }
            .min { $0.0 < $1.0 }
        guard let (time, id) = found else { return nil }
        return "expiry-date=\"\(HTTPDateText.text(time))\", rule-id=\"\(PercentCoding.encode(id))\""
    }
}

/// Dates as HTTP writes them.
enum HTTPDateText {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func text(_ time: Timestamp) -> String {
        let seconds = max(0, time.milliseconds / 1000)
        let (year, month, day) = Timestamp.civil(daysSinceEpoch: seconds / 86_400)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(days[Int(seconds / 86_400 % 7)]), \(two(day)) \(months[Int(month) - 1]) \(year) "
            + "\(two(seconds % 86_400 / 3600)):\(two(seconds % 3600 / 60)):\(two(seconds % 60)) GMT"
    }
}
