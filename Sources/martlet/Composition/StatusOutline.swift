import DataPlane
import Foundation
import Glibc

/// What `GET /_martlet/status` answers.
struct StatusOutline: Codable {
    var version = MartletVersion.current
    /// Of the server's own process, without the launcher and the functions: resident, in bytes.
    var memory = Self.residentMemory
    /// What functions and the server may have together; nil: the kernel does not say.
    var machineMemory = MachineMemory.headroom()
    var dataPlane: DataPlaneStatus
    var recent: RecentMetrics

    static let path = "/_martlet/status"
    /// Functions, environments and invocations that are named, unless the query says `limit=N`.
    static let usualLimit = 20
    static let highestLimit = 10_000

    /// Lenient: what is no number is the usual one.
    static func limit(inQuery query: String) -> Int {
        let given = query.split(separator: "&").first { $0.hasPrefix("limit=") }.flatMap { Int($0.dropFirst(6)) }
        return min(max(0, given ?? usualLimit), highestLimit)
    }

    private static var residentMemory: Int64 {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return (fields.count > 1 ? Int64(fields[1]) ?? 0 : 0) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
