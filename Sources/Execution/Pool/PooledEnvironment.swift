/// An environment's place in its ``EnvironmentPool``, under the lock of the pool's owner.
public final class PooledEnvironment<Environment: AnyObject & Sendable>: @unchecked Sendable {
    @usableFromInline
    enum State {
        /// It has an invocation.
        case busy
        /// Its invocation is answered; its runtime has not asked for the next.
        case finishing
        /// The same, and the next is waiting for it.
        case followed
        /// Its runtime waits.
        case idle
        case gone
    }

    public let environment: Environment
    @usableFromInline let function: PooledFunction<Environment>
    @usableFromInline let revision: String
    @usableFromInline var state = State.busy
    @usableFromInline var retired = false
    /// When it became idle, in the pool's own count.
    @usableFromInline var idleSince: UInt64 = 0

    init(_ environment: Environment, of function: PooledFunction<Environment>, revision: String) {
        self.environment = environment
        self.function = function
        self.revision = revision
    }
}

/// The environments of one version of a function.
@usableFromInline
final class PooledFunction<Environment: AnyObject & Sendable>: @unchecked Sendable {
    let key: FunctionKey
    @usableFromInline let concurrency: FunctionConcurrency
    /// nil: the environments are on-demand ones.
    @usableFromInline let provisioned: ProvisionedUse?
    var members: [ObjectIdentifier: PooledEnvironment<Environment>] = [:]
    /// The last to become so at the end.
    @usableFromInline var idle: [PooledEnvironment<Environment>] = []
    @usableFromInline var finishing: [PooledEnvironment<Environment>] = []

    /// How many of the last idle ones are looked at for one that is preferred.
    @usableFromInline static var depth: Int { 32 }

    init(_ key: FunctionKey, _ concurrency: FunctionConcurrency) {
        self.key = key
        self.concurrency = concurrency
        provisioned = key.provisioning.map(concurrency.use)
    }

    /// An invocation of one of the environments begins.
    @inlinable
    func enter() {
        if let provisioned { concurrency.enter(provisioned) } else { concurrency.enter() }
    }

    /// It has ended.
    @inlinable
    func leave() {
        if let provisioned { concurrency.leave(provisioned) } else { concurrency.leave() }
    }

    @usableFromInline
    func take(revision: String, _ preferring: (Environment) -> Bool) -> EnvironmentPool<Environment>.Decision? {
        if !idle.isEmpty {
            let near = idle.indices.suffix(Self.depth)
            let index =
                near.last { idle[$0].revision == revision && preferring(idle[$0].environment) }
                ?? near.last { idle[$0].revision == revision }
            if let index {
                let member = idle.remove(at: index)
                member.state = .busy
                return .reuse(member)
            }
        }
        if let index = finishing.lastIndex(where: { $0.revision == revision }) {
            let member = finishing.remove(at: index)
            member.state = .followed
            return .follow(member)
        }
        return nil
    }
}
