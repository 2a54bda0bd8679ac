import CNameServer
import Glibc

/// A DNS message, as a test writes it.
struct Query {
    var id: UInt16 = 0x1234
    var flags: UInt16 = 0x0100
    var counts: [UInt16] = [1, 0, 0, 0]
    /// The question's name, as it is on the wire.
    var name: [UInt8]
    var type: UInt16 = 1
    var classCode: UInt16 = 1
    /// What follows the question.
    var rest: [UInt8] = []

    init(_ name: String, type: UInt16 = 1) {
        self.name = Self.labels(name)
        self.type = type
    }

    static func labels(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func number(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    var bytes: [UInt8] {
        Self.number(id) + Self.number(flags) + counts.flatMap(Self.number) + name + Self.number(type)
            + Self.number(classCode) + rest
    }

    /// EDNS, as resolvers put it behind the question.
    func withEDNS(version: UInt8 = 0, flags: UInt16 = 0, size: UInt16 = 4096, options: [UInt8] = []) -> Query {
        var query = self
        query.counts[3] += 1
        query.rest +=
            [0] + Self.number(41) + Self.number(size) + [0, version] + Self.number(flags)
            + Self.number(UInt16(options.count)) + options
        return query
    }
}

/// What the name server does with a message.
struct Outcome: Equatable {
    var verdict: cns_verdict
    var answer: [UInt8] = []

    /// `others` as the sandbox has it, `domains` beside the built-in ones.
    init(_ bytes: [UInt8], others: cns_others = CNS_OTHERS_FORWARD, domains: [String] = []) {
        var answer = [UInt8](repeating: 0xEE, count: Int(CNS_ANSWER_MAX))
        var size = 0
        let names = domains.map { UnsafePointer(strdup($0)) }
        defer { for name in names { free(UnsafeMutablePointer(mutating: name)) } }
        verdict = names.withUnsafeBufferPointer { names in
            var policy = cns_policy(others: others, domains: names.baseAddress, domain_count: names.count)
            // In memory of its very size, so that a look beyond the end is seen by the tools that see such.
            return bytes.withUnsafeBufferPointer { cns_look($0.baseAddress, $0.count, &policy, &answer, &size) }
        }
        if verdict == CNS_ANSWER { self.answer = Array(answer[..<size]) }
    }

    init(_ query: Query, others: cns_others = CNS_OTHERS_FORWARD, domains: [String] = []) {
        self.init(query.bytes, others: others, domains: domains)
    }

    var code: UInt8? { answer.count > 3 ? answer[3] & 0x0F : nil }
    var isAuthoritative: Bool { answer.count > 3 && answer[2] & 0x04 != 0 }
    var counts: [Int] { stride(from: 4, to: 12, by: 2).map { Int(answer[$0]) << 8 | Int(answer[$0 + 1]) } }
    /// The address, if the answer holds one record of that kind, behind `query`'s question.
    func address(of query: Query) -> [UInt8]? {
        let end = 12 + query.name.count + 4
        guard verdict == CNS_ANSWER, code == 0, counts[1] == 1, answer.count >= end + 16,
            Array(answer[12..<end]) == Array(query.bytes[12..<end]),
            Array(answer[end..<end + 12]) == [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]
        else { return nil }
        return Array(answer[(end + 12)..<(end + 16)])
    }
}
