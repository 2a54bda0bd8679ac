import Persistence
import ServiceKit
import ServiceModel

/// An event on its way to one target, as its job keeps it.
struct NotificationJob: Sendable, Hashable {
    static let kind = "s3.event"
    /// Keys that share a lane are told one after the other.
    private static let lanes: UInt32 = 64

    var bucket: String
    var account: String
    var region: String
    var target: String
    var began: Timestamp
    var delivery: Delivery

    /// The job; events of one key go to one target in order.
    func job(key: String) -> NewJob {
        var crc: UInt32 = 0
        Array(key.utf8).withUnsafeBytes { crc = CRC.crc32c($0) }
        return NewJob(
            kind: Self.kind, lane: "\(bucket)/\(target)/\(crc % Self.lanes)", due: began, payload: encoded,
            isOrdered: true)
    }

    private var encoded: [UInt8] {
        var writer = RecordWriter()
        writer.append(0, bucket)
        writer.append(1, account)
        writer.append(2, region)
        writer.append(3, target)
        writer.append(4, began.milliseconds)
        writer.append(5, delivery.body)
        writer.append(6, delivery.source)
        writer.append(7, delivery.detailType)
        for resource in delivery.resources { writer.append(8, resource) }
        writer.append(9, delivery.traceHeader)
        return writer.bytes
    }

    init(bucket: BucketRecord, target: String, began: Timestamp, delivery: Delivery) {
        self.bucket = bucket.name
        account = bucket.account
        region = bucket.region
        self.target = target
        self.began = began
        self.delivery = delivery
    }

    init?(_ bytes: [UInt8]) {
        var reader = RecordReader(bytes)
        bucket = ""
        account = ""
        region = ""
        target = ""
        began = Timestamp(milliseconds: 0)
        delivery = Delivery(body: [])
        while let field = reader.next() {
            switch field.tag {
            case 0: bucket = field.text
            case 1: account = field.text
            case 2: region = field.text
            case 3: target = field.text
            case 4: began = Timestamp(milliseconds: field.number)
            case 5: delivery.body = Array(field.bytes)
            case 6: delivery.source = field.text
            case 7: delivery.detailType = field.text
            case 8: delivery.resources.append(field.text)
            case 9: delivery.traceHeader = field.text
            default: continue
            }
        }
        if target.isEmpty { return nil }
    }
}
