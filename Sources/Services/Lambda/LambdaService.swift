public import Execution
import Foundation
import Logging
public import Persistence
public import ServiceKit
import ServiceModel

/// AWS Lambda's control plane and the way to invoke a function.
public final class LambdaService: LambdaAPI {
    /// The schema of the service's tables; the composition root applies it before anything is called.
    public static let migrations: [Migration] = LambdaMigrations.all

    let configuration: LambdaConfiguration
    let store: LambdaStore
    let packages: PackageStore
    let layerFolders: LayerFolders
    let localCode: LocalCode
    let time: any TimeSource
    let invoker: any FunctionInvoker
    let roles: any RoleDirectory
    let catalog: FunctionCatalog
    let urlIndex: FunctionURLIndex
    /// nil: nothing limits functions, and nothing is provisioned.
    let concurrency: (any ConcurrencyControl)?
    let provisioning: ProvisioningFunctions
    let settling: SettlingFunctions
    let sources: any EventSourceDirectory
    let objects: any ObjectReader
    let changingMappings: ChangingMappings
    let collector: PackageCollector
    let deliveries: any EventDelivery
    let events: EventQueue
    let runner: EventRunner
    let engine: EventSourceEngine
    private let asyncMetrics: AsyncMetrics
    private let mappingMetrics: MappingMetrics
    /// Changes of one function are made one at a time.
    let changes = KeyedLock<FunctionKey>()
    let downloads: CodeDownloadTokens
    let logger = Logger(label: "martlet.lambda")

    /// The secrets encrypt functions' environment variables in the database; the roles are execution roles; the sources are
    /// what event source mappings poll, by the calls, on the executors in turn; the objects may be packages of code. Events wait in the
    /// jobs, and what becomes of them is delivered where functions want it. Only URLs for downloads go by `signatureTime`, which nobody
    /// moves.
    /// - Throws: if the folder for packages cannot be made.
    public init(
        configuration: LambdaConfiguration, database: any Database, blobs: any BlobStore, time: any TimeSource,
        invoker: any FunctionInvoker, concurrency: (any ConcurrencyControl)? = nil, roles: any RoleDirectory,
        sources: any EventSourceDirectory = NoEventSources(), calls: InProcessCaller = InProcessCaller(),
        executors: [any TaskExecutor] = [], objects: any ObjectReader = NoObjects(),
        secrets: SecretBox, jobs: JobQueue, deliveries: any EventDelivery, signatureTime: any TimeSource = SystemTime()
    ) throws {
        self.configuration = configuration
        store = LambdaStore(database: database, secrets: secrets)
        packages = try PackageStore(
            folder: "\(configuration.dataFolder)/code", blobs: blobs, isDurable: configuration.isDurable)
        layerFolders = try LayerFolders(folder: "\(configuration.dataFolder)/layers", packages: packages)
        localCode = LocalCode(
            LocalCodeRules(allowed: configuration.localCodeFolders, dataFolder: configuration.dataFolder))
        self.time = time
        downloads = CodeDownloadTokens(time: signatureTime)
        self.invoker = invoker
        self.concurrency = concurrency
        self.roles = roles
        let urls = FunctionURLIndex()
        urlIndex = urls
        mappingMetrics = MappingMetrics(time: time)
        let engine = EventSourceEngine(
            host: EventSourceHost(
                calls: calls, invoker: invoker, time: time, metrics: mappingMetrics, executors: executors),
            drivers: [QueueDriver()])
        self.engine = engine
        catalog = FunctionCatalog { key, function in
            urls.note(key, function)
            engine.functionChanged(key)
            concurrency?.reserve(FunctionName(key), executions: function?.reservedConcurrency)
        }
        provisioning = ProvisioningFunctions(time: configuration.settlingTime)
        settling = SettlingFunctions(time: configuration.settlingTime)
        self.sources = sources
        self.objects = objects
        changingMappings = ChangingMappings(time: configuration.settlingTime)
        collector = PackageCollector(
            packages: packages, layers: layerFolders, store: store, grace: configuration.codeGrace)
        self.deliveries = deliveries
        asyncMetrics = AsyncMetrics(time: time)
        events = EventQueue(jobs: jobs, metrics: asyncMetrics)
        runner = EventRunner(invoker: invoker, time: time, metrics: asyncMetrics)
        runner.connect(self)
        engine.host.connect(self)
        jobs.register(runner, for: EventQueue.kind)
        jobs.register(
            EventDeliverer(deliveries: deliveries, time: time, metrics: asyncMetrics), for: EventDeliveryJob.kind)
    }

    /// The metrics of asynchronous invocations and of event source mappings.
    public var metrics: any MetricSource { JoinedMetrics(sources: [asyncMetrics, mappingMetrics]) }

    /// Polls the sources of event source mappings until the task is cancelled, and a moment longer for what is under way.
    public func pollEventSources() async { await engine.run() }

    /// Fills the catalogue of functions, then collects packages that nothing refers to. Invocations work before it is
    /// done.
    public func run() async throws {
        do {
            try await fillCatalog()
            try await collector.sweep()
            try await finishDeletions()
        } catch let error where !(error is CancellationError) {
            logger.error("The functions could not be read ahead.", metadata: ["error": "\(error)"])
        }
        while true {
            try await Task.sleep(for: .seconds(30))
            await collector.collect(logger)
        }
    }

    /// Forgets what is kept outside the database, which the caller has emptied.
    public func reset() async throws {
        engine.reset()
        catalog.forget()
        changingMappings.forget()
        localCode.forget()
        asyncMetrics.reset()
        mappingMetrics.reset()
        runner.reset()
        for key in provisioning.forget() { concurrency?.provision(FunctionName(key), []) }
        for digest in packages.digests.union(layerFolders.digests) { try await collector.forget(digest) }
    }

    private func fillCatalog() async throws {
        var last: FunctionKey?
        let page = 500
        while true {
            let after = last
            let functions = try await store.read { try $0.everyFunction(after: after, limit: page) }
            catalog.fill(functions)
            for function in functions where !function.provisioned.isEmpty { try await provisionAgain(function.key) }
            guard functions.count == page, let end = functions.last else { break }
            last = end.key
        }
        catalog.complete()
    }

    /// Puts what a change made of a function into the catalogue.
    func reload(_ key: FunctionKey) async throws {
        let function = try await store.read { try $0.function(key) }
        catalog.install(key, function)
        await provision(key, function)
    }

    /// Makes the provisioned environments of a function that was there before this process.
    private func provisionAgain(_ key: FunctionKey) async throws {
        try await changes.withLock(key) {
            let function = try await self.store.read { try $0.function(key) }
            await self.provision(key, function)
        }
    }

    /// Runs a change of a function to its end, even if its caller gives up, and alone.
    func change<T: Sendable>(_ key: FunctionKey, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
        try await Task {
            try await self.changes.withLock(key) {
                do {
                    return try await body()
                } catch {
                    self.catalog.doubt(key)
                    throw error
                }
            }
        }.value
    }

    /// A new random id, a UUID in lower case.
    func newID() -> String { UUID().uuidString.lowercased() }
}
