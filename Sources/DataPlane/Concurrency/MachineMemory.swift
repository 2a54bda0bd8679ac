import Execution
import Foundation

/// What the kernel says of the memory that Martlet and its functions may have: the machine's, or what a control group leaves of it.
public enum MachineMemory {
    /// How much there is.
    public struct Headroom: Sendable, Hashable, Codable {
        /// Bytes that programs can have.
        public var available: Int64
        /// Bytes in all: the machine's, or the smallest limit.
        public var total: Int64
        /// The folder of the control group whose limit that is; nil: the machine has no more.
        public var limitedBy: String?
    }

    /// - Returns: nil if the kernel does not say.
    public static func headroom() -> Headroom? { look()?.headroom }

    /// Costs some ten microseconds, in a container a hundred.
    /// - Returns: nil if the kernel does not say.
    static func read() -> MachineRoom.Reading? { look()?.reading }

    private static func look() -> (headroom: Headroom, reading: MachineRoom.Reading)? {
        guard let memory = text("/proc/meminfo") else { return nil }
        let limits = folders.compactMap { ControlGroupMemory.limit(of: $0) { text($0) } }
        return combined(memory, pressure: text("/proc/pressure/memory"), limits)
    }

    /// What is left by all of them: the kernel's `/proc/meminfo` and `/proc/pressure/memory`, and the limits.
    static func combined(
        _ memory: String, pressure: String?, _ limits: [ControlGroupMemory.Limit]
    ) -> (headroom: Headroom, reading: MachineRoom.Reading)? {
        guard let available = kibibytes("MemAvailable:", of: memory), let total = kibibytes("MemTotal:", of: memory)
        else { return nil }
        let smallest = limits.min { $0.limit < $1.limit }.flatMap { $0.limit < total ? $0 : nil }
        let headroom = Headroom(
            available: limits.reduce(available) { min($0, $1.available) }, total: smallest?.limit ?? total,
            limitedBy: smallest?.folder.path)
        let stalled = limits.reduce(pressure.flatMap(Self.pressure) ?? 0) { max($0, $1.stalled) }
        return (
            headroom,
            MachineRoom.Reading(available: headroom.available, total: headroom.total, stalled: stalled)
        )
    }

    /// Found once: whoever moves a running server to another group has to start it again.
    private static let folders: [ControlGroupMemory.Folder] = {
        guard let groups = text("/proc/self/cgroup", most: 1 << 16),
            let mounts = text("/proc/self/mountinfo", most: 1 << 20)
        else { return [] }
        return ControlGroupMemory.folders(groups: groups, mounts: mounts)
    }()

    private static func kibibytes(_ name: String, of text: String) -> Int64? {
        field(name, of: text).flatMap { (0...(.max >> 10)).contains($0) ? $0 << 10 : nil }
    }

    /// The number after a name at the start of a line, as in /proc/meminfo and memory.stat.
    static func field(_ name: String, of text: String) -> Int64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.first == " " else { continue }
            return rest.split(separator: " ").first.flatMap { Int64($0) }
        }
        return nil
    }

    /// `some avg10=0.00 avg60=…`: the first figure.
    static func pressure(_ text: String) -> Double? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }),
            let figure = line.split(separator: " ").first(where: { $0.hasPrefix("avg10=") })
        else { return nil }
        return Double(figure.dropFirst(6))
    }

    /// Without Foundation's ways around: these files are read at many cold starts.
    private static func text(_ path: String, most: Int = 8192) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: most, alignment: 1) { buffer in
            var count = 0
            // Long ones come in pieces.
            while count < most, let place = buffer.baseAddress {
                let part = Foundation.read(file, place + count, most - count)
                guard part > 0 else { break }
                count += part
            }
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
    }
}
