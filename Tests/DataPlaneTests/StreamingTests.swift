import DataPlane
import Execution
import Sandbox
import TestSupport
import Testing

/// Answers that runtimes stream, with scripted sandboxes.
@Suite struct StreamingTests {
    private let error = #"{"errorType":"E"}"#

    /// A function that answers as its event says.
    private func rig() -> Rig {
        Rig { runtime in
            await runtime.serve { event in
                switch event.body {
                case "stream": .stream(["a", "bc"], trailers: "")
                case "empty": .stream([], trailers: "")
                case "error": .stream(["a"], trailers: "Lambda-Runtime-Function-Error-Type: E\r\n")
                case "large":
                    .stream([String](repeating: String(repeating: "x", count: 1 << 20), count: 7), trailers: "")
                case "exit": .exit(SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil))
                default: .response(event.body)
                }
            }
        }
    }

    private func read(_ stream: ResponseStream) async throws -> (text: String, end: ResponseStream.End?) {
        var bytes: [UInt8] = []
        while let part = try await stream.next() {
            switch part {
            case .bytes(let more): bytes += more
            case .end(let end): return (String(decoding: bytes, as: UTF8.self), end)
            }
        }
        return (String(decoding: bytes, as: UTF8.self), nil)
    }

    @Test func aStreamHasTypePartsAndEnd() async throws {
        let rig = rig()
        let stream = try await rig.stream("stream", tail: true)
        #expect(stream.contentType == "text/x")
        let answer = try await read(stream)
        #expect(answer.text == "abc" && answer.end?.functionError == nil)
        let tail = String(decoding: answer.end?.logTail ?? [], as: UTF8.self)
        #expect(tail.hasPrefix("START RequestId: r1 "))
        #expect(try await read(rig.stream("empty")).text == "")
        await rig.isIdle()
        #expect(try await read(rig.stream("3")).text == "3")
        #expect(rig.sandboxes.sandboxes.count == 1)
        await rig.stop()
    }

    @Test func errorsAreInTheEnd() async throws {
        let rig = rig()
        let late = try await read(rig.stream("error"))
        #expect(late.text == "a" && late.end == .init(functionError: "Unhandled", errorDetails: error))
        let ended = try await read(rig.stream("exit"))
        #expect(ended.text == "" && ended.end?.errorDetails?.contains("Runtime.ExitError") == true)
        await rig.stop()
    }

    @Test func anInvocationThatWantsAllOfItCollects() async throws {
        let rig = rig()
        #expect(try await rig.invoke("stream").text == "abc")
        #expect(try await rig.invoke("error").text == error)
        let large = try await rig.invoke("large")
        #expect(large.functionError == "Unhandled" && large.text.contains("(6291556 bytes)"))
        #expect(try await read(rig.stream("large")).text.utf8.count == 7 << 20)
        await rig.stop()
    }

    @Test func nobodyNeedsToRead() async throws {
        let rig = rig()
        for _ in 0..<3 {
            let stream = try await rig.stream("large")
            stream.abandon()
        }
        #expect(try await rig.invoke("after").text == "after")
        await rig.stop()
        #expect(rig.logs.text.ranges(of: "REPORT RequestId").count == 4)
    }
}

extension InvocationResult {
    fileprivate var text: String { String(decoding: payload, as: UTF8.self) }
}
