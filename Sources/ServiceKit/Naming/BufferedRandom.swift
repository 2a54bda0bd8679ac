import Glibc
import Synchronization

/// The system's random numbers, fetched many at a time: one call of the kernel for each is more than an identifier is worth.
///
/// No less secret than the system's own, but for whoever reads this process's memory. Not for keys.
public struct BufferedRandom: RandomNumberGenerator, Sendable {
    private struct Stock {
        var numbers: [UInt64] = []

        mutating func fill() {
            numbers = [UInt64](unsafeUninitializedCapacity: BufferedRandom.size) { buffer, count in
                let size = BufferedRandom.size * MemoryLayout<UInt64>.size
                count = getentropy(buffer.baseAddress, size) == 0 ? BufferedRandom.size : 0
            }
        }
    }

    private static let stock = Mutex(Stock())
    /// 256 bytes are as much as `getentropy` gives at once.
    private static let size = 32

    public init() {}

    public func next() -> UInt64 {
        Self.stock.withLock { stock in
            if stock.numbers.isEmpty { stock.fill() }
            if let number = stock.numbers.popLast() { return number }
            // The kernel gave none: Swift's own generator waits until it does.
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
    }
}
