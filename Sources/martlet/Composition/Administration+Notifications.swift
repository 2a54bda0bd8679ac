import Foundation
import FrontDoor
import SNS
import ServiceKit

extension Administration {
    /// What SNS has sent to people, what they say to it, and the certificates that its messages are signed with.
    func addNotifications(to routes: inout AdminRoutes) {
        for kind in ["mail", "sms", "push"] {
            routes.add("GET", "/_martlet/\(kind)", access: .owner) { [sns] request in
                guard let page = NotificationPage(query: request.query) else {
                    return .message(
                        "Say ?limit= with a number from 1 to 1000, and ?before= with an answer's next.", status: 400)
                }
                return AdminRoutes.Response(body: try await sns.sent(kind, limit: page.limit, before: page.before))
            }
        }
        routes.add("POST", "/_martlet/sms/opt-out", access: .owner) { [sns, settings] request in
            let said = try? JSONDecoder().decode(OptOut.self, from: Data(request.body))
            let account = said?.account ?? Platform.defaultAccount
            guard let said, AccountID.isValid(account),
                try await sns.optOut(said.phoneNumber, account: account, region: said.region ?? settings.region)
            else {
                return .message(
                    #"Say {"phoneNumber": "+15550100"}, and "account" and "region" if they are not the first ones."#,
                    status: 400)
            }
            return AdminRoutes.Response(body: Array("{}".utf8))
        }
        // No bucket can have such a name: it has capital letters.
        routes.addDocuments(prefix: "/SimpleNotificationService-", suffix: ".pem") { [sns] request in
            guard let certificate = try await sns.signingCertificate(path: request.path) else {
                return .message("There is no such certificate.", status: 404)
            }
            return AdminRoutes.Response(contentType: "application/x-pem-file", body: Array(certificate.utf8))
        }
    }

    /// Whose number wants no more text messages.
    private struct OptOut: Decodable {
        var phoneNumber: String
        var account: String?
        var region: String?
    }
}

/// Which part of a list is asked for.
struct NotificationPage: Equatable {
    var limit: Int?
    var before: Int64?

    /// Nil for a value that is none; other names are passed over.
    init?(query: String) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : ""
            switch parts[0] {
            case "limit":
                guard let number = Int(value), (1...1000).contains(number) else { return nil }
                limit = number
            case "before":
                guard let number = Int64(value), number >= 0 else { return nil }
                before = number
            default: break
            }
        }
    }
}
