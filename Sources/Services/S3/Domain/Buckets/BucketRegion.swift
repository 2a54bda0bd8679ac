import ServiceKit

/// Where a bucket may be, by what its creator says and which region was asked.
enum BucketRegion {
    private static let known: Set<String> = [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
        "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
        "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1",
        "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1",
        "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1",
        "us-gov-west-1", "us-west-1", "us-west-2",
    ]

    static func isKnown(_ name: String) -> Bool { known.contains(name) }

    /// - Returns: the bucket's region, and the constraint as it was given.
    static func read(_ constraint: String?, _ asked: String) throws -> (region: String, constraint: String?) {
        func incompatible(_ what: String) -> AWSError {
            .s3(
                "IllegalLocationConstraintException", 400,
                "The \(what) location constraint is incompatible for the region specific endpoint this request was sent to."
            )
        }
        guard let constraint, !constraint.isEmpty else {
            if asked == "us-east-1" || !isKnown(asked) { return (asked, nil) }
            throw incompatible("unspecified")
        }
        // The first of Europe's had a name of its own.
        let region = constraint == "EU" ? "eu-west-1" : constraint
        if asked == "us-east-1" {
            guard region != "us-east-1", isKnown(region) else {
                throw AWSError.s3(
                    "InvalidLocationConstraint", 400, "The specified location-constraint is not valid",
                    ["LocationConstraint": constraint])
            }
            return (region, constraint)
        }
        guard region == asked else { throw incompatible(constraint) }
        return (region, constraint)
    }
}
