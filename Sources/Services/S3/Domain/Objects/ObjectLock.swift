import ServiceKit
import ServiceModel

/// Versions that may not be deleted for a while. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>.
enum ObjectLock {
    static func protects(_ record: ObjectRecord, now: Timestamp, bypassesGovernance: Bool) -> Bool {
        if record.isMarker { return false }
        let attributes = ObjectAttributes(record.attributes)
        if attributes.hasLegalHold { return true }
        guard let retention = attributes.retention, retention.until > now else { return false }
        return retention.mode == "COMPLIANCE" || !bypassesGovernance
    }

    /// What a bucket gives objects that ask for nothing.
    static func defaultRetention(_ bucket: BucketRecord, now: Timestamp) -> ObjectAttributes.Retention? {
        guard let rule = bucket.settings[BucketRecord.Setting.lock]?["Rule"]?["DefaultRetention"],
            let mode = rule["Mode"]?.stringValue
        else { return nil }
        let days = rule["Days"]?.integerValue ?? (rule["Years"]?.integerValue ?? 0) * 365
        return ObjectAttributes.Retention(
            mode: mode, until: Timestamp(milliseconds: now.milliseconds + days * 86_400_000))
    }
}
