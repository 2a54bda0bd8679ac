import Execution
import ServiceKit
import ServiceModel

/// What a function URL answers when the function does not.
enum URLRefusal {
    /// No permission; also for what an alias pointed to and is gone.
    static let forbidden = AWSError(
        "AccessDeniedException", status: 403,
        message: "Forbidden. For troubleshooting Function URL authorization issues, see: "
            + "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html")

    /// The event is larger than an event may be.
    static let tooLarge = AWSError(
        "RequestEntityTooLargeException", status: 413, message: "Request Entity Too Large")

    /// The function failed, or answered what is no answer. Its caller learns no more.
    static let functionFailed = WebResponse(
        status: 502, headers: [.init("Content-Type", "application/json")], body: Array("Internal Server Error".utf8))

    /// Errors that callers shall see have their status; whatever else went wrong is as if the function had failed.
    static func response(_ error: any Error) -> WebResponse {
        guard let error = error as? AWSError, error.status < 500 || error.status == 503 else { return functionFailed }
        var members = [("Message", JSONText.string(error.message))]
        for (name, value) in error.fields.sorted(by: { $0.key < $1.key }) {
            if let text = value.stringValue { members.append((name, JSONText.string(text))) }
        }
        return WebResponse(
            status: error.status,
            headers: [.init("Content-Type", "application/json"), .init("x-amzn-ErrorType", error.code)],
            body: Array(JSONText.raw(members).utf8))
    }
}
