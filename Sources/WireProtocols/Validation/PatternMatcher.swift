import Synchronization

/// A pattern with what was learnt of it: sets of its program's states become states of a table for ASCII, made when first met.
/// What the table does not cover goes through the program.
final class PatternMatcher: Sendable {
    private struct Table {
        /// For each state, where each ASCII character leads.
        var next: [[Int32]] = []
        /// Whether a text may end in the state.
        var accepts: [Bool] = []
        var kernels: [[Int]] = []
        var index: [[Int]: Int32] = [:]
    }

    private static let unknown: Int32 = -1
    private static let dead: Int32 = -2
    private static let maximumStates = 256

    private let pattern: Pattern
    private let table = Mutex(Table())

    init(_ pattern: Pattern) { self.pattern = pattern }

    func matches(_ text: String) -> Bool {
        guard pattern.program.isPlain else { return pattern.matches(text) }
        return table.withLock { table in run(text, &table) } ?? pattern.matches(text)
    }

    /// - Returns: nil if the table does not cover the text.
    private func run(_ text: String, _ table: inout Table) -> Bool? {
        guard var state = state([0], isStart: true, &table) else { return nil }
        for byte in text.utf8 {
            // Java's `$` has an exception for a line feed at the end.
            guard byte < 0x80, byte != 0x0A else { return nil }
            var next = table.next[Int(state)][Int(byte)]
            if next == PatternMatcher.unknown {
                let kernel = pattern.program.step(table.kernels[Int(state)], byte, isStart: state == 0)
                if kernel.isEmpty {
                    next = PatternMatcher.dead
                } else {
                    guard let found = self.state(kernel, isStart: false, &table) else { return nil }
                    next = found
                }
                table.next[Int(state)][Int(byte)] = next
            }
            if next == PatternMatcher.dead { return false }
            state = next
        }
        return table.accepts[Int(state)]
    }

    /// The first state is the start, whatever its kernel.
    private func state(_ kernel: [Int], isStart: Bool, _ table: inout Table) -> Int32? {
        if isStart, !table.next.isEmpty { return 0 }
        if !isStart, let known = table.index[kernel] { return known }
        guard table.next.count < PatternMatcher.maximumStates else { return nil }
        let state = Int32(table.next.count)
        table.next.append(Array(repeating: PatternMatcher.unknown, count: 128))
        table.kernels.append(kernel)
        table.accepts.append(pattern.program.acceptsAtEnd(kernel, isStart: isStart))
        if !isStart { table.index[kernel] = state }
        return state
    }
}
