import DataPlane
import Execution
import Foundation
import FrontDoor
import IAM
import Lambda
import Logging
import Logs
import NIOCore
import NIOPosix
import Outbound
import Persistence
import S3
import SNS
import SQS
import STS
import Sandbox
import SandboxLinux
import ServiceKit
import ServiceLifecycle
import UnixSignals

/// The composition root: makes everything, connects it, and runs it until it is told to stop.
enum Platform {
    /// The account of keys that name none.
    static let defaultAccount = "000000000000"

    static func run(_ settings: Settings, on ground: Ground, since began: ContinuousClock.Instant) async throws {
        Allocator.tune()
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = settings.logLevel
            return handler
        }
        let logger = Logger(label: "martlet")
        // Signatures and sessions keep real time; everything else goes by a clock that can be moved.
        let time = MovableTime()
        let durability = settings.ephemeral ? .relaxed : settings.durability

        // State.
        let folder = try DataFolder(path: ground.folder)
        let database = try Databases.open(
            url: settings.database, folder: folder, durability: durability, ephemeral: settings.ephemeral)
        try await database.migrate(
            JobMigrations.all + ClockStore.migrations + LambdaService.migrations + LogsMigrations.all
                + IAMMigrations.all + S3Migrations.all + SNSMigrations.all + SQSService.migrations)
        let group = EventLoops.make()
        let loops = group.makeIterator().map { LoopExecutor($0) }
        let jobs = JobQueue(database: database, time: time, executors: loops)
        let clock = PlatformClock(time: time, jobs: jobs, store: ClockStore(database: database))
        try await clock.restore()
        let blobs = try FileBlobStore(folder: folder.blobs, durability: durability)
        let keys =
            settings.database == nil ? try InstallationKeys.load(folder) : try await InstallationKeys.load(database)

        // Identity.
        let sessions = SessionCredentialIssuer(master: keys.master, time: SystemTime())
        let credentials = CredentialDirectory(
            root: RootKeys(id: keys.root.id, secret: keys.root.secret, account: defaultAccount), sessions: sessions)
        let iam = IAMService(database: database, time: time)
        let sts = STSService(roles: iam, sessions: sessions, credentials: credentials, time: time)
        let authorizer: any Authorizer = settings.authentication == .iam ? RootOnlyAuthorizer() : OpenAuthorizer()

        let calls = InProcessCaller()

        // The data plane.
        let sandboxes = LinuxSandboxProvider(launcher: ground.launcher, dataFolder: ground.folder)
        let logs = LogsService(database: database, folder: folder.logs, durability: durability, time: time)
        let endpoint = SandboxEndpoint()
        let security = try TransportSecurity(settings, on: ground)
        let trust = try security.trustInSandboxes(ground)
        var dataPlaneConfiguration = DataPlaneConfiguration()
        dataPlaneConfiguration.network = SandboxConfiguration.Network(rawValue: settings.functionNetwork) ?? .internet
        dataPlaneConfiguration.stems = settings.stemLimits
        dataPlaneConfiguration.accountConcurrency = settings.accountConcurrency
        dataPlaneConfiguration.memoryAdmission = settings.memoryAdmission
        let dataPlane = DataPlane(
            services: EnvironmentServices(
                sandboxes: sandboxes, runtimes: HostRuntimes(ground.runtimes, trust: trust),
                credentials: sessions, roles: iam, logs: logs,
                endpoint: endpoint, time: time),
            configuration: dataPlaneConfiguration, group: group, logger: logger)
        let lambda = try LambdaService(
            configuration: LambdaConfiguration(
                dataFolder: ground.folder, requiresExistingRole: settings.authentication == .iam,
                isDurable: durability == .full,
                acceptsDeprecatedRuntimes: true, concurrentExecutions: settings.accountConcurrency,
                localCodeFolders: ground.localCodeFolders),
            database: database, blobs: blobs, time: time, invoker: dataPlane, concurrency: dataPlane, roles: iam,
            sources: CalledEventSources(calls), calls: calls, executors: loops,
            objects: CalledObjectReader(calls), secrets: SecretBox(keys.master, purpose: "lambda/environment"),
            jobs: jobs,
            deliveries: CallDelivery(calls))

        // What events come from and go to.
        let sqs = SQSService(database: database, jobs: jobs, time: time)

        let outbound = HTTPClientSender(eventLoopGroup: group)
        let sns = SNSService(
            configuration: .init(
                origin: settings.origin, mailSender: settings.mailFrom,
                allowsPrivateEndpoints: settings.allowPrivateEndpoints), database: database,
            jobs: jobs,
            deliveries: CallDelivery(calls), http: outbound,
            mail: settings.smtpServer.map { SMTPSender($0, eventLoopGroup: group) }, logs: logs,
            secrets: SecretBox(keys.master, purpose: "sns/signing"), time: time)

        let s3 = S3Service(
            database: database, folder: ground.objects ?? folder.objects, durability: durability, jobs: jobs,
            deliveries: CallDelivery(calls), permissions: lambda,
            secrets: SecretBox(keys.master, purpose: "s3/objects"), time: time)
        try await s3.openFolder()

        // The way in.
        let services: [any AWSService] = [
            lambda, logs, iam, sts,
            sqs,
            sns,
            s3,
        ]
        let dispatcher = Dispatcher(services: services, authorizer: authorizer)
        calls.connect(dispatcher)
        let admin = Administration(
            settings: settings, ground: ground, services: services, database: database, dataPlane: dataPlane,
            lambda: lambda, sns: sns, security: security, clock: clock)
        let ready = ReadyLine(settings: settings, ground: ground, security: security, began: began, rootKey: keys.root)
        let door = FrontDoor(
            configuration: settings.frontDoor(security), dispatcher: dispatcher, credentials: credentials,
            admin: admin.routes,
            invocations: PlainInvocations(
                lambda: lambda, dataPlane: dataPlane, credentials: credentials, defaultAccount: defaultAccount),
            functionURLs: lambda, buckets: s3, logger: logger, eventLoopGroup: group, onReady: ready.print)
        do {
            endpoint.connect(door, port: try await door.bind(), tls: security.sandboxContext)
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            throw SettingsError(
                "\(settings.host):\(settings.port) cannot be listened on: \(reason). Choose another port with --port.")
        }

        // Run until told to stop; what is last here stops first.
        let serviceGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: BackgroundWork($0)) } + [
                    .init(service: EnvironmentKeeper(dataPlane: dataPlane, sandboxes: sandboxes)),
                    .init(service: JobKeeper(jobs: jobs)),
                    .init(service: EventSourceKeeper(lambda: lambda)),
                    .init(service: door),
                    .init(service: PollKeeper(sqs: sqs)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "martlet.lifecycle")))
        try await serviceGroup.run()
        await outbound.close()
        try await database.close()
        if settings.ephemeral { try? FileManager.default.removeItem(atPath: ground.namedFolder) }
    }
}
