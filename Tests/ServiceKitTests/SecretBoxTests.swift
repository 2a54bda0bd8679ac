import ServiceKit
import Testing

@Suite struct SecretBoxTests {
    let master = MasterKey()

    @Test(arguments: [[], [0], [UInt8](repeating: 9, count: 100_000)])
    func whatIsSealedCanBeOpened(plain: [UInt8]) throws {
        let box = SecretBox(master, purpose: "lambda/environment")
        let sealed = try box.seal(plain, context: "arn")
        #expect(try box.open(sealed, context: "arn") == plain)
        #expect(sealed.count == plain.count + 29)
        #expect(try box.seal(plain, context: "arn") != sealed)
        #expect(try SecretBox(master, purpose: "lambda/environment").open(sealed, context: "arn") == plain)
    }

    @Test func nothingElseOpensIt() throws {
        let box = SecretBox(master, purpose: "a")
        let sealed = try box.seal([1, 2, 3], context: "x")
        #expect(throws: SecretBoxError.unreadable) { try box.open(sealed, context: "y") }
        #expect(throws: SecretBoxError.unreadable) { try SecretBox(master, purpose: "b").open(sealed, context: "x") }
        #expect(throws: SecretBoxError.unreadable) {
            try SecretBox(MasterKey(), purpose: "a").open(sealed, context: "x")
        }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: SecretBoxError.unreadable) { try box.open(changed, context: "x") }
            #expect(throws: SecretBoxError.unreadable) { try box.open(Array(sealed[..<index]), context: "x") }
        }
    }

    @Test func aMasterKeyHas32Bytes() {
        #expect(MasterKey(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(MasterKey(bytes: master.bytes) == master)
    }
}
