import ServiceKit

/// What S3 demands of the name of a bucket. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
enum BucketName {
    static func check(_ name: String) throws {
        if !isValid(name) {
            throw AWSError.s3("InvalidBucketName", 400, "The specified bucket is not valid.", ["BucketName": name])
        }
    }

    static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count) else { return false }
        func isLetterOrDigit(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        guard isLetterOrDigit(bytes[0]), isLetterOrDigit(bytes[bytes.count - 1]) else { return false }
        guard bytes.allSatisfy({ isLetterOrDigit($0) || $0 == 0x2D || $0 == 0x2E }) else { return false }
        if name.contains("..") { return false }
        let labels = name.split(separator: ".")
        if labels.count == 4, labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 3 && $0.allSatisfy(\.isNumber) }) {
            return false
        }
        if ["xn--", "sthree-", "amzn-s3-demo-"].contains(where: name.hasPrefix) { return false }
        return !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].contains(where: name.hasSuffix)
    }
}
