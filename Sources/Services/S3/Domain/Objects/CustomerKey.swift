import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// A key that the customer brings with each request (SSE-C). It is never kept; its MD5 is, to know it again. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>.
struct CustomerKey: Sendable, Hashable {
    /// 32 bytes.
    var key: [UInt8]
    /// Base64.
    var md5: String

    /// Reads the three members of a request; nil if it has none of them. `prefix` is `CopySource` for the source of a copy.
    init?(_ input: WireValue, prefix: String = "") throws {
        let algorithm = input[prefix + "SSECustomerAlgorithm"]?.stringValue
        let key = input[prefix + "SSECustomerKey"]?.stringValue
        let md5 = input[prefix + "SSECustomerKeyMD5"]?.stringValue
        if algorithm == nil, key == nil, md5 == nil { return nil }
        guard let algorithm else {
            throw AWSError.invalidArgument(
                "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.",
                name: "x-amz-server-side-encryption")
        }
        guard algorithm == "AES256" else {
            throw AWSError.s3(
                "InvalidEncryptionAlgorithmError", 400,
                "The Encryption request you specified is not valid. Supported value: AES256.",
                ["ArgumentName": "x-amz-server-side-encryption", "ArgumentValue": algorithm])
        }
        guard let key else {
            throw AWSError.invalidArgument(
                "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.",
                name: "x-amz-server-side-encryption")
        }
        // A key without its MD5 is refused like one that is none.
        guard let bytes = Data(base64Encoded: key), bytes.count == 32, let md5 else {
            throw AWSError.invalidArgument(
                "The secret key was invalid for the specified algorithm.", name: "x-amz-server-side-encryption")
        }
        guard Data(Insecure.MD5.hash(data: bytes)).base64EncodedString() == md5 else {
            throw AWSError.invalidArgument(
                "The calculated MD5 hash of the key did not match the hash that was provided.",
                name: "x-amz-server-side-encryption")
        }
        self.key = Array(bytes)
        self.md5 = md5
    }

    init(key: [UInt8]) {
        self.key = key
        md5 = Data(Insecure.MD5.hash(data: key)).base64EncodedString()
    }
}
