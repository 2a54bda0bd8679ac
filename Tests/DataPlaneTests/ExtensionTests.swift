import DataPlane
import Execution
import NIOCore
import NIOPosix
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

/// Internal extensions in scripted sandboxes. Processes are for the integration tests.
@Suite struct ExtensionTests {
    private static func register(_ runtime: FakeRuntime) async throws -> String {
        let answer = try await runtime.call(
            "POST", "/2020-01-01/extension/register", "Lambda-Extension-Name: inner\r\n",
            body: #"{"events":["INVOKE"]}"#)
        #expect(answer.body == #"{"functionName":"f","functionVersion":"$LATEST","handler":"app.handler"}"#)
        return try #require(answer.header("Lambda-Extension-Identifier"))
    }

    private static func next(_ runtime: FakeRuntime, _ id: String) async throws -> String {
        try await runtime.call(
            "GET", "/2020-01-01/extension/event/next", "Lambda-Extension-Identifier: \(id)\r\n"
        ).body
    }

    @Test func anInvocationEndsWhenItsExtensionHasAskedForMore() async throws {
        let order = Mutex<[String]>([])
        let note: @Sendable (String) -> Void = { text in order.withLock { $0.append(text) } }
        let answered = Gate()
        let rig = Rig { runtime in
            let gone = SandboxExit(status: .code(0), outOfMemory: false, peakMemory: nil)
            guard let id = try? await Self.register(runtime) else { return gone }
            Task {
                let event = try await Self.next(runtime, id)
                #expect(event.hasPrefix(#"{"eventType":"INVOKE","deadlineMs":"#))
                #expect(
                    event.contains(#""requestId":"r1","invokedFunctionArn":"arn","tracing":{"type":"X-Amzn-Trace-Id""#))
                // Only when the runtime is done long since.
                await answered.arrived(1)
                note("extension")
                _ = try await Self.next(runtime, id)
            }
            return await runtime.serve { event in
                Task { await answered.arrive() }
                return .response(event.body)
            }
        }
        // With the log's end, the answer is that of the whole invocation.
        let result = try await rig.invoke("1", tail: true)
        #expect(String(decoding: result.payload, as: UTF8.self) == "1")
        note("caller")
        #expect(order.withLock { $0 } == ["extension", "caller"])
        await answered.open(after: 1)
        await rig.stop()
        // The runtime gets SIGTERM, and is killed only when it does not mind.
        #expect(rig.sandboxes.sandboxes.first?.actions.suffix(2) == ["terminate", "kill"])
        #expect(rig.logs.text.contains("EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]\n"))
    }

    @Test func withoutExtensionsTheEndComesAtOnce() async throws {
        let rig = Rig { runtime in await runtime.serve { .response($0.body) } }
        _ = try await rig.invoke("1")
        await rig.stop()
        #expect(rig.sandboxes.sandboxes.first?.actions.contains("terminate") == false)
        #expect(!rig.logs.text.contains("EXTENSION"))
    }

    @Test func aFailedExtensionFailsTheInitialisation() async throws {
        let rig = Rig { runtime in
            if let id = try? await Self.register(runtime) {
                let answer = try? await runtime.call(
                    "POST", "/2020-01-01/extension/init/error",
                    "Lambda-Extension-Identifier: \(id)\r\nLambda-Extension-Function-Error-Type: Extension.Config\r\n")
                #expect(answer?.body == #"{"status":"OK"}"#)
            }
            await runtime.untilKilled()
            return SandboxExit(status: .code(0), outOfMemory: false, peakMemory: nil)
        }
        let result = try await rig.invoke("1")
        #expect(result.functionError == "Unhandled")
        #expect(
            String(decoding: result.payload, as: UTF8.self)
                == #"{"errorType":"Extension.InitError","errorMessage":"RequestId: r1 Error: Extension.Config"}"#)
        await rig.stop()
        #expect(rig.logs.text.contains("State: InitError\tEvents: [INVOKE]\tError Type: Extension.Config\n"))
    }
}
