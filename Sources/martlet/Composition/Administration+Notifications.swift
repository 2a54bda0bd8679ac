import FrontDoor
import SNS

extension Administration {
    /// What SNS has sent to people, and the certificates that its messages are signed with.
    func addNotifications(to routes: inout AdminRoutes) {
        for kind in ["mail", "sms", "push"] {
            routes.add("GET", "/_martlet/\(kind)", access: .owner) { [sns] _ in
                AdminRoutes.Response(body: try await sns.sent(kind))
            }
        }
        // No bucket can have such a name: it has capital letters.
        routes.addDocuments(prefix: "/SimpleNotificationService-", suffix: ".pem") { [sns] request in
            guard let certificate = try await sns.signingCertificate(path: request.path) else {
                return .message("There is no such certificate.", status: 404)
            }
            return AdminRoutes.Response(contentType: "application/x-pem-file", body: Array(certificate.utf8))
        }
    }
}
