import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SNS

/// Messages as jobs keep them, and what may be published.
@Suite struct PublishedMessageTests {
    private static let topic = TopicKey(account: "111111111111", region: "us-east-1", name: "t")

    @Test(arguments: [0, 1, 4096, 4097, 30_000]) func everyAttributeIsReadBack(count: Int) throws {
        let message = PublishedMessage(
            id: "m", topic: Self.topic, body: "b",
            attributes: (0..<count).map { MessageAttribute(name: "a\($0)", type: "String", text: "v") },
            published: Timestamp(milliseconds: 1), origin: "")
        let read = try #require(PublishedMessage(bytes: message.bytes))
        #expect(read == message)
    }

    @Test func bytesThatEndEarlyAreNoMessage() {
        var message = PublishedMessage(
            id: "m", topic: Self.topic, body: "b", published: Timestamp(milliseconds: 1), origin: "")
        message.attributes = [MessageAttribute(name: "a", type: "String", text: "v")]
        let bytes = message.bytes
        for count in 0..<bytes.count { #expect(PublishedMessage(bytes: Array(bytes.prefix(count))) == nil) }
    }

    private static func code(_ type: String, _ text: String) -> String? {
        do {
            _ = try MessageAttribute.checked(["a": MessageAttributeValue(dataType: type, stringValue: text)])
            return nil
        } catch {
            return error.code
        }
    }

    /// What a queue would not take is refused before it is acknowledged.
    @Test(arguments: [
        ("Number", "0x10"), ("Number", "0x1p3"), ("Number", "nan"), ("Number", "inf"), ("Number", "1 "),
        ("Number", "--1"), ("Number", "1,5"), ("String", "a\u{0}"), ("String", "\u{1B}"), ("String", "\u{FFFF}"),
        ("String.\u{1}", "a"), ("String.ü", "a"), ("Number", String(repeating: "1", count: 300)),
    ])
    func anAttributeThatQueuesRefuse(type: String, text: String) {
        #expect(Self.code(type, text) == "ParameterValueInvalid")
    }

    @Test(arguments: [
        ("Number", "1"), ("Number", "-1.5e3"), ("Number", "+.5"), ("Number.int", "007"), ("String", "a\tb\r\nü🙂"),
        ("String.mine", "0x10"),
    ])
    func anAttributeThatQueuesTake(type: String, text: String) { #expect(Self.code(type, text) == nil) }
}
