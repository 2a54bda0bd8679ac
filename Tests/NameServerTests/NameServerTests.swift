import CNameServer
import Glibc
import Testing

@Suite("The name server of a sandbox")
struct NameServerTests {
    @Test(
        "names of AWS and of the platform are 127.0.0.1",
        arguments: [
            "localhost", "x.localhost", "LocalHost", "a.b.c.localhost.localstack.cloud", "amazonaws.com",
            "sqs.us-east-1.amazonaws.com", "bucket.with.dots.S3.Eu-West-1.AmazonAWS.com", "lambda.us-east-1.api.aws",
            "abc.lambda-url.us-east-1.on.aws", "sts.cn-north-1.amazonaws.com.cn", "martlet.test", "api.martlet.test",
        ])
    func platform(name: String) {
        for others in [CNS_OTHERS_FORWARD, CNS_OTHERS_UNKNOWN, CNS_OTHERS_FAIL] {
            let query = Query(name)
            let outcome = Outcome(query, others: others, domains: ["other.example", "Martlet.Test"])
            #expect(outcome.address(of: query) == [127, 0, 0, 1])
            #expect(outcome.isAuthoritative)
            #expect(outcome.counts == [1, 1, 0, 0])
            #expect(Array(outcome.answer[..<2]) == [0x12, 0x34])
        }
    }

    @Test(
        "others are another server's, or are unknown, or have no server",
        arguments: [
            "example.org", "notamazonaws.com", "amazonaws.com.example.org", "localhost.example", "aws", "",
            "xn--nxasmq6b.test",
        ])
    func others(name: String) {
        let query = Query(name)
        #expect(Outcome(query).verdict == CNS_FORWARD)
        let unknown = Outcome(query, others: CNS_OTHERS_UNKNOWN)
        #expect(unknown.code == 3 && unknown.counts == [1, 0, 0, 0] && !unknown.isAuthoritative)
        #expect(Outcome(query, others: CNS_OTHERS_FAIL).code == 2)
    }

    @Test("a label is a label, whatever letters are in it")
    func labels() {
        // One label with a dot in it, one with a NUL: other names than they look like.
        var query = Query("")
        query.name = [11] + Array("x.localhost".utf8) + [0]
        #expect(Outcome(query).verdict == CNS_FORWARD)
        query.name = [1] + Array("x".utf8) + [10] + Array("localhost\0".utf8) + [0]
        #expect(Outcome(query).verdict == CNS_FORWARD)
        // And one that is longer than a part of a domain.
        query = Query("xamazonaws.com")
        #expect(Outcome(query).verdict == CNS_FORWARD)
    }

    /// AAAA, MX, TXT, SVCB, HTTPS, SOA, PTR and one that nobody has heard of.
    @Test(
        "other types of a platform's name: it exists, without such a record",
        arguments: [28, 15, 16, 64, 65, 6, 12, 4711])
    func types(type: UInt16) {
        let outcome = Outcome(Query("sqs.us-east-1.amazonaws.com", type: type), others: CNS_OTHERS_UNKNOWN)
        #expect(outcome.code == 0)
        #expect(outcome.counts == [1, 0, 0, 0])
    }

    @Test("any type will do for an address; zones, and classes but the internet's, are refused")
    func special() {
        let any = Query("x.localhost", type: 255)
        #expect(Outcome(any).address(of: any) == [127, 0, 0, 1])
        for name in ["x.localhost", "example.org"] {
            #expect(Outcome(Query(name, type: 252)).code == 5)
            #expect(Outcome(Query(name, type: 251)).code == 5)
            var chaos = Query(name, type: 16)
            chaos.classCode = 3
            #expect(Outcome(chaos).code == 5)
        }
    }

    @Test("recursion and checking are as asked, the id too")
    func flags() {
        for flags in [0x0000, 0x0100, 0x0110, 0x0130] as [UInt16] {
            var query = Query("x.localhost")
            query.flags = flags
            query.id = flags &* 7
            let answer = Outcome(query).answer
            #expect(Array(answer[..<2]) == Query.number(query.id))
            #expect(answer[2] == 0x84 | UInt8(flags >> 8))
            // Nothing here is authenticated.
            #expect(answer[3] == 0x80 | UInt8(flags & 0x10))
        }
    }

    @Test("EDNS is answered in kind")
    func edns() {
        let query = Query("x.localhost").withEDNS(flags: 0x8000, options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
        let outcome = Outcome(query)
        #expect(outcome.address(of: query) == [127, 0, 0, 1])
        #expect(outcome.counts == [1, 1, 0, 1])
        #expect(Array(outcome.answer.suffix(11)) == [0, 0, 41, 1232 >> 8, 1232 & 0xFF, 0, 0, 0x80, 0, 0, 0])
        let refused = Outcome(Query("example.org").withEDNS(), others: CNS_OTHERS_UNKNOWN)
        #expect(refused.code == 3 && refused.counts == [1, 0, 0, 1])
        // BADVERS, 16: its upper bits are in the record.
        let later = Outcome(Query("x.localhost").withEDNS(version: 1))
        #expect(later.code == 0 && later.counts == [1, 0, 0, 1])
        #expect(Array(later.answer.suffix(11)) == [0, 0, 41, 1232 >> 8, 1232 & 0xFF, 1, 0, 0, 0, 0, 0])
    }

    @Test("the longest name there is gets its answer")
    func longest() {
        let prefix = Array(repeating: String(repeating: "a", count: 63), count: 3) + [String(repeating: "b", count: 51)]
        let query = Query((prefix + ["localhost"]).joined(separator: ".")).withEDNS()
        #expect(query.name.count == 255)
        #expect(Outcome(query).address(of: query) == [127, 0, 0, 1])
        let many = Query(String(repeating: "a.", count: 122) + "localhost")
        #expect(many.name.count == 255)
        #expect(Outcome(many).address(of: many) == [127, 0, 0, 1])
        var longer = query
        longer.name = Query.labels(
            (prefix.dropLast() + [String(repeating: "b", count: 52)] + ["localhost"]).joined(separator: "."))
        #expect(longer.name.count == 256)
        #expect(Outcome(longer).code == 1)
    }

    @Test("what is malformed is answered with FORMERR, without a question")
    func malformed() {
        let good = Query("x.localhost")
        var bad: [[UInt8]] = []
        // Cut anywhere in the question.
        for length in 12..<good.bytes.count { bad.append(Array(good.bytes[..<length])) }
        var query = good
        query.counts = [0, 0, 0, 0]
        bad.append(query.bytes)
        query.counts = [2, 0, 0, 0]
        bad.append(query.bytes)
        query.counts = [1, 1, 0, 0]
        bad.append(query.bytes)
        query.counts = [1, 0, 1, 0]
        bad.append(query.bytes)
        query.counts = [1, 0, 0, 1]
        bad.append(query.bytes)
        // A pointer, to itself, forwards, and into the header; the two reserved kinds of label; a label beyond the end.
        for label in [[0xC0, 12], [0xC0, 14], [0xC0, 0], [0x40, 1], [0x80, 1], [63, 1]] as [[UInt8]] {
            query = good
            query.name = label + [0]
            bad.append(query.bytes)
        }
        // EDNS twice, with a name, cut, longer than it is.
        bad.append(good.withEDNS().withEDNS().bytes)
        query = good.withEDNS()
        query.rest[0] = 1
        bad.append(query.bytes)
        bad.append(good.withEDNS().bytes.dropLast())
        query = good.withEDNS()
        query.rest[query.rest.count - 1] = 1
        bad.append(query.bytes)
        // Longer than anybody asks.
        bad.append(good.bytes + [UInt8](repeating: 0, count: 4096))
        for bytes in bad {
            let outcome = Outcome(bytes)
            #expect(outcome.code == 1 && outcome.answer.count == 12, "\(bytes)")
            #expect(outcome.counts == [0, 0, 0, 0])
        }
    }

    @Test("what is no query is not answered, other operations are not implemented")
    func noQuery() {
        for length in 0..<12 { #expect(Outcome(Array(Query("x.localhost").bytes[..<length])).verdict == CNS_DROP) }
        var query = Query("x.localhost")
        query.flags = 0x8180
        #expect(Outcome(query).verdict == CNS_DROP)
        for operation in 1...15 as ClosedRange<UInt16> {
            query.flags = operation << 11
            let outcome = Outcome(query)
            #expect(outcome.code == 4 && outcome.answer.count == 12)
            #expect(outcome.answer[2] == 0x80 | UInt8(operation << 3))
        }
    }

    @Test("records after the question are skipped, compressed names too")
    func signatures() {
        var query = Query("example.org").withEDNS()
        query.counts[3] += 1
        // TSIG, with a name that points at the question's.
        query.rest +=
            [3] + Array("key".utf8) + [0xC0, 12] + Query.number(250) + Query.number(255) + [0, 0, 0, 0] + [0, 2, 7, 7]
        #expect(Outcome(query).verdict == CNS_FORWARD)
        #expect(Outcome(query, others: CNS_OTHERS_UNKNOWN).counts == [1, 0, 0, 1])
    }

    @Test("anything at all is survived, and never answered at more length than is allowed")
    func anything() {
        var random = SystemRandomNumberGenerator()
        let seeds = [
            Query("x.localhost").bytes, Query("example.org", type: 28).withEDNS().bytes,
            Query("a.b.c.d.e.f.amazonaws.com").withEDNS(options: [0, 1, 0, 0]).bytes,
        ]
        for _ in 0..<20_000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0...6) {
                bytes[Int.random(in: 0..<bytes.count)] =
                    [0, 1, 12, 0x3F, 0x40, 0xC0, 0xFF, .random(in: 0...255)].randomElement() ?? 0
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...(bytes.count * 2))))
            let outcome = Outcome(bytes, others: Bool.random() ? CNS_OTHERS_FORWARD : CNS_OTHERS_UNKNOWN)
            if outcome.verdict == CNS_ANSWER {
                #expect((12...298).contains(outcome.answer.count))
                #expect(outcome.answer[2] & 0x80 != 0)
            }
            var answer = [UInt8](repeating: 0, count: 512)
            #expect(cns_fail(bytes, bytes.count, &answer) <= 298)
            var copy = bytes
            #expect(cns_truncate(&copy, copy.count) <= bytes.count)
        }
    }

    @Test("an answer is recognised by its question")
    func questions() {
        let asked = Query("Example.org").bytes
        #expect(cns_question(asked, asked.count) == cns_question(Query("eXample.ORG").bytes, asked.count))
        for other in [Query("example.com"), Query("example.org", type: 28), Query("exampleorg")] {
            #expect(cns_question(other.bytes, other.bytes.count) != cns_question(asked, asked.count))
        }
        #expect(cns_question(asked, 20) == 0)
        var none = Query("example.org")
        none.counts[0] = 0
        #expect(cns_question(none.bytes, none.bytes.count) == 0)
    }

    @Test("a failure is told with the question")
    func failure() {
        let query = Query("example.org").withEDNS()
        var answer = [UInt8](repeating: 0, count: 512)
        let size = cns_fail(query.bytes, query.bytes.count, &answer)
        #expect(size == query.bytes.count)
        #expect(answer[3] & 0x0F == 2 && answer[5] == 1 && answer[11] == 1)
        #expect(cns_fail(query.bytes, 5, &answer) == 0)
    }

    @Test("an answer that is too long is cut to its question, and says so")
    func truncation() {
        var message = Query("example.org")
        message.flags = 0x8180
        message.counts = [1, 9, 9, 9]
        var bytes = message.bytes + [UInt8](repeating: 7, count: 600)
        #expect(cns_truncate(&bytes, bytes.count) == message.bytes.count)
        #expect(bytes[2] & 0x02 != 0)
        #expect(Array(bytes[4..<12]) == [0, 1, 0, 0, 0, 0, 0, 0])
        var query = Query("example.org").bytes
        #expect(cns_truncate(&query, query.count) == 0)
    }

    @Test("what may be a name of the platform's")
    func domains() {
        for name in ["a", "martlet.test", "A-b_1.example", "10.0.0.1"] { #expect(cns_is_domain(name)) }
        let long = String(repeating: "a", count: 64)
        for name in [
            "", ".", "a.", ".a", "a..b", "a b", "ä.test", long,
            Array(repeating: "abcdefg", count: 32).joined(separator: "."),
        ] {
            #expect(!cns_is_domain(name), "\(name)")
        }
    }
}
