import Testing

@testable import Execution

@Suite("Variables for programs that bring certificates of their own")
struct TrustVariablesTests {
    @Test("each language has those that its programs know, and no other")
    func languages() {
        #expect(
            TrustVariables.make(.python, hasHostBundle: true).keys.sorted() == [
                "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
            ])
        #expect(
            TrustVariables.make(.nodejs, hasHostBundle: true) == ["NODE_EXTRA_CA_CERTS": "/var/runtime/ca-cert.pem"])
        #expect(TrustVariables.make(.provided, hasHostBundle: true).count == 4)
    }

    @Test("without the machine's certificates nothing takes the place of a program's own")
    func noBundle() {
        #expect(TrustVariables.make(.python, hasHostBundle: false).isEmpty)
        #expect(TrustVariables.make(.provided, hasHostBundle: false).keys.sorted() == ["NODE_EXTRA_CA_CERTS"])
    }
}
