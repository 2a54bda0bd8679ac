import Execution
import TestSupport
import Testing

@testable import DataPlane

/// The kernel's files, as text.
struct MachineMemoryTests {
    private typealias Folder = ControlGroupMemory.Folder

    private static let meminfo = "MemTotal:  8388608 kB\nMemFree: 1 kB\nMemAvailable:   4194304 kB\n"

    @Test func theMachinesFilesAreRead() {
        #expect(MachineMemory.field("MemAvailable:", of: "MemTotal:  100 kB\nMemAvailable:   42 kB\n") == 42)
        #expect(MachineMemory.field("MemAvailable:", of: "MemTotal: 100 kB\n") == nil)
        #expect(MachineMemory.field("inactive_file", of: "inactive_file_x 1\ninactive_file 2\n") == 2)
        #expect(MachineMemory.pressure("some avg10=12.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=1.00") == 12.5)
        #expect(MachineMemory.pressure("") == nil)
        let reading = MachineMemory.read()
        #expect((reading?.available ?? 1) > 0)
        #expect((reading?.total ?? 1) >= (reading?.available ?? 1))
    }

    @Test(arguments: [
        // A service of systemd: its own group, and those above it.
        (
            "0::/system.slice/martlet.service\n", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n",
            [
                Folder(path: "/sys/fs/cgroup/system.slice/martlet.service", version: .two),
                Folder(path: "/sys/fs/cgroup/system.slice", version: .two),
                Folder(path: "/sys/fs/cgroup", version: .two),
            ]
        ),
        // A container with a view of its own, and one of version 1 that sees where it is, but not the way there.
        (
            "0::/\n", "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
            [Folder(path: "/sys/fs/cgroup", version: .two)]
        ),
        (
            "4:memory:/docker/1f2e\n1:cpu,cpuacct:/docker/1f2e\n",
            "40 39 0:31 /docker/1f2e /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n"
                + "41 39 0:32 /docker/1f2e /sys/fs/cgroup/memory ro,nosuid master:9 - cgroup cgroup rw,memory\n",
            [Folder(path: "/sys/fs/cgroup/memory", version: .one)]
        ),
        // A group below the container's.
        (
            "4:memory:/docker/1f2e/a/b\n", "41 39 0:32 /docker/1f2e /m ro - cgroup cgroup rw,memory\n",
            [
                Folder(path: "/m/a/b", version: .one), Folder(path: "/m/a", version: .one),
                Folder(path: "/m", version: .one),
            ]
        ),
        // Out of sight; /docker/1f is another one.
        (
            "4:memory:/docker/1f2e\n", "41 39 0:32 /docker/1f /m ro - cgroup cgroup rw,memory\n",
            [Folder(path: "/m", version: .one)]
        ),
        (
            "0::/../other\n", "30 23 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
            [Folder(path: "/sys/fs/cgroup", version: .two)]
        ),
        // Both, and a name with a space.
        (
            "9:memory:/a\n0::/\n",
            "1 2 3 / /sys/fs/c\\040g rw - cgroup cgroup rw,memory\n4 5 6 / /u rw - cgroup2 cgroup2 rw\n",
            [
                Folder(path: "/sys/fs/c g/a", version: .one), Folder(path: "/sys/fs/c g", version: .one),
                Folder(path: "/u", version: .two),
            ]
        ),
        // Nothing that could be understood.
        ("", "", []), ("0::/\n", "", []), ("::\n:\n\n0:\n0::", "- - -\n - cgroup2\n1 2 3 4 5 - cgroup2\n", []),
    ])
    private func groupsAreFound(groups: String, mounts: String, folders: [Folder]) {
        #expect(ControlGroupMemory.folders(groups: groups, mounts: mounts) == folders)
    }

    private func limit(_ version: Folder.Version, _ files: [String: String]) -> ControlGroupMemory.Limit? {
        let folder = Folder(path: "/g", version: version)
        return ControlGroupMemory.limit(of: folder) { files[String($0.dropFirst(3))] }
    }

    @Test func whatIsLeftOfALimit() {
        let two = limit(
            .two,
            [
                "memory.max": "1000\n", "memory.high": "max\n", "memory.current": "700\n",
                "memory.stat": "anon 1\ninactive_file 200\nactive_file 5\n",
                "memory.pressure": "some avg10=3.00 avg60=0\n",
            ])
        #expect(two?.limit == 1000 && two?.available == 500 && two?.stalled == 3)
        let high = limit(.two, ["memory.max": "max\n", "memory.high": "900\n", "memory.current": "1000\n"])
        #expect(high?.limit == 900 && high?.available == 0)
        let one = limit(
            .one,
            [
                "memory.limit_in_bytes": "1000\n", "memory.usage_in_bytes": "400\n",
                "memory.stat": "inactive_file 1\ntotal_inactive_file 100\n",
            ])
        #expect(one?.limit == 1000 && one?.available == 700 && one?.stalled == 0)
    }

    @Test func aGroupWithoutALimitHasNone() {
        #expect(limit(.two, ["memory.max": "max\n", "memory.current": "1\n"]) == nil)
        #expect(limit(.two, [:]) == nil)
        #expect(
            limit(.one, ["memory.limit_in_bytes": "9223372036854771712\n", "memory.usage_in_bytes": "1\n"]) == nil)
        #expect(limit(.one, ["memory.limit_in_bytes": "-1\n", "memory.usage_in_bytes": "1\n"]) == nil)
        #expect(limit(.two, ["memory.max": "99999999999999999999\n", "memory.current": "1\n"]) == nil)
        #expect(limit(.two, ["memory.max": "5\n"]) == nil)
    }

    @Test func theSmallestCounts() throws {
        func made(_ path: String, _ limit: Int64, _ available: Int64, stalled: Double = 0) -> ControlGroupMemory.Limit {
            ControlGroupMemory.Limit(
                folder: Folder(path: path, version: .two), limit: limit, available: available, stalled: stalled)
        }
        let machine = try #require(MachineMemory.combined(Self.meminfo, pressure: "some avg10=1.00", []))
        #expect(machine.headroom == .init(available: 4 << 30, total: 8 << 30, limitedBy: nil))
        #expect(machine.reading == .init(available: 4 << 30, total: 8 << 30, stalled: 1))
        // The own group has much left, the one above has not.
        let limits = [made("/a/b", 2 << 30, 2 << 30, stalled: 7), made("/a", 3 << 30, 1 << 30)]
        let group = try #require(MachineMemory.combined(Self.meminfo, pressure: nil, limits))
        #expect(group.headroom == .init(available: 1 << 30, total: 2 << 30, limitedBy: "/a/b"))
        #expect(group.reading == .init(available: 1 << 30, total: 2 << 30, stalled: 7))
        // More than there is.
        let generous = try #require(MachineMemory.combined(Self.meminfo, pressure: nil, [made("/a", 1 << 40, 1 << 40)]))
        #expect(generous.headroom == .init(available: 4 << 30, total: 8 << 30, limitedBy: nil))
        #expect(MachineMemory.combined("MemTotal: 1 kB\n", pressure: nil, []) == nil)
        #expect(
            MachineMemory.combined("MemTotal: 9223372036854775807 kB\nMemAvailable: -1 kB\n", pressure: nil, []) == nil)
    }

    /// Whatever they hold: no limit that is less than nothing, and no end without an answer.
    @Test(arguments: 0..<20) func anyTextIsRead(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let pieces = [
            "0::/", "4:memory:", "/a", "/..", "\n", " - ", "cgroup2 ", "cgroup ", "rw,memory", "1 2 3 / /m ", "\\0",
            "\\777",
            "max", "-", "18446744073709551616", "12", " ", "inactive_file ",
        ]
        func text() -> String {
            (0..<Int.random(in: 0..<40, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
        }
        for _ in 0..<200 {
            let folders = ControlGroupMemory.folders(groups: text(), mounts: text())
            let limit = folders.first.flatMap { ControlGroupMemory.limit(of: $0) { _ in text() } }
            #expect((limit?.available ?? 0) >= 0)
        }
    }
}
