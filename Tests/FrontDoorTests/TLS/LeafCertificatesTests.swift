import Foundation
import Synchronization
import Testing

@testable import FrontDoor

@Suite("Certificates for the names that clients ask for")
struct LeafCertificatesTests {
    private final class Clock: Sendable {
        private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
        var now: Date { time.withLock { $0 } }
        func pass(days: Double) { time.withLock { $0 += days * 86_400 } }
    }

    private let clock = Clock()

    private func leaves() throws -> LeafCertificates {
        let clock = clock
        return LeafCertificates(
            authority: try CertificateAuthority.make(now: clock.now), names: ["localhost", "127.0.0.1"],
            hosts: HostRules(additional: ["example.test"]), now: { clock.now })
    }

    @Test("are issued once for each name")
    func cached() throws {
        let leaves = try leaves()
        let first = try leaves.identity(for: "sqs.us-east-1.amazonaws.com")
        let again = try leaves.identity(for: "SQS.us-east-1.amazonaws.com.")
        #expect(first.chain == again.chain)
        #expect(leaves.count == 1)
        #expect(try leaves.identity(for: "x.example.test").chain != first.chain)
    }

    @Test(
        "names that are not ours get the listener's own",
        arguments: ["evil.test", "", "1.2.3.4", "localhost", "a..b", "amazonaws.com.evil.test", "x\u{0}.localhost"])
    func foreign(_ name: String) throws {
        let leaves = try leaves()
        let own = try leaves.identity(for: nil)
        #expect(try leaves.identity(for: name).chain == own.chain)
        #expect(leaves.count == 1)
    }

    @Test("are renewed when two thirds of their time are over")
    func renewed() throws {
        let leaves = try leaves()
        let first = try leaves.identity(for: "a.localhost")
        clock.pass(days: 59)
        #expect(try leaves.identity(for: "a.localhost").chain == first.chain)
        clock.pass(days: 2)
        let second = try leaves.identity(for: "a.localhost")
        #expect(second.chain != first.chain)
        #expect(second.notAfter > first.notAfter)
    }

    @Test("no client can make the server keep any number of them")
    func bounded() throws {
        let leaves = try leaves()
        for index in 0..<(LeafCertificates.capacity + 10) { _ = try leaves.identity(for: "n\(index).localhost") }
        #expect(leaves.count <= LeafCertificates.capacity)
    }
}
