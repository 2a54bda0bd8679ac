import ServiceKit
import ServiceModel

/// Mail, text messages and pushes: kept where they can be looked at, and mail handed on if there is a server for it.
extension MessageSender {
    func sendMail(
        _ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord
    ) async throws -> DeliveryResult {
        var envelope = Envelope(message, subscription, text: message.text(for: subscription.transport.rawValue))
        var body = envelope.message
        if subscription.transport == .emailJSON {
            if !topic.isFIFO {
                try await signer.sign(
                    &envelope, version: topic.signatureVersion, origin: message.origin(for: subscription))
            }
            body = String(decoding: envelope.document, as: UTF8.self)
        } else {
            body +=
                "\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below "
                + "to unsubscribe:\n\(envelope.unsubscribeURL ?? "")\n"
        }
        return try await sendMail(
            Mail(to: subscription.endpoint, subject: message.subject ?? "AWS Notification Message", body: body),
            id: message.id, account: subscription.owner, region: topic.key.region, topic: topic.arn)
    }

    func sendMail(_ mail: Mail, id: String, account: String, region: String, topic: String) async throws
        -> DeliveryResult
    {
        try await captures.keep(
            "mail", id: id, account: account, region: region, recipient: mail.to,
            document: .object(
                ("To", .string(mail.to)), ("Subject", .string(mail.subject)), ("Body", .string(mail.body)),
                ("TopicArn", .string(topic))))
        guard let sender = self.mail, let from = mailSender else {
            return .delivered(DeliveryNote(status: 200, response: "{}"))
        }
        do {
            try await sender.send(mail, from: from)
            return .delivered(DeliveryNote(status: 200, response: "{}"))
        } catch let failure as MailFailure where failure.isLasting {
            return .refused(DeliveryNote(status: 400, response: failure.description))
        } catch {
            return .unavailable(DeliveryNote(status: 500, response: "\(error)"))
        }
    }

    /// Nobody who opted out is sent anything.
    func sendText(_ text: String, to number: String, _ message: PublishedMessage, owner: String) async throws
        -> DeliveryResult
    {
        let (account, region) = (owner, message.topic.region)
        let plain = PhoneNumber.plain(number)
        if try await messaging.value("optout", plain, account: account, region: region) != nil {
            return .refused(DeliveryNote(status: 400, response: "Phone number is opted out"))
        }
        let settings = try await messaging.all("attribute", account: account, region: region)
        func attribute(_ name: String) -> String? { message.attributes.first { $0.name == name }?.text }
        try await captures.keep(
            "sms", id: message.id, account: account, region: region, recipient: plain,
            document: .object(
                ("PhoneNumber", .string(plain)), ("Message", .string(text)),
                (
                    "SMSType",
                    .string(attribute("AWS.SNS.SMS.SMSType") ?? settings["DefaultSMSType"] ?? "Promotional")
                ),
                (
                    "SenderID",
                    (attribute("AWS.SNS.SMS.SenderID") ?? settings["DefaultSenderID"]).map(JSONValue.string) ?? .null
                ), ("Subject", message.subject.map(JSONValue.string) ?? .null)))
        return .delivered(DeliveryNote(status: 200, response: "\"Message has been accepted by phone carrier\""))
    }

    /// Pushes to an endpoint of a platform application, by its ARN.
    func push(_ message: PublishedMessage, to endpoint: String) async throws -> DeliveryResult {
        guard let key = EndpointKey(arn: endpoint), let found = try await mobile.endpoint(key) else {
            return .refused(DeliveryNote(status: 404, response: "Endpoint does not exist"))
        }
        guard found.attributes["Enabled"] != "false" else {
            return .refused(DeliveryNote(status: 400, response: "Endpoint is disabled"))
        }
        try await captures.keep(
            "push", id: message.id, account: key.application.account, region: key.application.region,
            recipient: endpoint,
            document: .object(
                ("TargetArn", .string(endpoint)), ("Token", .string(found.attributes["Token"] ?? "")),
                ("Message", .string(message.text(for: key.application.platform))),
                ("Subject", message.subject.map(JSONValue.string) ?? .null)))
        return .delivered(DeliveryNote(status: 200, response: "{}"))
    }
}
