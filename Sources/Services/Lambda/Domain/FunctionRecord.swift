/// A function with its versions and aliases: everything that an invocation is resolved with.
struct FunctionRecord: Sendable, Hashable {
    var key: FunctionKey
    var versions: [String: VersionRecord]
    var aliases: [String: AliasRecord]

    /// The version that a qualifier names. For weighted aliases, `random` gives numbers evenly distributed in 0 ..< 1.
    func version(for qualifier: String?, random: () -> Double) -> VersionRecord? {
        let qualifier = qualifier ?? latestVersion
        if let version = versions[qualifier] { return version }
        guard let alias = aliases[qualifier] else { return nil }
        return versions[alias.routing == nil ? alias.version : alias.target(random: random())]
    }
}
