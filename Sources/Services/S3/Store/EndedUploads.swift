import Logging
import Persistence
import ServiceKit
import ServiceModel

/// Removes the parts of uploads that were ended, some in each transaction: others write in between.
struct EndedUploads: JobWorker {
    static let kind = "s3.ended"
    /// Parts that are removed in one transaction.
    static let slice = 250

    let database: any Database
    let folder: SegmentFolder
    let time: any TimeSource
    let logger: Logger

    static func job(due: Timestamp) -> NewJob { NewJob(kind: kind, lane: "", due: due, payload: []) }

    func window(_ lane: JobLane) -> Int { 1 }

    /// Removes the first parts of an upload, and with the last the upload.
    /// - Returns: whether it is gone.
    static func removeParts(
        of upload: Int64, now: Timestamp, _ folder: SegmentFolder, _ connection: any SQLConnection
    ) throws -> Bool {
        let uploads = UploadRows(connection: connection)
        let parts = try uploads.parts(upload, after: 0, limit: slice)
        try SegmentRows(connection: connection, folder: folder).unlink(parts.map(\.manifest), at: now)
        if parts.count == slice, let last = parts.last {
            try uploads.removeParts(upload, upTo: last.number)
            return false
        }
        try uploads.delete(upload)
        return true
    }

    func run(_ job: Job) async -> JobOutcome {
        do {
            var hasMore = true
            while hasMore {
                let now = time.now
                hasMore = try await database.write { [folder] connection in
                    guard let upload = try UploadRows(connection: connection).firstEnded() else { return false }
                    _ = try Self.removeParts(of: upload, now: now, folder, connection)
                    return true
                }
            }
            return .done
        } catch {
            logger.error("The parts of uploads that were ended can't be removed.", metadata: ["error": "\(error)"])
            return .retry(at: time.now.advanced(by: .seconds(60)))
        }
    }
}
