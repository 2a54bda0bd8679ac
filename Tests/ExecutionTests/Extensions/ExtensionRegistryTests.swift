import Execution
import Testing

struct ExtensionRegistryTests {
    private static let invoke = ExtensionEvent.invoke(requestID: "r", deadline: 1, functionARN: "a", trace: "t")

    private func refusal(_ body: () throws -> Void) -> ExtensionRefusal? {
        do {
            try body()
            return nil
        } catch {
            return error as? ExtensionRefusal
        }
    }

    @Test func initialisationWaitsForEverybody() throws {
        var registry = ExtensionRegistry()
        #expect(registry.isInitialized && registry.externalsAreRegistered && registry.isIdle)
        registry.started("a")
        registry.started("b")
        #expect(!registry.externalsAreRegistered && !registry.isInitialized)
        try registry.register(name: "a", events: ["INVOKE", "SHUTDOWN"], id: "1")
        #expect(!registry.externalsAreRegistered)
        try registry.register(name: "b", events: [], id: "2")
        // Now the runtime may start, and with it an internal one.
        #expect(registry.externalsAreRegistered && !registry.isInitialized)
        try registry.register(name: "inner", events: ["INVOKE"], id: "3")
        for id in ["1", "2", "3"] {
            #expect(!registry.isInitialized)
            #expect(try registry.next(id: id) == .wait)
        }
        #expect(registry.isInitialized && registry.hasInternals && registry.hasExternals)
    }

    @Test func anInvocationEndsWhenEverybodyAsksForMore() throws {
        var registry = ExtensionRegistry()
        registry.started("a")
        try registry.register(name: "a", events: ["INVOKE"], id: "1")
        try registry.register(name: "quiet", events: [], id: "2")
        for id in ["1", "2"] { _ = try registry.next(id: id) }
        registry.initialized()
        #expect(registry.begin(Self.invoke) == ["1"])
        #expect(!registry.isIdle)
        #expect(try registry.next(id: "1") == .wait)
        #expect(registry.isIdle)
        // An event whose connection has broken is not lost.
        #expect(registry.begin(Self.invoke) == ["1"])
        registry.undelivered(id: "1", Self.invoke)
        #expect(try registry.next(id: "1") == .event(Self.invoke))
        #expect(!registry.isIdle)
    }

    @Test func registrationHasItsRules() throws {
        var registry = ExtensionRegistry()
        registry.started("a")
        #expect(refusal { try registry.register(name: "", events: [], id: "0") } == .missingName)
        #expect(
            refusal { try registry.register(name: "in", events: ["SHUTDOWN"], id: "0") }
                == .invalidEvent("SHUTDOWN", isForExternals: true))
        #expect(
            refusal { try registry.register(name: "a", events: ["X"], id: "0") }
                == .invalidEvent("X", isForExternals: false))
        try registry.register(name: "a", events: ["INVOKE"], id: "1")
        #expect(refusal { try registry.register(name: "a", events: [], id: "2") } == .alreadyRegistered("a"))
        for number in 1..<ExtensionRegistry.limit {
            try registry.register(name: "n\(number)", events: [], id: "n\(number)")
        }
        #expect(refusal { try registry.register(name: "more", events: [], id: "9") } == .tooMany)
        registry.initialized()
        #expect(refusal { try registry.register(name: "late", events: [], id: "9") } == .registrationClosed)
        #expect(refusal { _ = try registry.next(id: "?") } == .unknownIdentifier("?"))
        #expect(
            ExtensionRefusal.tooMany.body
                == #"{"errorMessage":"Extension limit (10) reached","errorType":"Extension.TooManyExtensions"}"#)
    }

    @Test func failuresAreFinal() throws {
        var registry = ExtensionRegistry()
        for name in ["a", "b", "c"] {
            registry.started(name)
            try registry.register(name: name, events: ["INVOKE", "SHUTDOWN"], id: name)
        }
        try registry.failInitialization(id: "a", errorType: "Extension.Config")
        #expect(registry.extensions.first?.errorType == "Extension.Config")
        #expect(
            refusal { _ = try registry.next(id: "a") }
                == .invalidState(extension: "a", from: "InitError", to: "Ready"))
        _ = try registry.next(id: "b")
        #expect(refusal { try registry.failInitialization(id: "b", errorType: "x") } != nil)
        try registry.failExit(id: "b", errorType: "x")
        let isFailure = registry.exited("c")
        #expect(isFailure)
        #expect(!registry.isInitialized)
    }

    @Test func theEndIsToldToThoseWhoWantIt() throws {
        var registry = ExtensionRegistry()
        for (name, events) in [("a", ["SHUTDOWN"]), ("b", ["INVOKE"]), ("c", ["INVOKE", "SHUTDOWN"])] {
            registry.started(name)
            try registry.register(name: name, events: events, id: name)
        }
        for id in ["a", "b"] { _ = try registry.next(id: id) }
        registry.initialized()
        let shutdown = ExtensionEvent.shutdown(.timeout, deadline: 2)
        #expect(registry.begin(shutdown) == ["a"])
        #expect(try registry.next(id: "c") == .event(shutdown))
        #expect(shutdown.body == #"{"eventType":"SHUTDOWN","shutdownReason":"timeout","deadlineMs":2}"#)
        #expect(registry.awaitsShutdown)
        // Ends are no failures any longer.
        let failures = ["a", "b", "c"].filter { registry.exited($0) }
        #expect(failures.isEmpty)
        #expect(!registry.awaitsShutdown)
    }

    @Test(arguments: [
        ("{}", [String]?.some([])), (#"{"events":["INVOKE"]}"#, ["INVOKE"]), ("[]", nil), ("", nil),
        (#"{"events":1}"#, nil),
    ])
    func registrationsAreRead(json: String, events: [String]?) {
        let read = try? ExtensionRegistration(json: Array(json.utf8)).events
        #expect(read == events)
    }
}
