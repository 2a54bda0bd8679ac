import ServiceKit

/// The storage classes that an object can have. All are kept in the same place here; their names are kept, and what is archived has to be
/// restored before it is read, as on AWS.
enum StorageClass {
    static let standard = "STANDARD"
    private static let known: Set<String> = [
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
        "GLACIER_IR",
    ]
    /// From the warmest on; a transition goes down.
    static let archived: Set<String> = ["GLACIER", "DEEP_ARCHIVE"]

    /// The class as a row keeps it: nil for STANDARD.
    static func stored(_ name: String?) throws -> String? {
        guard let name else { return nil }
        guard known.contains(name) else {
            throw AWSError.s3(
                "InvalidStorageClass", 400, "The storage class you specified is not valid",
                ["StorageClassRequested": name])
        }
        return name == standard ? nil : name
    }
}
