import Crypto
import CryptoExtras
import Foundation
import Persistence
import ServiceKit
import ServiceModel
import SwiftASN1
import Testing
import X509

@testable import SNS

@Suite struct EnvelopeTests {
    private static let topic = TopicKey(account: "111111111111", region: "us-east-1", name: "t")

    private var subscription: SubscriptionRecord {
        SubscriptionRecord(
            key: SubscriptionKey(topic: Self.topic, id: "s"), topicID: 1, owner: "111111111111", transport: .sqs,
            endpoint: "q", principal: "", isConfirmed: true, origin: "http://there")
    }

    private func envelope(subject: String?) -> Envelope {
        Envelope(
            PublishedMessage(
                id: "m", topic: Self.topic, subject: subject, body: "a \"text\"\n",
                attributes: [
                    MessageAttribute(name: "a", type: "String", text: "1"),
                    MessageAttribute(name: "b", type: "Binary", text: "", bytes: [0, 255]),
                ], published: Timestamp(milliseconds: 1_000), origin: "http://here"), subscription, text: "a \"text\"\n"
        )
    }

    @Test func whatIsSigned() {
        let arn = "arn:aws:sns:us-east-1:111111111111:t"
        #expect(
            envelope(subject: "s").signedText
                == "Message\na \"text\"\n\nMessageId\nm\nSubject\ns\nTimestamp\n1970-01-01T00:00:01.000Z\nTopicArn\n\(arn)\nType\nNotification\n"
        )
        #expect(!envelope(subject: nil).signedText.contains("Subject"))
        let asked = Envelope(
            confirming: .subscriptionConfirmation, subscription, token: "abc", id: "m",
            at: Timestamp(milliseconds: 0))
        let names = asked.signedText.split(separator: "\n").map(String.init)
        #expect(names.suffix(6) == ["Token", "abc", "TopicArn", arn, "Type", "SubscriptionConfirmation"])
        #expect(
            asked.signedText.contains(
                "SubscribeURL\nhttp://there/?Action=ConfirmSubscription&TopicArn=\(arn)&Token=abc\n"))
    }

    @Test func theDocumentIsJSONInAWSsForm() throws {
        let text = String(decoding: envelope(subject: nil).document, as: UTF8.self)
        #expect(text.hasPrefix("{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"m\",\n  \"TopicArn\" : "))
        let node = try #require(JSONValue(parsing: text))
        #expect(node["Message"]?.text == "a \"text\"\n")
        #expect(node["MessageAttributes"]?["b"]?["Value"]?.text == "AP8=")
        #expect(node["Subject"] == nil)
        #expect(node["UnsubscribeURL"]?.text == "http://here/?Action=Unsubscribe&SubscriptionArn=\(subscription.arn)")
    }

    @Test(arguments: [(1, 1024), (2, 1024), (1, 2048), (2, 2048)])
    func signaturesHold(version: Int, bits: Int) throws {
        let key = try SigningKey(bits: bits, validFrom: Date())
        let text = envelope(subject: nil).signedText
        let signature = _RSA.Signing.RSASignature(
            rawRepresentation: try #require(Data(base64Encoded: try key.sign(text, version: version))))
        var holder = try _RSA.Signing.PrivateKey(unsafePEMRepresentation: key.privatePEM).publicKey
        // The library reads no certificates of smaller keys; others do.
        if bits >= 2048 {
            let certificate = try Certificate(pemEncoded: key.certificate)
            holder = try #require(_RSA.Signing.PublicKey(certificate.publicKey))
        }
        let data = Data(text.utf8)
        if version == 1 {
            #expect(
                holder.isValidSignature(
                    signature, for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5))
        } else {
            #expect(holder.isValidSignature(signature, for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5))
        }
        let same = try SigningKey(privatePEM: key.privatePEM, certificate: key.certificate)
        #expect(same.name == key.name)
        #expect(try same.sign(text, version: 2) == key.sign(text, version: 2))
    }

    @Test func messagesSurviveTheirBytes() {
        let message = PublishedMessage(
            id: "m", topic: Self.topic, subject: "s", body: "b", isStructured: true,
            attributes: [MessageAttribute(name: "b", type: "Binary.x", text: "", bytes: [1])], group: "g",
            deduplicationID: "d", sequence: "1", published: Timestamp(milliseconds: 5), origin: "o", traceHeader: "t")
        #expect(PublishedMessage(bytes: message.bytes) == message)
        let fanOut = FanOutJob(message: message, subscriptions: ["a", "b"])
        #expect(FanOutJob(bytes: fanOut.job(due: message.published).payload) == fanOut)
        for source in [DeliveryJob.Source.inline(message), .shared(7)] {
            let job = DeliveryJob(topic: Self.topic, subscription: "s", source: source, attempts: -3, isDead: true)
            #expect(DeliveryJob(bytes: job.bytes) == job)
        }
        for count in 0..<message.bytes.count {
            #expect(PublishedMessage(bytes: Array(message.bytes.prefix(count))) == nil)
        }
    }
}
