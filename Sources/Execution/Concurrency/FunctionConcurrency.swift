/// What one function, with all its versions, may run at the same time, and what it runs. Follows
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html.
///
/// On-demand invocations are limited by what the function's reserved concurrency leaves beside its provisioned one, or, where it
/// has none reserved, by what all such functions of the account share. Invocations in provisioned environments were counted when the
/// environments were asked for, and are not limited again.
///
/// The ``ConcurrencyBooks`` that it belongs to, and their owner, guard it.
@usableFromInline
final class FunctionConcurrency: @unchecked Sendable {
    let name: FunctionName
    @usableFromInline let account: AccountConcurrency
    /// nil: it shares the account's unreserved concurrency.
    private(set) var reserved: Int?
    /// By qualifier.
    private(set) var provisioned: [String: ProvisionedUse] = [:]
    /// Provisioned for all qualifiers together.
    private(set) var claimed = 0
    /// How fast it gets new environments.
    var rate = ScalingRate()

    /// Invocations, of any kind, and the most since ``AccountConcurrency`` and this were last asked.
    @usableFromInline var running = 0
    @usableFromInline var peak = 0
    @usableFromInline var onDemand = 0
    @usableFromInline var isReserved = false
    /// Of on-demand invocations, if ``isReserved``.
    @usableFromInline var reservedLimit = 0
    /// How many versions have environments, and refer to this.
    var users = 0

    init(_ name: FunctionName, of account: AccountConcurrency) {
        self.name = name
        self.account = account
    }

    /// What stands in the way of an on-demand invocation; nil: nothing.
    @inlinable
    var throttle: Throttle? {
        if isReserved { return onDemand < reservedLimit ? nil : .reserved }
        return account.unreserved < account.unreservedLimit ? nil : .account
    }

    /// An on-demand invocation begins.
    @inlinable
    func enter() {
        onDemand += 1
        if !isReserved {
            account.unreserved += 1
            if account.unreserved > account.unreservedPeak { account.unreservedPeak = account.unreserved }
        }
        count()
    }

    /// It has ended.
    @inlinable
    func leave() {
        onDemand -= 1
        if !isReserved { account.unreserved -= 1 }
        running -= 1
        account.running -= 1
    }

    /// An invocation begins in a provisioned environment.
    @inlinable
    func enter(_ use: ProvisionedUse) {
        use.inUse += 1
        if use.inUse > use.peak { use.peak = use.inUse }
        use.invocations += 1
        count()
    }

    /// It has ended.
    @inlinable
    func leave(_ use: ProvisionedUse) {
        use.inUse -= 1
        running -= 1
        account.running -= 1
    }

    @inlinable
    func count() {
        running += 1
        if running > peak { peak = running }
        account.running += 1
        if account.running > account.peak { account.peak = account.running }
    }

    // MARK: Configuration

    /// Sets the reserved concurrency. What runs goes on, and is counted where it belongs now.
    func reserve(_ executions: Int?) {
        guard executions != reserved else { return }
        release()
        reserved = executions
        claim()
    }

    /// Sets what is provisioned, by qualifier.
    func provision(_ executions: [String: Int]) {
        release()
        for use in provisioned.values { use.requested = 0 }
        for (qualifier, requested) in executions { use(qualifier).requested = requested }
        claimed = executions.values.reduce(0, +)
        prune()
        claim()
    }

    /// The counter of a qualifier's provisioned environments.
    @usableFromInline
    func use(_ qualifier: String) -> ProvisionedUse {
        if let known = provisioned[qualifier] { return known }
        let use = ProvisionedUse(qualifier)
        provisioned[qualifier] = use
        return use
    }

    func prune() { provisioned = provisioned.filter { $0.value.requested > 0 || $0.value.users > 0 } }

    /// Whether nothing would be lost with it.
    func isForgettable(at now: Duration) -> Bool {
        users == 0 && running == 0 && reserved == nil && provisioned.isEmpty
            && rate.available(at: now) == ScalingRate.capacity
    }

    private func release() {
        if let reserved { account.reserved -= reserved } else { account.provisioned -= claimed }
        if !isReserved { account.unreserved -= onDemand }
    }

    private func claim() {
        if let reserved { account.reserved += reserved } else { account.provisioned += claimed }
        isReserved = reserved != nil
        reservedLimit = max(0, (reserved ?? 0) - claimed)
        if !isReserved { account.unreserved += onDemand }
        account.unreservedLimit = max(0, account.limit - account.reserved - account.provisioned)
    }
}

/// The provisioned environments of one qualifier, as far as invocations concern them.
@usableFromInline
final class ProvisionedUse: @unchecked Sendable {
    let qualifier: String
    /// 0: its configuration was deleted.
    var requested = 0
    @usableFromInline var inUse = 0
    @usableFromInline var peak = 0
    /// Since they were last asked for.
    @usableFromInline var invocations = 0
    @usableFromInline var spillovers = 0
    /// How many versions have environments for it.
    var users = 0

    init(_ qualifier: String) { self.qualifier = qualifier }
}
