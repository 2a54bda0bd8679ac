import Synchronization

/// Functions whose code is a folder of the host: what is allowed, and which state of it each was invoked with last.
final class LocalCode: Sendable {
    let rules: LocalCodeRules
    let folders = LocalFolders()
    /// Where packages are made of folders.
    let archives = BlockingWork(label: "martlet.localcode.archives")
    private let revisions = Mutex<[FunctionKey: String]>([:])

    init(_ rules: LocalCodeRules) { self.rules = rules }

    /// Notes the revision that a function is invoked with.
    /// - Returns: whether it is another one than before.
    func note(_ key: FunctionKey, _ revision: String) -> Bool {
        revisions.withLock { revisions in
            defer { revisions[key] = revision }
            return revisions[key] != revision
        }
    }

    func forget() { revisions.withLock { $0 = [:] } }
}
