import Execution
import NIOCore
import ServiceKit
import ServiceModel
import Synchronization

/// Records what CloudWatch shows of functions. An invocation costs a few additions on its own event loop; everything else happens when a
/// minute has passed, or somebody asks.
final class InvocationMeter: Sendable {
    private struct Place: Hashable {
        var source: InvocationSource
        var loop: ObjectIdentifier?
    }

    private struct State {
        var tallies: [Place: InvocationTally] = [:]
        var recorder = MetricRecorder()
    }

    private let state = Mutex(State())
    private let time: any TimeSource

    init(time: any TimeSource) { self.time = time }

    /// Where invocations of a source are counted that end on this loop; nil: on no loop of ours.
    func tally(_ source: InvocationSource, on loop: (any EventLoop)?) -> InvocationTally {
        let place = Place(source: source, loop: loop.map { ObjectIdentifier($0) })
        return state.withLock { state in
            if let known = state.tallies[place] { return known }
            let tally = InvocationTally()
            state.tallies[place] = tally
            return tally
        }
    }

    /// Takes in what has come together: at the end of a minute, and in between, to see what there is.
    func collect(_ peaks: ConcurrencyPeaks, endsMinute: Bool = false) {
        // What comes together until the end of a minute belongs to it, though that is noticed a moment later.
        let now = endsMinute ? Timestamp(milliseconds: time.now.milliseconds - 1000) : time.now
        state.withLock { state in
            for place in Array(state.tallies.keys) {
                guard let counts = state.tallies[place]?.take() else { continue }
                state.recorder.add(counts, of: place.source, at: now)
                // No environment writes to it any more.
                if counts.isEmpty, isKnownUniquelyReferenced(&state.tallies[place]) { state.tallies[place] = nil }
            }
            state.recorder.add(peaks, at: now)
        }
    }

    func metrics(since: Timestamp) -> [MetricStatistics] { state.withLock { $0.recorder.metrics(since: since) } }

    /// Forgets everything.
    func reset() { state.withLock { $0 = State() } }
}

/// Counts the invocations of one environment. Confined to its event loop.
final class EnvironmentMeter {
    private let meter: InvocationMeter
    private let function: FunctionVersion
    private let loop: any EventLoop
    private var arn = ""
    private var tally: InvocationTally?

    init(_ meter: InvocationMeter, _ function: FunctionVersion, on loop: any EventLoop) {
        self.meter = meter
        self.function = function
        self.loop = loop
    }

    func ended(_ invocation: RunningInvocation) {
        // Invocations that follow each other name the function in the same way, and in the same string.
        if tally == nil || arn != invocation.event.invokedFunctionARN {
            arn = invocation.event.invokedFunctionARN
            tally = meter.tally(InvocationSource(function, invokedARN: arn), on: loop)
        }
        tally?.ended(duration: invocation.duration, isError: invocation.isError)
    }
}
