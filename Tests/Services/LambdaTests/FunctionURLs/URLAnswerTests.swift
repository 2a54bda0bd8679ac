import Foundation
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct URLAnswerTests {
    private func response(_ text: String) throws -> WebResponse { try URLAnswer.response(Array(text.utf8)) }

    @Test(arguments: [
        (#" { "a" : [ 1.50 , "x y" ] } "#, #"{"a":[1.50,"x y"]}"#), ("[1, 2 ]", "[1,2]"), (#""a\u00e9\n""#, "aé\n"),
        ("3.1", "3.1"), ("null", "null"), ("true", "true"), ("", ""), (#"{"body":"x"}"#, #"{"body":"x"}"#),
        (#"{"a":{"statusCode":404}}"#, #"{"a":{"statusCode":404}}"#),
        (#"{"a":"\"} , {"}"#, #"{"a":"\"} , {"}"#),
    ])
    func withoutAStatusItIsTheBody(_ payload: String, _ body: String) throws {
        let response = try response(payload)
        #expect(response.status == 200)
        #expect(response.headers == [.init("Content-Type", "application/json")])
        #expect(String(decoding: response.body, as: UTF8.self) == body)
    }

    @Test(arguments: [
        (#"{"statusCode":201,"body":"x"}"#, 201, "x"), (#"{"statusCode":"404"}"#, 404, ""),
        (#"{"statusCode":2e2,"body":null}"#, 200, ""), (#"{"statusCode":500,"body":{"a": 1}}"#, 500, #"{"a":1}"#),
        (#"{"statusCode":200,"body":"eA==","isBase64Encoded":true}"#, 200, "x"),
        (#"{"statusCode":200,"body":"eA==","isBase64Encoded":false}"#, 200, "eA=="),
        (#"{"status\u0043ode":202,"headers":null,"cookies":null}"#, 202, ""),
        (#"{"statusCode":300,"statusCode":301}"#, 301, ""),
        (" { \"statusCode\" : 203 ,\n\"body\"\t:\r[ 1 , { \"a b\" : \"c  d\" } ] } ", 203, #"[1,{"a b":"c  d"}]"#),
        ("\u{FEFF}{\"statusCode\":204}", 204, ""), (#"{"a":"\\","statusCode":205,"b":[{"}":"]"}]}"#, 205, ""),
    ])
    func withAStatusItIsAResponse(_ payload: String, _ status: Int, _ body: String) throws {
        let response = try response(payload)
        #expect(response.status == status)
        #expect(String(decoding: response.body, as: UTF8.self) == body)
        #expect(response.headers == [.init("Content-Type", "application/json")])
    }

    @Test func headersAndCookies() throws {
        let response = try response(
            #"{"statusCode":200,"headers":{"content-type":"a/b","X-N":7,"X-T":true,"X-Z":null,"Date":"d"},"#
                + #""cookies":["a=1","b=2"]}"#)
        #expect(
            response.headers == [
                .init("x-amzn-Remapped-date", "d"), .init("X-N", "7"), .init("X-T", "true"),
                .init("content-type", "a/b"), .init("Set-Cookie", "a=1"), .init("Set-Cookie", "b=2"),
            ])
    }

    @Test(arguments: [
        "{", "plain", "\"a", "[1,]", "\u{0}", " ", #""\ud800""#, #"{"statusCode":199}"#, #"{"statusCode":600}"#,
        #"{"statusCode":null}"#, #"{"statusCode":[200]}"#, #"{"statusCode":1e99}"#, #"{"statusCode":-200}"#,
        #"{"statusCode":"0x200"}"#, #"{"statusCode":"nan"}"#, #"{"statusCode":200,"headers":[]}"#,
        #"{"statusCode":200,"headers":{"a":{}}}"#, #"{"statusCode":200,"headers":{"a b":"c"}}"#,
        #"{"statusCode":200,"headers":{"a":"b\r\nc: d"}}"#, #"{"statusCode":200,"headers":{"a":"\u0000"}}"#,
        #"{"statusCode":200,"headers":{"a\r\nb":"c"}}"#, #"{"statusCode":200,"cookies":"a=1"}"#,
        #"{"statusCode":200,"cookies":[1]}"#, #"{"statusCode":200,"cookies":["a\nb"]}"#,
        #"{"statusCode":200,"body":"€","isBase64Encoded":true}"#, #"{"statusCode":200,"isBase64Encoded":1}"#,
    ])
    func whatIsNoAnswer(_ payload: String) {
        #expect(throws: URLAnswer.Malformed.self) { try response(payload) }
    }

    @Test func nestingIsNoDanger() throws {
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        #expect(try response(deep).body == Array(deep.utf8))
        let deeper = String(repeating: "[", count: 100_000)
        #expect(throws: URLAnswer.Malformed.self) { try response(deeper) }
    }

    /// Time in proportion: white space and brackets by the million.
    @Test func sizeIsNoDanger() throws {
        let wide = "[" + String(repeating: " ", count: 500_000) + String(repeating: "[],", count: 200_000) + "1]"
        #expect(try response(wide).body.count == 600_003)
        let members = (0..<20_000).map { #""h\#($0)":"v""# }.joined(separator: ",")
        #expect(throws: URLAnswer.Malformed.self) { try response(#"{"statusCode":200,"headers":{\#(members)}}"#) }
    }

    @Test func aCollectedStreamHasItsPrelude() throws {
        let payload =
            Array(#"{"statusCode":203,"cookies":["a=1"]}"#.utf8) + [UInt8](repeating: 0, count: 8) + [1, 0, 2]
        let response = try URLAnswer.response(payload)
        #expect(response.status == 203 && response.body == [1, 0, 2])
        #expect(response.headers == [.init("Set-Cookie", "a=1")])
        #expect(throws: URLAnswer.Malformed.self) {
            try URLAnswer.response(Array(#"{"statusCode":1}"#.utf8) + [UInt8](repeating: 0, count: 8))
        }
    }

    /// Whatever a function answers, reading it ends, and headers stay headers.
    @Test func anyBytes() {
        var generator = SeededGenerator(seed: 11)
        let seed = Array(
            #"{"statusCode":200,"headers":{"a":"b"},"cookies":["c"],"body":"\u0041","isBase64Encoded":false}"#.utf8)
        for _ in 0..<2_000 {
            var bytes = seed
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let response = try? URLAnswer.response(bytes) else { continue }
            #expect((200...599).contains(response.status))
            for header in response.headers {
                #expect(header.value.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 })
                #expect(!header.name.isEmpty && !header.name.contains(":"))
            }
        }
    }
}
