import Execution
import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport

@testable import Lambda

/// A service over a database and a folder of its own, with doubles for what it calls.
struct LambdaFixture: Sendable {
    static let account = "111111111111"
    static let region = "us-east-1"
    static let role = "arn:aws:iam::111111111111:role/lambda"

    let service: LambdaService
    let invoker: RecordingInvoker
    let concurrency: RecordingConcurrency
    let roles: RoleTable
    let sources = SourceTable()
    let objects = ObjectTable()
    let queues: QueueDouble
    let time: VirtualTime
    let jobs: JobQueue
    let deliveries: RecordingDelivery
    let blobs: MemoryBlobs
    let database: any Database
    let folder: String
    let secrets: SecretBox

    static func with(
        _ engine: SQLEngine, settling: Duration = .zero, requiresRole: Bool = false,
        _ body: (LambdaFixture) async throws -> Void
    ) async throws {
        try await TestDatabase.with(engine, JobMigrations.all + LambdaService.migrations) { database in
            try await TemporaryFolder.with { folder in
                let secrets = SecretBox(MasterKey(), purpose: "lambda/environment")
                let fixture = try LambdaFixture(
                    database, folder: folder, secrets: secrets, settling: settling, requiresRole: requiresRole)
                try await body(fixture)
            }
        }
    }

    init(
        _ database: any Database, folder: String, secrets: SecretBox, settling: Duration = .zero,
        requiresRole: Bool = false, blobs: MemoryBlobs = MemoryBlobs(), queues: QueueDouble? = nil,
        time: VirtualTime = VirtualTime()
    ) throws {
        self.database = database
        self.folder = folder
        self.secrets = secrets
        self.blobs = blobs
        invoker = RecordingInvoker()
        concurrency = RecordingConcurrency()
        roles = RoleTable()
        self.time = time
        self.queues = queues ?? QueueDouble(time: time)
        let calls = InProcessCaller()
        calls.connect(Dispatcher(services: [self.queues], authorizer: OpenAuthorizer()))
        jobs = JobQueue(database: database, time: time)
        deliveries = RecordingDelivery()
        service = try LambdaService(
            configuration: LambdaConfiguration(
                dataFolder: folder, requiresExistingRole: requiresRole, isDurable: false, settlingTime: settling,
                codeGrace: .zero),
            database: database, blobs: blobs, time: time, invoker: invoker, concurrency: concurrency, roles: roles,
            sources: sources, calls: calls, objects: objects, secrets: secrets, jobs: jobs, deliveries: deliveries,
            signatureTime: time)
    }

    /// The same installation after a restart.
    func restarted() throws -> LambdaFixture {
        try LambdaFixture(database, folder: folder, secrets: secrets, blobs: blobs, queues: queues, time: time)
    }

    func call(_ operation: String, account: String = LambdaFixture.account) -> Call {
        Call(
            service: "lambda", operation: operation, input: .structure([:]), principal: .root(account: account),
            account: account, region: Self.region, requestID: "8a1f5a51-1111-4222-8333-444455556666",
            endpoint: "http://localhost:4566")
    }

    static func package(_ text: String = "def handler(event, context): pass") -> [UInt8] {
        ZipBuilder(ZipBuilder.Entry("index.py", text)).bytes
    }

    @discardableResult
    func create(
        _ name: String = "f", code: String = "1", account: String = LambdaFixture.account,
        _ change: (inout CreateFunctionRequest) -> Void = { _ in }
    ) async throws -> FunctionConfiguration {
        var input = CreateFunctionRequest(
            functionName: name, role: Self.role, code: FunctionCode(zipFile: Self.package(code)),
            runtime: "python3.12", handler: "index.handler")
        change(&input)
        return try await service.createFunction(input, call("CreateFunction", account: account))
    }

    func get(_ name: String = "f", _ qualifier: String? = nil) async throws -> FunctionConfiguration {
        try await service.getFunctionConfiguration(
            GetFunctionConfigurationRequest(functionName: name, qualifier: qualifier), call("GetFunctionConfiguration"))
    }

    @discardableResult
    func configure(
        _ name: String = "f", _ change: (inout UpdateFunctionConfigurationRequest) -> Void
    ) async throws -> FunctionConfiguration {
        var input = UpdateFunctionConfigurationRequest(functionName: name)
        change(&input)
        return try await service.updateFunctionConfiguration(input, call("UpdateFunctionConfiguration"))
    }

    @discardableResult
    func updateCode(
        _ name: String = "f", code: String, _ change: (inout UpdateFunctionCodeRequest) -> Void = { _ in }
    ) async throws -> FunctionConfiguration {
        var input = UpdateFunctionCodeRequest(functionName: name, zipFile: Self.package(code))
        change(&input)
        return try await service.updateFunctionCode(input, call("UpdateFunctionCode"))
    }

    @discardableResult
    func publish(_ name: String = "f", description: String? = nil) async throws -> FunctionConfiguration {
        try await service.publishVersion(
            PublishVersionRequest(functionName: name, description: description), call("PublishVersion"))
    }

    @discardableResult
    func alias(
        _ alias: String, _ version: String, _ weights: [String: Double]? = nil, function: String = "f"
    ) async throws -> AliasConfiguration {
        try await service.createAlias(
            CreateAliasRequest(
                functionName: function, name: alias, functionVersion: version,
                routingConfig: weights.map { AliasRoutingConfiguration(additionalVersionWeights: $0) }),
            call("CreateAlias"))
    }

    @discardableResult
    func invoke(
        _ name: String = "f", _ qualifier: String? = nil, _ change: (inout Lambda.InvocationRequest) -> Void = { _ in }
    ) async throws -> InvocationResponse {
        var input = Lambda.InvocationRequest(functionName: name, payload: Array("{}".utf8), qualifier: qualifier)
        change(&input)
        return try await service.invoke(input, call("Invoke"))
    }

    func delete(_ name: String = "f", _ qualifier: String? = nil) async throws {
        _ = try await service.deleteFunction(
            DeleteFunctionRequest(functionName: name, qualifier: qualifier), call("DeleteFunction"))
    }

    func arn(_ rest: String) -> String { "arn:aws:lambda:us-east-1:111111111111:function:\(rest)" }
}
