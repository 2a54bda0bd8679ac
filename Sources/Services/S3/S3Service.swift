import Logging
public import Persistence
public import ServiceKit
import ServiceModel

/// Amazon Simple Storage Service.
///
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>.
public final class S3Service: S3API {
    let database: any Database
    let jobs: JobQueue
    let deliveries: any EventDelivery
    let permissions: (any FunctionPermissions)?
    let time: any TimeSource
    let catalog: BucketCatalog
    let folder: SegmentFolder
    let cipher: ObjectCipher
    let receiver: BodyReceiver
    let clock = SequenceClock()
    let lifecycle: LifecycleWorker
    let restorations: RestorationWorker
    let logger = Logger(label: "martlet.s3")

    /// - Parameters:
    ///   - database: already migrated with ``S3Migrations``.
    ///   - folder: where the data of larger objects go; made when it is needed. All processes that share the database share it.
    ///   - durability: `full`: an object is on disk when it is answered.
    ///   - jobs: where events wait, and what the clock does.
    ///   - deliveries: how events reach queues, topics, functions and buses.
    ///   - permissions: asks functions whether they may be told; nil: none may.
    ///   - secrets: encrypt objects, and the keys of their segments.
    ///   - time: what timestamps and lifecycles go by.
    public init(
        database: any Database, folder: String, durability: Durability, jobs: JobQueue, deliveries: any EventDelivery,
        permissions: (any FunctionPermissions)? = nil, secrets: SecretBox, time: any TimeSource
    ) {
        self.database = database
        self.jobs = jobs
        self.deliveries = deliveries
        self.permissions = permissions
        self.time = time
        catalog = BucketCatalog(database: database)
        self.folder = SegmentFolder(path: folder, durability: durability, isShared: database.engine == .postgres)
        cipher = ObjectCipher(secrets: secrets)
        receiver = BodyReceiver(folder: self.folder, cipher: cipher)
        lifecycle = LifecycleWorker(logger: logger)
        restorations = RestorationWorker(logger: logger)
        lifecycle.connect(self)
        restorations.connect(self)
        jobs.register(restorations, for: RestorationJob.kind)
        jobs.register(
            NotificationWorker(database: database, deliveries: deliveries, time: time, logger: logger),
            for: NotificationJob.kind)
        jobs.register(lifecycle, for: LifecycleWorker.kind)
        jobs.register(
            EndedUploads(database: database, folder: self.folder, time: time, logger: logger), for: EndedUploads.kind)
    }

    /// Makes sure of the folder: that it belongs to the database, and the database to it. If it does not, objects that are in files,
    /// or would be, are refused. To be called before the first request.
    /// - Throws: ``DatabaseError`` if it can't be read or written.
    public func openFolder() async throws {
        try await FolderClaim(database: database, folder: folder, logger: logger).make()
    }

    /// Removes what a crash has left of bodies that no object names, then what is not named any more, until cancelled.
    public func run() async throws {
        let collector = SegmentCollector(database: database, folder: folder, logger: logger)
        await collector.removeOrphans(now: time.now)
        var round = 0
        while true {
            try await Task.sleep(for: .seconds(10))
            await collector.collect(now: time.now)
            if round % 360 == 0 {
                // Where there are other nodes, theirs are found some time after they were killed.
                if folder.isShared { await collector.removeOrphans(now: time.now) }
                await collector.forgetCompletedUploads(before: time.now.advanced(by: .seconds(-86_400)))
            }
            round += 1
        }
    }

    public func reset() async throws {
        catalog.forgetAll()
        try await folder.removeAll()
        try await openFolder()
    }

    // MARK: Buckets

    /// The bucket that a call names, if the caller may do to it what it asks for.
    /// `action`: as policies name it, such as `s3:GetObject`.
    /// `key`: the object that it is about; nil: the bucket itself.
    func open(_ name: String, _ call: Call, _ action: String, key: String? = nil) async throws -> BucketRecord {
        var found = catalog.known(name)
        if found == nil { found = try await find(name) }
        guard let bucket = found else { throw AWSError.noSuchBucket(name) }
        try checkOwner(call, bucket)
        try access(bucket, call).require(action, key: key)
        return bucket
    }

    func access(_ bucket: BucketRecord, _ call: Call) -> BucketAccess {
        BucketAccess(bucket: bucket, call: call, now: time.now)
    }

    /// Checks whom the caller takes for the bucket's owner.
    func checkOwner(_ call: Call, _ bucket: BucketRecord) throws {
        guard let expected = call.input["ExpectedBucketOwner"]?.stringValue, expected != bucket.account else { return }
        guard AccountID.isValid(expected) else {
            throw AWSError.s3(
                "InvalidBucketOwnerAWSAccountID", 400,
                "The value of the expected bucket owner parameter must be an AWS Account ID... [\(expected)]")
        }
        throw AWSError.s3AccessDenied
    }

    func find(_ name: String) async throws -> BucketRecord? {
        guard BucketName.isValid(name) else {
            throw AWSError.s3("InvalidBucketName", 400, "The specified bucket is not valid.", ["BucketName": name])
        }
        return try await catalog.bucket(name)
    }

    /// Changes objects of a bucket in one transaction, which is made again with the bucket as it is by then if it was changed meanwhile.
    func change<T: Sendable>(
        _ bucket: BucketRecord, _ context: EventContext, _ body: @escaping @Sendable (S3Transaction) throws -> T
    ) async throws -> T {
        var bucket = bucket
        try await clock.reserve(database)
        for _ in 0..<8 {
            do {
                let current = bucket
                return try await jobs.write { [time, clock, folder] jobs in
                    try body(
                        S3Transaction(
                            jobs: jobs, folder: folder, bucket: current, now: time.now, clock: clock, context: context))
                }
            } catch is StaleBucket {
                catalog.forget(bucket.name)
                guard let found = try await catalog.bucket(bucket.name), found.id == bucket.id else {
                    throw AWSError.noSuchBucket(bucket.name)
                }
                bucket = found
            }
        }
        throw AWSError.operationAborted
    }

    /// Changes a bucket's settings.
    /// `body`: is given the bucket as it is, and gives its settings as they shall be; may run more than once.
    /// `more`: what is to happen with it, or not at all.
    func configure(
        _ bucket: BucketRecord,
        _ body: @escaping @Sendable (BucketRecord, inout [String: WireValue]) throws -> Void,
        with more: @escaping @Sendable (JobTransaction) throws -> Void = { _ in }
    ) async throws {
        defer { catalog.forget(bucket.name) }
        try await clock.reserve(database)
        let version = clock.next()
        try await jobs.write { transaction in
            let rows = BucketRows(connection: transaction.connection)
            guard let current = try rows.bucket(id: bucket.id) else { throw AWSError.noSuchBucket(bucket.name) }
            var settings = current.settings
            try body(current, &settings)
            try rows.update(current.id, settings: settings, version: max(version, current.version + 1))
            try more(transaction)
        }
    }

    func set(_ setting: String, _ value: WireValue?, of bucket: BucketRecord) async throws {
        try await configure(bucket) { _, settings in settings[setting] = value }
    }
}
