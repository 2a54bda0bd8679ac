/// How long to wait after something has failed several times in a row. A pure value.
struct BackOff: Sendable, Hashable {
    private let first: Duration
    private let most: Duration
    private var next: Duration

    init(from first: Duration, to most: Duration) {
        self.first = first
        self.most = most
        next = first
    }

    /// It has failed once more.
    mutating func failed() -> Duration {
        defer { next = min(next * 2, most) }
        return next
    }

    mutating func succeeded() { next = first }

    /// Whether nothing has failed lately.
    var isFresh: Bool { next == first }
}
