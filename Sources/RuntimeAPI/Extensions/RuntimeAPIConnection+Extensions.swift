import Execution
import NIOCore
import ServiceKit

extension RuntimeAPIConnection: ExtensionsAPICaller {
    private static let bodyLimit = 1 << 20

    /// Answers a call of an extension, unless that has to wait for its event.
    /// The body is nil if it was far too large.
    func call(_ route: ExtensionsRoute, _ headers: ExtensionsHeaders, body: ByteBuffer?) {
        guard let extensions = session.extensions else {
            return answer(ExtensionsAPIAnswer(status: 403, body: ExtensionRefusal.registrationClosed.body))
        }
        guard let body, body.readableBytes <= Self.bodyLimit else {
            return answer(ExtensionsAPIAnswer(status: 413, body: RuntimeAPIRefusal.payloadTooLarge.body))
        }
        let identifier = headers[.identifier]
        switch route {
        case .register:
            let features = headers[.feature] ?? ""
            answer(
                extensions.register(
                    name: headers[.name],
                    wantsAccount: features.split(separator: ",").contains { $0.trimmingSpaces == "accountId" },
                    body: body))
        case .next:
            waitsForExtensionEvent = true
            if let given = extensions.next(identifier: identifier, self) { answer(given) }
        case .initError:
            answer(
                extensions.failInitialization(
                    identifier: identifier, errorType: headers[.errorType]))
        case .exitError:
            answer(
                extensions.failExit(
                    identifier: identifier, errorType: headers[.errorType]))
        case .subscribe(let api):
            answer(extensions.subscribe(identifier: identifier, body: body, api: api))
        }
    }

    func answer(_ answer: ExtensionsAPIAnswer) {
        waitsForExtensionEvent = false
        var text = "HTTP/1.1 \(answer.status) \(answer.reason)\r\nContent-Type: application/json\r\n"
        for header in answer.headers { text += "\(header.name): \(header.value)\r\n" }
        sendNow(text + "Content-Length: \(answer.body.utf8.count)\r\n\r\n\(answer.body)")
    }
}
