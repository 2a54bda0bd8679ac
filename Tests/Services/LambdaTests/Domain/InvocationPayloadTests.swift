import Foundation
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct InvocationPayloadTests {
    private static let prefix = "Could not parse request body into json: Could not parse payload into json: "

    private static func at(_ column: Int, line: Int = 1) -> String {
        "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
            + "line: \(line), column: \(column)]"
    }

    @Test(arguments: [
        "", " \n", "{}", "[]", "null", "true", "0", "-1.5e+10", "\"a\"", "[1,2,[3,{\"a\":[]}]]",
        " { \"a\" : \"\\u00e9\\n\" } ",
        "{\"ü\":\"日本🐦\"}", "\u{FEFF}{}",
    ])
    func jsonIsAccepted(text: String) throws { try InvocationPayload.validate(Array(text.utf8)) }

    /// The first two are recorded from AWS.
    @Test(
        arguments: [
            (Array("n".utf8) + [0x87, 0x72, 0x9E], "Invalid UTF-8 start byte 0x87" + at(3)),
            (
                [0x99, 0xEB, 0x2C],
                "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value "
                    + "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')" + at(1)
            ),
            (
                Array("e30".utf8),
                "Unrecognized token 'e30': was expecting "
                    + "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')" + at(4)
            ),
            (
                Array("{".utf8),
                "Unexpected end-of-input: expected close marker for Object (start marker at [Source: REDACTED "
                    + "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1])" + at(2)
            ),
            (
                Array("{\"a\":1,\n]".utf8),
                "Unexpected character (']' (code 93)): was expecting double-quote to start field name" + at(1, line: 2)
            ),
            (
                Array("{\"a\" 1}".utf8),
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value" + at(6)
            ),
            (
                Array("[1 2]".utf8),
                "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries" + at(4)
            ),
            (Array("01".utf8), "Invalid numeric value: Leading zeroes not allowed" + at(2)),
            (
                Array("0D".utf8),
                "Unexpected character ('D' (code 68)): Expected space separating root-level values" + at(2)
            ),
        ] as [([UInt8], String)])
    func whatIsNoJSONIsRefused(payload: [UInt8], message: String) {
        #expect(throws: LambdaFailures.invalidContent(Self.prefix + message)) {
            try InvocationPayload.validate(payload)
        }
    }

    @Test(arguments: [
        "{", "[", "\"", "\"\\", "\"\\u12", "-", "1.", "1e", "tru", "nul", "[1,]", "{\"a\":}", "{,}", "[}", "{]",
        "{} {}", "]", "}",
        ",", "{\"a\":1,}", "'a'", "NaN", "+1", ".5", "\u{0}", "\"\n\"", "{a:1}", "[1,,2]", "truefalse", "\"a\" x",
    ])
    func brokenTextIsRefused(text: String) {
        #expect(throws: AWSError.self) { try InvocationPayload.validate(Array(text.utf8)) }
    }

    @Test func deepNestingIsRefusedWithoutRecursion() {
        let allowed = String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
        #expect(throws: Never.self) { try InvocationPayload.validate(Array(allowed.utf8)) }
        let error = #expect(throws: AWSError.self) {
            try InvocationPayload.validate([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
        }
        #expect(error?.message.contains("Document nesting depth (1001) exceeds the maximum allowed (1000") == true)
    }

    @Test func sixMegabytesAreTheLimit() {
        let text = [UInt8(ascii: "\"")] + [UInt8](repeating: 0x61, count: 6_291_454) + [UInt8(ascii: "\"")]
        #expect(throws: Never.self) { try InvocationPayload.validate(text) }
        let error = #expect(throws: AWSError.self) { try InvocationPayload.validate(text + [0x20]) }
        #expect(error?.status == 413)
        #expect(error?.message == "Request must be smaller than 6291456 bytes for the InvokeFunction operation")
    }

    /// The scanner agrees with Foundation's parser about every mutation.
    @Test func mutatedTextIsJudgedAsByAnotherParser() throws {
        var generator = SeededGenerator(seed: 11)
        let seeds = ["{\"a\":[1,2.5e-3,true,null],\"b\":{\"c\":\"\\u0041ü\"}}", "[[],{},\"\\n\",-0.1,false]"].map {
            Array($0.utf8)
        }
        for round in 0..<4_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0x20..<0x7F, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0x20..<0x7F, using: &generator), at: index)
                }
            }
            let ours = (try? PayloadScanner.check(bytes)) != nil
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            // Lone surrogates in escapes are fine for Jackson and for us.
            if ours != theirs, !String(decoding: bytes, as: UTF8.self).contains("\\u") {
                Issue.record("\(String(decoding: bytes, as: UTF8.self)): \(ours), not \(theirs)")
            }
        }
    }

    @Test func clientContextIsDecoded() throws {
        let text = "{\"custom\":{\"foo\":\"bar\"}}"
        #expect(try InvocationPayload.clientContext(Data(text.utf8).base64EncodedString()) == text)
        #expect(try InvocationPayload.clientContext(nil) == nil)
    }

    @Test(arguments: ["string", "!!!!", "W10=", "/////w=="])
    func otherClientContextsAreRefused(encoded: String) {
        #expect(throws: LambdaFailures.invalidContent("Client context must be a valid Base64-encoded JSON object.")) {
            try InvocationPayload.clientContext(encoded)
        }
    }

    @Test func clientContextsAreBounded() {
        let error = #expect(throws: AWSError.self) {
            try InvocationPayload.clientContext(String(repeating: "A", count: 3_584))
        }
        #expect(error?.message == "Client context must be no more than 3583 bytes when base64-encoded.")
    }
}
