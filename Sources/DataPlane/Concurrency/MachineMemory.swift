import Execution
import Foundation

/// What the kernel says of the machine's memory.
enum MachineMemory {
    /// Costs some ten microseconds.
    /// - Returns: nil if the kernel does not say.
    static func read() -> MachineRoom.Reading? {
        guard let memory = text("/proc/meminfo"), let available = field("MemAvailable:", of: memory),
            let total = field("MemTotal:", of: memory)
        else { return nil }
        let stalled = text("/proc/pressure/memory").flatMap(pressure) ?? 0
        return MachineRoom.Reading(available: available << 10, total: total << 10, stalled: stalled)
    }

    /// A field of /proc/meminfo, in KiB.
    static func field(_ name: String, of text: String) -> Int64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int64($0) }
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
    private static func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = Foundation.read(file, buffer.baseAddress, buffer.count)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
    }
}
