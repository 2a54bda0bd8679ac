public import ServiceKit

/// Reserved concurrency: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
extension LambdaService {
    public func putFunctionConcurrency(_ input: PutFunctionConcurrencyRequest, _ call: Call) async throws -> Concurrency
    {
        let key = try Self.reservable(input.functionName, call)
        let executions = input.reservedConcurrentExecutions
        let limit = configuration.concurrentExecutions
        return try await change(key) {
            try await self.store.write { transaction in
                guard try transaction.exists(key) else { throw LambdaFailures.functionNotFound(key.arn) }
                let provisioned = try transaction.provisioned(key).reduce(0) { $0 + $1.requested }
                try transaction.concurrencyQuota(for: key, limit: limit)
                    .checkReservation(executions, provisioned: provisioned)
                try transaction.setReservedConcurrency(key, executions)
            }
            try await self.reload(key)
            return Concurrency(reservedConcurrentExecutions: executions)
        }
    }

    public func getFunctionConcurrency(_ input: GetFunctionConcurrencyRequest, _ call: Call) async throws
        -> GetFunctionConcurrencyResponse
    {
        let key = try Self.reservable(input.functionName, call)
        return try await store.read { transaction in
            guard try transaction.exists(key) else { throw LambdaFailures.functionNotFound(key.arn) }
            return GetFunctionConcurrencyResponse(
                reservedConcurrentExecutions: try transaction.reservedConcurrency(key))
        }
    }

    public func deleteFunctionConcurrency(_ input: DeleteFunctionConcurrencyRequest, _ call: Call) async throws {
        let key = try Self.reservable(input.functionName, call)
        try await change(key) {
            try await self.store.write { transaction in
                guard try transaction.exists(key) else { throw LambdaFailures.functionNotFound(key.arn) }
                try transaction.setReservedConcurrency(key, nil)
            }
            try await self.reload(key)
        }
    }

    private static func reservable(_ name: String, _ call: Call) throws -> FunctionKey {
        let target = try FunctionTarget(name, in: call)
        guard target.qualifier == nil else {
            throw LambdaFailures.invalidParameter(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                    + "operation. Please specify either a function name or an unqualified function ARN.")
        }
        return target.key
    }

    public func getAccountSettings(_ input: GetAccountSettingsRequest, _ call: Call) async throws
        -> GetAccountSettingsResponse
    {
        let (account, region) = (call.account, call.region)
        let limit = configuration.concurrentExecutions
        return try await store.read { transaction in
            let usage = try transaction.usage(account: account, region: region)
            let reserved = try transaction.reservedConcurrency(account: account, region: region)
            return GetAccountSettingsResponse(
                accountLimit: AccountLimit(
                    totalCodeSize: LambdaLimits.codeStorage, codeSizeUnzipped: LambdaLimits.unzippedPackage,
                    codeSizeZipped: Int64(LambdaLimits.zippedPackage), concurrentExecutions: limit,
                    unreservedConcurrentExecutions: max(0, limit - reserved)),
                accountUsage: AccountUsage(totalCodeSize: usage.codeBytes, functionCount: usage.functions))
        }
    }
}
