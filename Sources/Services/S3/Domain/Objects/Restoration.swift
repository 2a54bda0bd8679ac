import ServiceKit
import ServiceModel

/// How an archived object is brought back for a while. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html>.
struct Restoration: Sendable, Hashable {
    enum Tier: String, Sendable {
        case expedited = "Expedited"
        case standard = "Standard"
        case bulk = "Bulk"
    }

    /// What is known of an object's restored copy.
    enum State: Sendable, Hashable {
        /// It is asked for; once it is there, it stays for some days.
        case ongoing(days: Int)
        case until(Timestamp)
    }

    var days: Int
    var tier: Tier

    /// - Throws: what AWS answers to a request that is none.
    init(_ input: RestoreObjectRequest, storageClass: String) throws {
        guard let request = input.restoreRequest else { throw AWSError.malformedXML }
        if request.type != nil || request.selectParameters != nil || request.outputLocation != nil {
            throw AWSError.notImplemented(service: "s3", operation: "RestoreObject", parameter: "RestoreRequest.Type")
        }
        guard StorageClass.archived.contains(storageClass) else {
            throw AWSError.s3(
                "InvalidObjectState", 403, "Restore is not allowed for the object's current storage class",
                ["StorageClass": storageClass])
        }
        guard let days = request.days else { throw AWSError.malformedXML }
        guard days >= 1, days <= 100_000 else {
            throw AWSError.invalidArgument(
                "restoration days should be at least 1", name: "Days", value: String(days))
        }
        let name = request.glacierJobParameters?.tier ?? request.tier ?? Tier.standard.rawValue
        guard let tier = Tier(rawValue: name) else { throw AWSError.malformedXML }
        if tier == .expedited, storageClass == "DEEP_ARCHIVE" {
            throw AWSError.invalidArgument(
                "Retrieval option is not supported by this storage class", name: "Tier", value: name)
        }
        self.days = days
        self.tier = tier
    }

    /// How long it takes, within what AWS says of the tier: 1 to 5 minutes, 3 to 5 hours, 5 to 12 hours; from the deep archive 12 and 48
    /// hours at most.
    func duration(from storageClass: String) -> Duration {
        let isDeep = storageClass == "DEEP_ARCHIVE"
        return switch tier {
        case .expedited: .seconds(3 * 60)
        case .standard: .seconds((isDeep ? 11 : 4) * 3600)
        case .bulk: .seconds((isDeep ? 40 : 8) * 3600)
        }
    }

    /// Until when a copy stays that is there now: days are added and the time rounded up to the next midnight (UTC).
    static func expiry(_ now: Timestamp, days: Int) -> Timestamp { LifecycleTerm.due(now, days: days) }

    /// The header `x-amz-restore`.
    static func header(_ state: State) -> String {
        switch state {
        case .ongoing: "ongoing-request=\"true\""
        case .until(let time): "ongoing-request=\"false\", expiry-date=\"\(HTTPDateText.text(time))\""
        }
    }
}

extension ObjectAttributes {
    /// Whether the bytes of an object of a storage class can be read.
    func isReadable(_ storageClass: String, now: Timestamp) -> Bool {
        guard StorageClass.archived.contains(storageClass) else { return true }
        guard case .until(let time) = restoration else { return false }
        return now < time
    }
}
