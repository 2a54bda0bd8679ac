/// What an account's functions may have reserved and provisioned, beside what one of them asks for.
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
struct ConcurrencyQuota: Sendable, Hashable {
    /// The account's limit in the region.
    var limit: Int
    /// Reserved for the account's other functions.
    var reserved: Int
    /// Provisioned for those other functions that have nothing reserved.
    var provisioned: Int

    /// What stays with functions that have nothing reserved: 100, or all of a smaller limit.
    var minimum: Int { min(100, limit) }

    /// What the function could have.
    private var available: Int { limit - reserved - provisioned }

    /// Whether so much may be reserved for a function with so much provisioned.
    /// - Throws: AWS's errors.
    func checkReservation(_ executions: Int, provisioned own: Int) throws {
        guard executions >= own else {
            throw LambdaFailures.invalidParameter(
                "ReservedConcurrentExecutions  \(executions) should not be lower than function's total provisioned "
                    + "concurrency [\(own)].")
        }
        guard executions == 0 || available - executions >= minimum else {
            throw LambdaFailures.invalidParameter(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                    + "below its minimum value of [\(minimum)].", typed: false)
        }
    }

    /// Whether so much may be provisioned for a qualifier of a function.
    /// - Parameters:
    ///   - executions: what is asked for.
    ///   - others: provisioned for the function's other qualifiers.
    ///   - own: reserved for the function.
    /// - Throws: AWS's errors.
    func checkProvision(_ executions: Int, others: Int, reserved own: Int?) throws {
        if let own {
            guard executions + others <= own else {
                throw LambdaFailures.invalidParameter(
                    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
                        + "for function")
            }
            return
        }
        let free = available - others
        guard executions <= free else {
            throw LambdaFailures.invalidParameter(
                "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
                    + "[\(max(0, free))].")
        }
        guard free - executions >= minimum else {
            throw LambdaFailures.invalidParameter(
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
                    + "its minimum value of [\(minimum)].")
        }
    }
}
