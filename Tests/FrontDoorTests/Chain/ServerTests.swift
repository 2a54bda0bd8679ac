import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceKit
import ServiceLifecycle
import Synchronization
import Testing

@testable import FrontDoor

@Suite("The server")
struct ServerTests {
    private func door(_ recorder: CallRecorder, onReady: @escaping @Sendable (Int) -> Void = { _ in }) -> FrontDoor {
        var configuration = FrontDoorConfiguration()
        configuration.port = 0
        return FrontDoor(
            configuration: configuration,
            dispatcher: Dispatcher(services: [StubLambda(recorder: recorder)], authorizer: OpenAuthorizer()),
            credentials: StubCredentials(), admin: AdminRoutes(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onReady: onReady)
    }

    @Test("a graceful shutdown lets the running request end, and takes no other")
    func gracefulShutdown() async throws {
        let recorder = CallRecorder()
        let door = door(recorder)
        let port = try await door.bind()
        var groupConfiguration = ServiceGroupConfiguration(
            services: [door], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        groupConfiguration.maximumGracefulShutdownDuration = .seconds(60)
        let group = ServiceGroup(configuration: groupConfiguration)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            // A body that is not whole yet keeps its connection busy.
            let busy = try await RawClient.connect(port)
            try await busy.send(
                "POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            _ = await busy.receive(until: "100 Continue")
            let idle = try await RawClient.connect(port)
            try await idle.send("GET /2015-03-31/functions/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = await idle.receive(until: "Functions")
            await group.triggerGracefulShutdown()
            _ = await idle.receiveAll()
            await #expect(throws: (any Error).self) { try await RawClient.connect(port) }
            try await busy.send("{}")
            let answer = await busy.receiveAll()
            #expect(answer.contains("HTTP/1.1 200"))
            #expect(answer.contains("Connection: close"))
            await idle.close()
            await busy.close()
            try await tasks.waitForAll()
        }
    }

    @Test("the port is told before the first request is read")
    func ready() async throws {
        let told = Mutex<Int?>(nil)
        let door = door(CallRecorder(), onReady: { port in told.withLock { $0 = port } })
        let port = try await door.bind()
        #expect(port > 0)
        let early = try await RawClient.connect(port)
        try await early.send("GET /2015-03-31/functions/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(told.withLock { $0 } == nil)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await door.run() }
            let answer = await early.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(told.withLock { $0 } == port)
            await early.close()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }

    @Test("a port in use is an error, not a crash")
    func portInUse() async throws {
        try await TestDoor.with { first in
            var configuration = FrontDoorConfiguration()
            configuration.port = first.port
            let second = FrontDoor(
                configuration: configuration, dispatcher: Dispatcher(services: [], authorizer: OpenAuthorizer()),
                credentials: StubCredentials(), admin: AdminRoutes(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            await #expect(throws: IOError.self) { try await second.bind() }
        }
    }
}
