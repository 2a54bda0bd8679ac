public import ServiceKit
import ServiceModel

/// Text messages: what an account says of them. Those that are sent are kept, and go nowhere.
extension SNSService {
    public func getSMSAttributes(_ input: GetSMSAttributesInput, _ call: Call) async throws -> GetSMSAttributesResponse
    {
        let all = try await messaging.all("attribute", account: call.account, region: call.region)
        guard let wanted = input.attributes, !wanted.isEmpty else { return GetSMSAttributesResponse(attributes: all) }
        return GetSMSAttributesResponse(attributes: all.filter { wanted.contains($0.key) })
    }

    public func setSMSAttributes(_ input: SetSMSAttributesInput, _ call: Call) async throws -> SetSMSAttributesResponse
    {
        try SMSAttributes.check(input.attributes)
        try await messaging.set("attribute", input.attributes, account: call.account, region: call.region)
        return SetSMSAttributesResponse()
    }

    // MARK: Numbers that opted out

    public func checkIfPhoneNumberIsOptedOut(_ input: CheckIfPhoneNumberIsOptedOutInput, _ call: Call) async throws
        -> CheckIfPhoneNumberIsOptedOutResponse
    {
        let number = try Self.number(input.phoneNumber)
        let found = try await messaging.value("optout", number, account: call.account, region: call.region)
        return CheckIfPhoneNumberIsOptedOutResponse(isOptedOut: found != nil)
    }

    public func listPhoneNumbersOptedOut(_ input: ListPhoneNumbersOptedOutInput, _ call: Call) async throws
        -> ListPhoneNumbersOptedOutResponse
    {
        let page = try await names("optout", scope: "ListPhoneNumbersOptedOut", input.nextToken, Self.pageSize, call)
        return ListPhoneNumbersOptedOutResponse(phoneNumbers: page.items.map(\.name), nextToken: page.next)
    }

    public func optInPhoneNumber(_ input: OptInPhoneNumberInput, _ call: Call) async throws -> OptInPhoneNumberResponse
    {
        let number = try Self.number(input.phoneNumber)
        try await messaging.remove("optout", number, account: call.account, region: call.region)
        return OptInPhoneNumberResponse()
    }

    private static func number(_ text: String) throws(AWSError) -> String {
        guard PhoneNumber.isE164(text) else {
            throw SNSFailures.invalid("PhoneNumber", reason: "input incorrectly formatted")
        }
        return text
    }

    // MARK: The sandbox

    /// Nobody has to leave a sandbox here: every number is sent to.
    public func getSMSSandboxAccountStatus(_ input: GetSMSSandboxAccountStatusInput, _ call: Call) async throws
        -> GetSMSSandboxAccountStatusResult
    {
        GetSMSSandboxAccountStatusResult(isInSandbox: false)
    }

    /// The password goes by text message, as `GET /_martlet/sms` shows it.
    public func createSMSSandboxPhoneNumber(_ input: CreateSMSSandboxPhoneNumberInput, _ call: Call) async throws
        -> CreateSMSSandboxPhoneNumberResult
    {
        try SMSAttributes.checkSandbox(number: input.phoneNumber, language: input.languageCode)
        let password = String((0..<6).map { _ in Character(String(Int.random(in: 0...9))) })
        try await messaging.set(
            "sandbox", [input.phoneNumber: "Pending/\(password)"], account: call.account, region: call.region)
        try await captures.keep(
            "sms", id: call.requestID, account: call.account, region: call.region, recipient: input.phoneNumber,
            document: .object(
                ("PhoneNumber", .string(input.phoneNumber)),
                ("Message", .string("\(password) is your verification code for Amazon SNS."))))
        return CreateSMSSandboxPhoneNumberResult()
    }

    public func verifySMSSandboxPhoneNumber(_ input: VerifySMSSandboxPhoneNumberInput, _ call: Call) async throws
        -> VerifySMSSandboxPhoneNumberResult
    {
        try SMSAttributes.checkSandbox(number: input.phoneNumber)
        try SMSAttributes.checkPassword(input.oneTimePassword)
        guard
            let kept = try await messaging.value(
                "sandbox", input.phoneNumber, account: call.account, region: call.region)
        else { throw SNSFailures.resourceNotFound }
        guard kept == "Verified" || kept == "Pending/\(input.oneTimePassword)" else {
            throw SNSError.verificationException("The one-time password is not correct.", status: "Pending")
        }
        try await messaging.set(
            "sandbox", [input.phoneNumber: "Verified"], account: call.account, region: call.region)
        return VerifySMSSandboxPhoneNumberResult()
    }

    public func deleteSMSSandboxPhoneNumber(_ input: DeleteSMSSandboxPhoneNumberInput, _ call: Call) async throws
        -> DeleteSMSSandboxPhoneNumberResult
    {
        try SMSAttributes.checkSandbox(number: input.phoneNumber)
        guard
            try await messaging.remove("sandbox", input.phoneNumber, account: call.account, region: call.region)
        else { throw SNSFailures.resourceNotFound }
        return DeleteSMSSandboxPhoneNumberResult()
    }

    public func listSMSSandboxPhoneNumbers(_ input: ListSMSSandboxPhoneNumbersInput, _ call: Call) async throws
        -> ListSMSSandboxPhoneNumbersResult
    {
        let size = try SMSAttributes.pageSize(input.maxResults, most: 100)
        let page = try await names("sandbox", scope: "ListSMSSandboxPhoneNumbers", input.nextToken, size, call)
        return ListSMSSandboxPhoneNumbersResult(
            phoneNumbers: page.items.map {
                SMSSandboxPhoneNumber(phoneNumber: $0.name, status: $0.value == "Verified" ? "Verified" : "Pending")
            }, nextToken: page.next)
    }

    /// There are none: numbers to send from are bought of AWS.
    public func listOriginationNumbers(_ input: ListOriginationNumbersRequest, _ call: Call) async throws
        -> ListOriginationNumbersResult
    {
        _ = try SMSAttributes.pageSize(input.maxResults, most: 30)
        _ = try position(input.nextToken, scope: "ListOriginationNumbers")
        return ListOriginationNumbersResult(phoneNumbers: [])
    }

    private struct Named: Sendable {
        var name: String
        var value: String
    }

    private func names(_ kind: String, scope: String, _ token: String?, _ size: Int, _ call: Call) async throws -> Page<
        Named
    > {
        let after = try position(token, scope: scope)[0]
        let found = try await messaging.list(
            kind, account: call.account, region: call.region, after: after, limit: size + 1)
        return Page(found: found.map { Named(name: $0.name, value: $0.value) }, size: size, scope: scope) { [$0.name] }
    }
}
