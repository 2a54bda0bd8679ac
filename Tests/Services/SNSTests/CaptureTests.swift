import Foundation
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SNS

/// What was sent to people, and what they want no more of.
@Suite struct CaptureTests {
    private struct Page: Decodable {
        struct Message: Decodable { var MessageId: String }
        var messages: [Message]
        var next: String?

        var ids: [String] { messages.map(\.MessageId) }
    }

    private static func page(_ bytes: [UInt8]) throws -> Page { try JSONDecoder().decode(Page.self, from: Data(bytes)) }

    private static func keep(_ captures: CaptureStore, _ kind: String, _ numbers: Range<Int>) async throws {
        for number in numbers {
            try await captures.keep(
                kind, id: "\(number)", account: "1", region: "r", recipient: "a", document: .object(("A", "b")))
        }
    }

    @Test(arguments: TestDatabase.engines) func eachKindHasRoomOfItsOwn(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            var captures = fixture.service.captures
            captures.capacity = 5
            try await Self.keep(captures, "mail", 0..<3)
            try await Self.keep(captures, "sms", 0..<20)
            #expect(try Self.page(await captures.json("mail")).ids == ["0", "1", "2"])
            #expect(try Self.page(await captures.json("sms")).ids == ["15", "16", "17", "18", "19"])
        }
    }

    @Test(arguments: TestDatabase.engines) func listsHavePages(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            try await Self.keep(fixture.service.captures, "mail", 0..<5)
            var pages: [[String]] = []
            var place: Int64?
            repeat {
                let page = try Self.page(await fixture.service.sent("mail", limit: 2, before: place))
                pages.append(page.ids)
                place = page.next.flatMap { Int64($0) }
            } while place != nil
            #expect(pages == [["3", "4"], ["1", "2"], ["0"]])
        }
    }

    @Test(arguments: TestDatabase.engines) func whoHasOptedOutIsSentNothing(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let (service, number) = (fixture.service, "+15550100")
            func isOut() async throws -> Bool? {
                try await service.checkIfPhoneNumberIsOptedOut(
                    CheckIfPhoneNumberIsOptedOutInput(phoneNumber: number),
                    fixture.call("CheckIfPhoneNumberIsOptedOut")
                ).isOptedOut
            }
            func send() async throws {
                _ = try await service.publish(
                    PublishInput(message: "m", phoneNumber: number), fixture.call("Publish"))
            }
            #expect(try await isOut() == false)
            #expect(try await !service.optOut("5550100", account: SNSFixture.account, region: SNSFixture.region))
            #expect(try await service.optOut(number, account: SNSFixture.account, region: SNSFixture.region))
            #expect(try await isOut() == true)
            try await send()
            #expect(try Self.page(await service.sent("sms")).ids.isEmpty)
            _ = try await service.optInPhoneNumber(
                OptInPhoneNumberInput(phoneNumber: number), fixture.call("OptInPhoneNumber"))
            try await send()
            #expect(try Self.page(await service.sent("sms")).ids.count == 1)
        }
    }

    @Test func anAccountHasSoManyTopics() async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            func create(_ name: String) async -> AWSError? {
                await awsError {
                    let key = TopicKey(account: "1", region: "r", name: name)
                    _ = try await fixture.service.topics.create(TopicRecord(key: key, id: 1), limit: 2)
                }
            }
            #expect(await create("a") == nil)
            #expect(await create("b") == nil)
            #expect(await create("c")?.code == "TopicLimitExceeded")
            // It is there already.
            #expect(await create("b") == nil)
        }
    }
}
