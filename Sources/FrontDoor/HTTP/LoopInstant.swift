import NIOCore

/// The time of an event loop, as an instant of Swift's.
struct LoopInstant: InstantProtocol {
    var deadline: NIODeadline

    func advanced(by duration: Duration) -> LoopInstant { LoopInstant(deadline: deadline + TimeAmount(duration)) }

    func duration(to other: LoopInstant) -> Duration { Duration(other.deadline - deadline) }

    static func < (a: LoopInstant, b: LoopInstant) -> Bool { a.deadline < b.deadline }
}
