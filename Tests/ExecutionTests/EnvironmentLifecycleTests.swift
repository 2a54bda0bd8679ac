import Execution
import Testing

@Suite struct EnvironmentLifecycleTests {
    @Test func anInvocationGoesThroughEveryState() {
        var life = EnvironmentLifecycle()
        let outcome1 = life.next()
        #expect(outcome1 == .initialized)
        let began = life.begin(requestID: "a")
        #expect(began)
        #expect(life.state == .invoking(requestID: "a"))
        let outcome2 = life.respond(requestID: "a")
        #expect(outcome2 == nil)
        let outcome3 = life.next()
        #expect(outcome3 == .completed(requestID: "a"))
        let again = life.begin(requestID: "b")
        #expect(again)
    }

    @Test func anotherInvocationsAnswerIsRefused() {
        var life = EnvironmentLifecycle()
        _ = life.next()
        _ = life.begin(requestID: "a")
        let outcome4 = life.respond(requestID: "b")
        #expect(outcome4 == .invalidRequestID)
        let outcome5 = life.respond(requestID: "a")
        #expect(outcome5 == nil)
        let outcome6 = life.respond(requestID: "a")
        #expect(outcome6 == .invalidRequestID)
    }

    @Test func aStreamedAnswerHasABeginningAndAnEnd() {
        var life = EnvironmentLifecycle()
        let early = life.beginStream(requestID: "a")
        #expect(early == .invalidStateTransition)
        _ = life.next()
        _ = life.begin(requestID: "a")
        let wrong = life.beginStream(requestID: "b")
        let begun = life.beginStream(requestID: "a")
        #expect(wrong == .invalidRequestID && begun == nil && life.state == .streaming(requestID: "a"))
        // Nothing else counts meanwhile.
        let again = life.beginStream(requestID: "a")
        let error = life.respond(requestID: "a")
        let next = life.next()
        let wrongEnd = life.endStream(requestID: "b")
        #expect(again == .invalidStateTransition && error == .invalidStateTransition)
        #expect(next == .refused(.invalidStateTransition) && wrongEnd == .invalidStateTransition)
        let ended = life.endStream(requestID: "a")
        let done = life.next()
        #expect(ended == nil && done == .completed(requestID: "a"))
    }

    @Test func aStreamThatBreaksMayBeReportedOrGivenUp() {
        var life = EnvironmentLifecycle()
        _ = life.next()
        _ = life.begin(requestID: "a")
        _ = life.beginStream(requestID: "a")
        life.breakStream(requestID: "b")
        #expect(life.state == .streaming(requestID: "a"))
        life.breakStream(requestID: "a")
        #expect(life.state == .truncated(requestID: "a"))
        var other = life
        let reported = life.respond(requestID: "a")
        #expect(reported == nil && life.state == .responded(requestID: "a"))
        let again = other.beginStream(requestID: "a")
        let next = other.next()
        #expect(again == .invalidRequestID && next == .completed(requestID: "a"))
    }

    @Test func askingTwiceIsNoAnswer() {
        var life = EnvironmentLifecycle()
        _ = life.next()
        let outcome7 = life.next()
        #expect(outcome7 == .waiting)
        _ = life.begin(requestID: "a")
        let outcome8 = life.next()
        #expect(outcome8 == .refused(.invalidStateTransition))
    }

    @Test func initialisationFailsOnceAndFinally() {
        var life = EnvironmentLifecycle()
        let outcome9 = life.failInitialization()
        #expect(outcome9 == nil)
        let outcome10 = life.failInitialization()
        #expect(outcome10 == .invalidStateTransition)
        let outcome11 = life.next()
        #expect(outcome11 == .refused(.invalidStateTransition))
        let began = life.begin(requestID: "a")
        #expect(!began)
    }

    @Test func nothingHappensAfterTheEnd() {
        var life = EnvironmentLifecycle()
        _ = life.next()
        life.end()
        let began = life.begin(requestID: "a")
        #expect(!began)
        let outcome12 = life.respond(requestID: "a")
        #expect(outcome12 == .invalidStateTransition)
        let outcome13 = life.next()
        #expect(outcome13 == .refused(.invalidStateTransition))
    }
}
