import Foundation
import ServiceKit
import Testing

@testable import FrontDoor

@Suite("Policies of forms")
struct PostPolicyTests {
    private static let now = Date(timeIntervalSince1970: 1_767_225_600)

    private func check(
        _ conditions: String, _ fields: [(String, String)], expiration: String = "2026-01-01T00:00:01Z"
    ) throws {
        let json = "{\"expiration\": \"\(expiration)\", \"conditions\": \(conditions)}"
        try PostPolicy(base64: Data(json.utf8).base64EncodedString())
            .check(fields.map { (name: $0.0, value: $0.1) }, bucket: "b", now: Self.now)
    }

    @Test(arguments: [
        (#"[{"bucket": "b"}, ["eq", "$key", "k"]]"#, ["key": "k"]),
        (#"[["starts-with", "$Key", "a/"], {"acl": "private"}]"#, ["key": "a/b", "acl": "private"]),
        (#"[["starts-with", "$key", ""], ["content-length-range", 1, 5]]"#, ["key": "x", "x-ignore-me": "1"]),
    ])
    func allowed(_ conditions: String, _ fields: [String: String]) throws {
        try check(conditions, fields.map { ($0, $1) } + [("policy", "p"), ("x-amz-signature", "s")])
    }

    @Test(arguments: [
        (#"[{"bucket": "c"}]"#, [:], #"Policy Condition failed: ["eq", "$bucket", "c"]"#),
        (#"[["starts-with", "$key", "a/"]]"#, ["key": "b"], #"Policy Condition failed: ["starts-with", "$key", "a/"]"#),
        ("[]", ["acl": "public-read"], "Extra input fields: acl"),
    ])
    func refused(_ conditions: String, _ fields: [String: String], _ reason: String) {
        let error = #expect(throws: AWSError.self) { try check(conditions, fields.map { ($0, $1) }) }
        #expect(error?.code == "AccessDenied")
        #expect(error?.message == "Invalid according to Policy: \(reason)")
    }

    @Test func expired() {
        let error = #expect(throws: AWSError.self) { try check("[]", [], expiration: "2025-12-31T23:59:59.000Z") }
        #expect(error?.message == "Invalid according to Policy: Policy expired.")
    }

    @Test(arguments: ["", "!", "e30=", "eyJleHBpcmF0aW9uIjogIngifQ==", "W10=", "MQ=="])
    func unreadable(_ text: String) {
        #expect(throws: AWSError.self) { try PostPolicy(base64: text) }
    }
}
