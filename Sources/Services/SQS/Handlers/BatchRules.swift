import ServiceKit

/// What all batches have in common.
enum BatchRules {
    /// - Parameters:
    ///   - ids: of the entries, in order.
    ///   - entry: the name of an entry's shape.
    /// - Throws: AWS's errors, which concern the whole batch.
    static func check(_ ids: [String], entry: String) throws(AWSError) {
        if ids.isEmpty { throw SQSError.emptyBatchRequest("There should be at least one \(entry) in the request.") }
        if ids.count > SQSLimits.batchEntries {
            throw SQSError.tooManyEntriesInBatchRequest(
                "Maximum number of entries per request are \(SQSLimits.batchEntries). You have sent \(ids.count).")
        }
        for id in ids {
            let isPlain = id.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            guard isPlain, (1...80).contains(id.utf8.count) else {
                throw SQSError.invalidBatchEntryId(
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
                )
            }
        }
        for (index, id) in ids.enumerated() where ids[..<index].contains(id) {
            throw SQSError.batchEntryIdsNotDistinct("Id \(id) repeated.")
        }
    }

    /// The error of one entry.
    static func failure(_ id: String, _ error: AWSError) -> BatchResultErrorEntry {
        BatchResultErrorEntry(
            id: id, senderFault: error.fault == .client, code: error.code, message: error.message)
    }
}
