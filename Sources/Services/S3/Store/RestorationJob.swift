import Persistence
import ServiceModel

/// The next thing that happens to an archived object's restored copy: it is there, or it goes.
struct RestorationJob: Sendable, Hashable {
    static let kind = "s3.restore"

    var bucket: Int64
    var key: String
    var version: String
    /// Of the version's row and its last change: it may be another by then.
    var id: Int64
    var sequence: Int64
    var due: Timestamp

    init(_ record: ObjectRecord, due: Timestamp) {
        bucket = record.bucket
        key = record.key
        version = record.versionName
        id = record.id
        sequence = record.sequence
        self.due = due
    }

    /// The end of a copy that is there.
    init(_ record: ObjectRecord, _ attributes: ObjectAttributes) {
        self.init(record, due: record.modified)
        if case .until(let time) = attributes.restoration { due = time }
    }

    /// The lane of a bucket's restorations.
    static func lane(_ bucket: Int64) -> String { String(bucket) }

    var job: NewJob {
        var writer = RecordWriter()
        writer.append(0, bucket)
        writer.append(1, key)
        writer.append(2, version)
        writer.append(3, id)
        writer.append(4, sequence)
        return NewJob(kind: Self.kind, lane: Self.lane(bucket), due: due, payload: writer.bytes)
    }

    init?(_ job: Job) {
        due = job.due
        (bucket, key, version, id, sequence) = (0, "", "", 0, 0)
        var reader = RecordReader(job.payload)
        while let field = reader.next() {
            switch field.tag {
            case 0: bucket = field.number
            case 1: key = field.text
            case 2: version = field.text
            case 3: id = field.number
            case 4: sequence = field.number
            default: continue
            }
        }
        if key.isEmpty { return nil }
    }
}
