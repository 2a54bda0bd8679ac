import ServiceKit
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: UniqueID.Kind.allCases, ["000000000000", "123456789012", "999999999999"])
    func anIDTellsItsKindAndItsAccount(kind: UniqueID.Kind, account: String) {
        let id = UniqueID.make(kind, account: account)
        #expect(id.hasPrefix(kind.rawValue))
        #expect(id.count == (kind == .accessKey || kind == .temporaryAccessKey ? 20 : 21))
        #expect(id.dropFirst(4).allSatisfy { "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".contains($0) })
        #expect(UniqueID.account(of: id) == account)
    }

    @Test func idsDiffer() {
        let ids = Set((0..<1000).map { _ in UniqueID.make(.role, account: "123456789012") })
        #expect(ids.count == 1000)
    }

    /// A key of AWS's that was published, with its account.
    @Test func anIDOfAWSTellsItsAccount() {
        #expect(UniqueID.account(of: "ASIAQNZGKIQY56JQ7WML") == "029608264753")
    }

    @Test(arguments: [
        "", "AKIA", "test", "AKIAIOSFODNN7EXAMPLE", "AROA1111111111111111", "XXXXQAAAAAAAMR5XK5CG",
        "AKIAQ777777777777777é",
    ])
    func otherIDsTellNone(id: String) { #expect(UniqueID.account(of: id) == nil) }

    private struct Constant: RandomNumberGenerator {
        var value: UInt64
        func next() -> UInt64 { value }
    }

    @Test func aUUIDIsOfVersionFourInLowerCase() {
        var zeros = Constant(value: 0)
        var ones = Constant(value: .max)
        #expect(RandomUUID.make(using: &zeros) == "00000000-0000-4000-8000-000000000000")
        #expect(RandomUUID.make(using: &ones) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(RandomUUID.make() != RandomUUID.make())
    }
}
