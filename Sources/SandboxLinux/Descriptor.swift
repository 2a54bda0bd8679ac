import Glibc
import Synchronization

/// A file descriptor that is closed unless it is taken.
final class Descriptor: Sendable {
    private let number: Mutex<Int32?>

    init(_ number: Int32) {
        self.number = Mutex(number)
    }

    deinit {
        if let number = number.withLock({ $0 }) { close(number) }
    }

    /// Hands the descriptor out; once.
    func take() -> Int32? {
        number.withLock { number in
            defer { number = nil }
            return number
        }
    }

    /// Writes a short text; false with errno set if it was not written whole.
    func write(_ text: StaticString) -> Bool {
        number.withLock { number in
            guard let number else { return false }
            return Glibc.write(number, text.utf8Start, text.utf8CodeUnitCount) == text.utf8CodeUnitCount
        }
    }
}
