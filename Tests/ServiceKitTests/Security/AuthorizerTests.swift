import ServiceKit
import Testing

@Suite struct RootOnlyAuthorizerTests {
    private static let service = Principal.service(
        name: "s3.amazonaws.com", sourceARN: "arn:aws:s3:::b", account: "111111111111")

    @Test(arguments: [
        (Principal.root(account: "111111111111"), "lambda", "Invoke", true),
        (.root(account: "222222222222"), "lambda", "Invoke", false), (service, "lambda", "Invoke", true),
        (service, "lambda", "DeleteFunction", false), (service, "sqs", "Invoke", false),
        (.user(account: "111111111111", name: "u", path: "/", id: "AIDA"), "lambda", "Invoke", false),
        (.anonymous, "lambda", "Invoke", false), (.anonymous, "sts", "GetCallerIdentity", false),
    ])
    func whoMayCall(_ principal: Principal, _ service: String, _ operation: String, _ isAllowed: Bool) async {
        let authorizer = RootOnlyAuthorizer()
        do {
            try await authorizer.authorize(principal, service: service, operation: operation, account: "111111111111")
            #expect(isAllowed)
        } catch {
            #expect(!isAllowed)
        }
    }
}
