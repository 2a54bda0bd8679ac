import ServiceModel

extension Timestamp {
    /// As Lambda writes `LastModified`: `2025-11-25T02:38:24.123+0000`.
    var lambdaText: String { rfc3339.dropLast() + "+0000" }

    /// As presigned URLs carry it: `20251125T023824Z`.
    var basicText: String { rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z" }
}
