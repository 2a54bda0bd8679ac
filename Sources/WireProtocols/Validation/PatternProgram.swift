/// A pattern as a machine whose states are followed side by side.
struct PatternProgram: Sendable {
    private enum Instruction: Sendable {
        case set(Pattern.CharacterSet)
        /// Both ways.
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case look(PatternProgram, negative: Bool)
        case behind(Pattern.CharacterSet, negative: Bool)
        case accept
    }

    /// Repetitions are written out; a pattern that becomes longer than this is not taken.
    private static let maximumLength = 20_000

    private var instructions: [Instruction] = []

    init?(_ node: Pattern.Node) {
        guard emit(node) else { return nil }
        instructions.append(.accept)
    }

    private mutating func emit(_ node: Pattern.Node) -> Bool {
        guard instructions.count < PatternProgram.maximumLength else { return false }
        switch node {
        case .empty: return true
        case .set(let set): instructions.append(.set(set))
        case .start: instructions.append(.start)
        case .end: instructions.append(.end)
        case .sequence(let nodes):
            for node in nodes {
                guard emit(node) else { return false }
            }
        case .alternatives(let nodes): return emit(alternatives: nodes)
        case .repeated(let node, let minimum, let maximum): return emit(node, minimum, maximum)
        case .look(let node, let ahead, let negative):
            if !ahead, case .set(let set) = node {
                instructions.append(.behind(set, negative: negative))
            } else {
                guard let program = PatternProgram(node) else { return false }
                instructions.append(.look(program, negative: negative))
            }
        }
        return true
    }

    private mutating func emit(alternatives nodes: [Pattern.Node]) -> Bool {
        var jumps: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                guard emit(node) else { return false }
                continue
            }
            let split = instructions.count
            instructions.append(.split(split + 1, 0))
            guard emit(node) else { return false }
            jumps.append(instructions.count)
            instructions.append(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
        return true
    }

    private mutating func emit(_ node: Pattern.Node, _ minimum: Int, _ maximum: Int?) -> Bool {
        for _ in 0..<minimum {
            guard emit(node) else { return false }
        }
        guard let maximum else {
            let split = instructions.count
            instructions.append(.split(split + 1, 0))
            guard emit(node) else { return false }
            instructions.append(.jump(split))
            instructions[split] = .split(split + 1, instructions.count)
            return true
        }
        var splits: [Int] = []
        for _ in minimum..<maximum {
            splits.append(instructions.count)
            instructions.append(.split(0, 0))
            guard emit(node) else { return false }
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
        return true
    }

    /// Whether all of `text` matches.
    func matches(_ text: [Unicode.Scalar]) -> Bool { run(text, from: 0, wantsEnd: true) }

    /// Whether there is a match from `start`. With `wantsEnd` it must reach the end; a look ahead need not.
    private func run(_ text: [Unicode.Scalar], from start: Int, wantsEnd: Bool) -> Bool {
        var current = States(count: instructions.count)
        var next = States(count: instructions.count)
        var accepted = false
        add(0, text, start, &current, &accepted)
        var position = start
        while position < text.count, !current.list.isEmpty {
            if accepted, !wantsEnd { return true }
            accepted = false
            next.clear()
            for state in current.list {
                guard case .set(let set) = instructions[state], set.contains(text[position]) else { continue }
                add(state + 1, text, position + 1, &next, &accepted)
            }
            swap(&current, &next)
            position += 1
        }
        return accepted && (!wantsEnd || position == text.count)
    }

    /// The states that wait for a character, each once.
    private struct States {
        var list: [Int] = []
        /// The round in which a state was last added; no clearing needed.
        var mark: [Int]
        var round = 1

        init(count: Int) { mark = Array(repeating: 0, count: count) }

        mutating func clear() {
            list.removeAll(keepingCapacity: true)
            round += 1
        }

        mutating func insert(_ state: Int) -> Bool {
            guard mark[state] != round else { return false }
            mark[state] = round
            return true
        }
    }

    /// Follows all that needs no character. A list of our own, so that long patterns need no deep stack.
    private func add(
        _ first: Int, _ text: [Unicode.Scalar], _ position: Int, _ states: inout States, _ accepted: inout Bool
    ) {
        var waiting = [first]
        while let state = waiting.popLast() {
            guard states.insert(state) else { continue }
            switch instructions[state] {
            case .set: states.list.append(state)
            case .split(let a, let b): waiting += [b, a]
            case .jump(let target): waiting.append(target)
            case .start:
                if position == 0 { waiting.append(state + 1) }
            case .end:
                // As in Java, also before a line feed that ends the text.
                if position == text.count || (position == text.count - 1 && text[position] == "\n") {
                    waiting.append(state + 1)
                }
            case .look(let program, let negative):
                if program.run(text, from: position, wantsEnd: false) != negative { waiting.append(state + 1) }
            case .behind(let set, let negative):
                let found = position > 0 && set.contains(text[position - 1])
                if found != negative { waiting.append(state + 1) }
            case .accept: accepted = true
            }
        }
    }
}

extension PatternProgram {
    /// Whether the program looks neither ahead nor behind, so that a set of its states says all about a text so far.
    var isPlain: Bool {
        instructions.allSatisfy { instruction in
            switch instruction {
            case .look, .behind: false
            default: true
            }
        }
    }

    /// Where a character leads from the states that `kernel` reaches.
    func step(_ kernel: [Int], _ byte: UInt8, isStart: Bool) -> [Int] {
        let scalar = Unicode.Scalar(byte)
        return reached(kernel, isStart: isStart, isEnd: false).states.filter { state in
            guard case .set(let set) = instructions[state] else { return false }
            return set.contains(scalar)
        }.map { $0 + 1 }.sorted()
    }

    /// Whether a text may end where `kernel` is reached.
    func acceptsAtEnd(_ kernel: [Int], isStart: Bool) -> Bool {
        reached(kernel, isStart: isStart, isEnd: true).accepted
    }

    /// Follows all that needs no character, in a program that is plain.
    private func reached(_ kernel: [Int], isStart: Bool, isEnd: Bool) -> (states: [Int], accepted: Bool) {
        var seen: Set<Int> = []
        var states: [Int] = []
        var accepted = false
        var waiting = kernel
        while let state = waiting.popLast() {
            guard seen.insert(state).inserted else { continue }
            switch instructions[state] {
            case .set: states.append(state)
            case .split(let a, let b): waiting += [b, a]
            case .jump(let target): waiting.append(target)
            case .start: if isStart { waiting.append(state + 1) }
            case .end: if isEnd { waiting.append(state + 1) }
            case .accept: accepted = true
            case .look, .behind: break
            }
        }
        return (states, accepted)
    }
}
