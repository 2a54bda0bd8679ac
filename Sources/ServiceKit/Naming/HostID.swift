import Foundation

/// The second id of S3's answers (`x-amz-id-2`), in its form. It follows from the first, so that whoever tells of a request later knows it.
public enum HostID {
    public static func of(_ requestID: String) -> String {
        Data((requestID + requestID).utf8.prefix(56)).base64EncodedString()
    }
}
