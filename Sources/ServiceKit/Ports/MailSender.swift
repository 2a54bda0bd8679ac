/// A message to a person.
public struct Mail: Sendable, Hashable {
    public var to: String
    /// Without line breaks.
    public var subject: String
    /// Plain text.
    public var body: String

    public init(to: String, subject: String, body: String) {
        self.to = to
        self.subject = subject
        self.body = body
    }
}

/// Hands mail to a server that sends it on.
public protocol MailSender: Sendable {
    /// Returns when the server has taken the mail.
    /// - Throws: ``MailFailure``.
    func send(_ mail: Mail, from sender: String) async throws
}

/// Why a mail server did not take a mail.
public struct MailFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    /// Whether it would refuse the mail again: the recipient does not exist.
    public var isLasting: Bool

    public init(_ description: String, isLasting: Bool) {
        self.description = description
        self.isLasting = isLasting
    }
}
