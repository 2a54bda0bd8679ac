import ServiceModel
import Synchronization

/// The patterns that were needed so far. There are as many as the models have.
final class PatternCache: Sendable {
    static let shared = PatternCache()

    private let matchers = Mutex<[ObjectIdentifier: PatternMatcher?]>([:])

    /// Whether a text satisfies the pattern of a shape. One whose notation is not known is satisfied by all.
    func matches(_ shape: ShapeModel, _ text: String) -> Bool {
        let matcher = matchers.withLock { matchers in
            let key = ObjectIdentifier(shape)
            if let known = matchers[key] { return known }
            let matcher = shape.pattern.flatMap(Pattern.init).map(PatternMatcher.init)
            matchers[key] = .some(matcher)
            return matcher
        }
        return matcher?.matches(text) ?? true
    }
}
