import Execution

/// A function with its versions and aliases: everything that an invocation is resolved with.
struct FunctionRecord: Sendable, Hashable {
    var key: FunctionKey
    var versions: [String: VersionRecord]
    var aliases: [String: AliasRecord]
    /// nil: the function shares the account's unreserved concurrency.
    var reservedConcurrency: Int?
    /// By qualifier.
    var provisioned: [String: ProvisionedRecord] = [:]
    /// Resource policies by qualifier; that of the function itself under an empty one.
    var policies: [String: ResourcePolicy] = [:]
    /// URLs by qualifier; that of the function itself under an empty one.
    var urls: [String: FunctionURLRecord] = [:]
    /// By qualifier.
    var eventInvokes: [String: EventInvokeRecord] = [:]
    /// What becomes of an invocation in a loop of the function's own making.
    var recursiveLoop = RecursiveLoop.terminate

    /// The version that a qualifier names, and whose provisioned environments an invocation of it may use. For weighted aliases,
    /// `random` gives numbers evenly distributed in 0 ..< 1.
    func version(for qualifier: String?, random: () -> Double) -> VersionRecord? {
        let qualifier = qualifier ?? latestVersion
        guard var version = versions[qualifier] ?? aliasedVersion(qualifier, random) else { return nil }
        // An alias's environments are for those who name it; a version's are for all who end up there.
        if !provisioned.isEmpty {
            version.provisioning = [qualifier, version.version].first { provisioned[$0] != nil }
        }
        return version
    }

    private func aliasedVersion(_ name: String, _ random: () -> Double) -> VersionRecord? {
        guard let alias = aliases[name] else { return nil }
        return versions[alias.routing == nil ? alias.version : alias.target(random: random())]
    }

    /// Whether an invocation is stopped, because it is one of a loop of the function's own making.
    func stopsLoop(_ traceHeader: String?) -> Bool {
        guard recursiveLoop == .terminate, let traceHeader else { return false }
        return InvocationLineage(header: traceHeader).count(InvocationLineage.hash(functionARN: key.arn))
            >= InvocationLineage.limit
    }
}
