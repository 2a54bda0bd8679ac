import Synchronization

/// The patterns that were needed so far, by their text. There are as many as the models have.
final class PatternCache: Sendable {
    static let shared = PatternCache()

    private let patterns = Mutex<[String: Pattern?]>([:])

    /// - Returns: nil if the notation is not known; such a constraint is not checked.
    func pattern(_ text: String) -> Pattern? {
        patterns.withLock { patterns in
            if let known = patterns[text] { return known }
            let pattern = Pattern(text)
            patterns[text] = .some(pattern)
            return pattern
        }
    }
}
