public import ServiceKit
import ServiceModel

extension LambdaService {
    public func createFunctionUrlConfig(_ input: CreateFunctionUrlConfigRequest, _ call: Call) async throws
        -> CreateFunctionUrlConfigResponse
    {
        let target = try Self.urlTarget(input.functionName, input.qualifier, call)
        let now = time.now
        let url = FunctionURLRecord(
            key: target.key, qualifier: target.qualifier, id: FunctionURLRecord.newID(),
            requiresSignature: input.authType == "AWS_IAM", cors: input.cors.map(CrossOriginRules.init),
            invokeMode: input.invokeMode, created: now, lastModified: now)
        return try await change(target.key) {
            try await self.store.write { transaction in
                try Self.requireURLHolder(transaction, target)
                guard try transaction.url(target.key, target.qualifier) == nil else {
                    throw LambdaFailures.conflict(
                        "Failed to create function url config for [functionArn = \(url.arn)]. "
                            + "Error message:  FunctionUrlConfig exists for this Lambda function")
                }
                try transaction.save(url)
            }
            try await self.reload(target.key)
            return CreateFunctionUrlConfigResponse(
                functionUrl: url.address(call), functionArn: url.arn, authType: url.authType,
                creationTime: url.created.rfc3339, cors: url.cors.map(Cors.init), invokeMode: url.invokeMode)
        }
    }

    public func getFunctionUrlConfig(_ input: GetFunctionUrlConfigRequest, _ call: Call) async throws
        -> GetFunctionUrlConfigResponse
    {
        let target = try Self.urlTarget(input.functionName, input.qualifier, call)
        guard let url = try await store.read({ try $0.url(target.key, target.qualifier) }) else {
            throw LambdaFailures.resourceNotFound
        }
        return GetFunctionUrlConfigResponse(
            functionUrl: url.address(call), functionArn: url.arn, authType: url.authType,
            creationTime: url.created.rfc3339, lastModifiedTime: url.lastModified.rfc3339,
            cors: url.cors.map(Cors.init), invokeMode: url.invokeMode ?? "BUFFERED")
    }

    public func updateFunctionUrlConfig(_ input: UpdateFunctionUrlConfigRequest, _ call: Call) async throws
        -> UpdateFunctionUrlConfigResponse
    {
        let target = try Self.urlTarget(input.functionName, input.qualifier, call)
        let now = time.now
        return try await change(target.key) {
            let url = try await self.store.write { transaction in
                try Self.requireURLHolder(transaction, target)
                guard var url = try transaction.url(target.key, target.qualifier) else {
                    throw LambdaFailures.resourceNotFound
                }
                if let authType = input.authType { url.requiresSignature = authType == "AWS_IAM" }
                if let cors = input.cors { url.cors = CrossOriginRules(cors) }
                url.invokeMode = input.invokeMode ?? url.invokeMode
                url.lastModified = now
                try transaction.save(url)
                return url
            }
            try await self.reload(target.key)
            return UpdateFunctionUrlConfigResponse(
                functionUrl: url.address(call), functionArn: url.arn, authType: url.authType,
                creationTime: url.created.rfc3339, lastModifiedTime: url.lastModified.rfc3339,
                cors: url.cors.map(Cors.init), invokeMode: url.invokeMode)
        }
    }

    public func deleteFunctionUrlConfig(_ input: DeleteFunctionUrlConfigRequest, _ call: Call) async throws {
        let target = try Self.urlTarget(input.functionName, input.qualifier, call)
        try await change(target.key) {
            let existed = try await self.store.write { try $0.deleteURL(target.key, target.qualifier) }
            guard existed else { throw LambdaFailures.resourceNotFound }
            try await self.reload(target.key)
        }
    }

    public func listFunctionUrlConfigs(_ input: ListFunctionUrlConfigsRequest, _ call: Call) async throws
        -> ListFunctionUrlConfigsResponse
    {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 2)?[1]
        let urls = try await store.read { transaction in
            guard try transaction.exists(key) else { throw Self.urlHolderNotFound }
            return try transaction.urls(key, after: after, limit: size + 1)
        }
        let page = Page(found: urls, size: size, scope: call.operation) { [$0.key.name, $0.qualifier ?? ""] }
        return ListFunctionUrlConfigsResponse(
            functionUrlConfigs: page.items.map { url in
                FunctionUrlConfig(
                    functionUrl: url.address(call), functionArn: url.arn, creationTime: url.created.rfc3339,
                    lastModifiedTime: url.lastModified.rfc3339, authType: url.authType,
                    cors: url.cors.map(Cors.init), invokeMode: url.invokeMode ?? "BUFFERED")
            },
            nextMarker: page.next)
    }

    /// What an operation on a URL is about: a function or an alias, no version. The model says so of `Qualifier`; a qualifier in the
    /// name is held to the same.
    private static func urlTarget(_ name: String, _ qualifier: String?, _ call: Call) throws -> FunctionTarget {
        let target = try FunctionTarget(name, qualifier: qualifier, in: call)
        if let qualifier = target.qualifier,
            qualifier.contains("$") || FunctionReference.isVersionNumber(qualifier)
        {
            throw LambdaFailures.constraint(
                value: qualifier, member: "qualifier",
                #"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)"#)
        }
        return target
    }

    private static func requireURLHolder(_ transaction: LambdaTransaction, _ target: FunctionTarget) throws {
        let exists =
            try target.qualifier.map { try transaction.alias(target.key, $0) != nil }
            ?? transaction.exists(target.key)
        guard exists else { throw urlHolderNotFound }
    }

    private static let urlHolderNotFound = LambdaFailures.notFound("Function does not exist")
}

extension FunctionURLRecord {
    /// Where the caller finds the URL.
    func address(_ call: Call) -> String {
        FunctionURLAddress.text(id: id, region: key.region, endpoint: call.endpoint)
    }
}

extension CrossOriginRules {
    init(_ cors: Cors) {
        self.init(
            allowCredentials: cors.allowCredentials, allowHeaders: cors.allowHeaders, allowMethods: cors.allowMethods,
            allowOrigins: cors.allowOrigins, exposeHeaders: cors.exposeHeaders, maxAge: cors.maxAge)
    }
}

extension Cors {
    init(_ rules: CrossOriginRules) {
        self.init(
            allowCredentials: rules.allowCredentials, allowHeaders: rules.allowHeaders,
            allowMethods: rules.allowMethods, allowOrigins: rules.allowOrigins, exposeHeaders: rules.exposeHeaders,
            maxAge: rules.maxAge)
    }
}
