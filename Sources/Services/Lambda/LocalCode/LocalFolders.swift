/// What local folders hold, at each invocation: known without looking as long as the kernel has told of no change, else
/// looked at again.
///
/// Who asks while somebody looks waits for the next look: the one that is under way may have passed what has changed since.
actor LocalFolders {
    private struct Known {
        var scan: LocalFolderScan
        var watch: LocalFolderWatch
    }

    private typealias Look = Task<LocalFolderScan, any Error>

    private let work = BlockingWork(label: "martlet.localcode")
    private var known: [String: Known] = [:]
    private var running: [String: Look] = [:]
    private var waiting: [String: Look] = [:]

    /// What is in the folder that has this canonical path.
    /// - Throws: ``LocalFolderError``.
    func scan(_ path: String) async throws -> LocalFolderScan {
        if let known = known[path] {
            if known.watch.isQuiet, LocalFolderIdentity(path) == known.scan.identity { return known.scan }
            self.known[path] = nil
        }
        if let next = waiting[path] { return try await next.value }
        guard let current = running[path] else { return try await begin(path).value }
        let next = Look {
            _ = await current.result
            return try await self.next(path).value
        }
        waiting[path] = next
        return try await next.value
    }

    private func next(_ path: String) -> Look {
        waiting[path] = nil
        return begin(path)
    }

    private func begin(_ path: String) -> Look {
        let look = Look {
            defer { self.running[path] = nil }
            let found = try await self.work.run { () -> (LocalFolderScan, LocalFolderWatch?) in
                let watch = LocalFolderWatch(path)
                return (try LocalFolderScan(path, watch: watch), watch)
            }
            if let watch = found.1 { self.known[path] = Known(scan: found.0, watch: watch) }
            return found.0
        }
        running[path] = look
        return look
    }
}
