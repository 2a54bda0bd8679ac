import Crypto
import Foundation
import Persistence
import ServiceKit
import ServiceModel

/// An event on its way to one target, as its job keeps it.
struct NotificationJob: Sendable, Hashable {
    static let kind = "s3.event"
    /// Keys that share a lane are told one after the other.
    private static let lanes: UInt32 = 64

    var bucket: String
    var key: String
    var account: String
    var region: String
    var target: String
    var began: Timestamp
    var delivery: Delivery

    /// The job; events of one key go to one target in order.
    var job: NewJob {
        NewJob(kind: Self.kind, lane: lane, due: began, payload: encoded, isOrdered: true)
    }

    /// The lane that the key shares with others.
    var lane: String {
        var crc: UInt32 = 0
        Array(key.utf8).withUnsafeBytes { crc = CRC.crc32c($0) }
        return "\(bucket)/\(target)/\(crc % Self.lanes)"
    }

    /// The lanes beside the shared one, one for a key each.
    var sidings: String { lane + "/" }

    /// The key's own lane, to which its events are moved once one of them has failed, so that those of other keys can pass.
    var siding: String {
        let digest = Array(SHA256.hash(data: Data(key.utf8)).prefix(12))
        return sidings + Hexadecimal.encode(digest)
    }

    /// The job in the key's own lane.
    func moved(due: Timestamp) -> NewJob {
        NewJob(kind: Self.kind, lane: siding, due: due, payload: encoded, isOrdered: true)
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
        writer.append(10, key)
        return writer.bytes
    }

    init(bucket: BucketRecord, key: String, target: String, began: Timestamp, delivery: Delivery) {
        self.bucket = bucket.name
        self.key = key
        account = bucket.account
        region = bucket.region
        self.target = target
        self.began = began
        self.delivery = delivery
    }

    init?(_ bytes: [UInt8]) {
        var reader = RecordReader(bytes)
        bucket = ""
        key = ""
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
            case 10: key = field.text
            default: continue
            }
        }
        if target.isEmpty { return nil }
    }
}
