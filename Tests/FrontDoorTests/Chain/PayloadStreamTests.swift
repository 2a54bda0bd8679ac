import Foundation
import ServiceKit
import ServiceModel
import Testing

@testable import FrontDoor

@Suite("Bodies that stream")
struct PayloadStreamTests {
    private let large = [UInt8](repeating: 1, count: 3_000_000)

    private func put(_ key: String, _ fields: String = "") -> String {
        "PUT /bucket/\(key) HTTP/1.1\nHost: localhost\n\(fields)"
    }

    @Test("a large object passes through")
    func upload() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port, put("k", "Content-Length: \(large.count)\n"), body: large)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("ETag: \"3000000-\(UInt8(truncatingIfNeeded: 3_000_000))-3000000\""))
        }
    }

    @Test("a small object comes with its head")
    func small() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(door.port, put("k", "Content-Length: 3\n"), body: [1, 2, 3])
            #expect(answer.contains("ETag: \"3-0--1\""))
        }
    }

    @Test("its hash is verified at its end")
    func wrongHash() async throws {
        try await TestDoor.with { door in
            let fields = "x-amz-content-sha256: \(String(repeating: "0", count: 64))\nContent-Length: \(large.count)\n"
            let answer = try await RawClient.ask(door.port, put("k", fields), body: large)
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("<Code>XAmzContentSHA256Mismatch</Code>"))
        }
    }

    @Test("chunks, and a checksum that follows them", arguments: [true, false])
    func chunked(isGood: Bool) async throws {
        try await TestDoor.with { door in
            var crc = CRC(.crc32)
            large.withUnsafeBytes { crc.update($0) }
            let value = Data(isGood ? crc.bytes : [0, 0, 0, 0]).base64EncodedString()
            var body: [UInt8] = []
            for start in stride(from: 0, to: large.count, by: 70_000) {
                let chunk = large[start..<min(start + 70_000, large.count)]
                body += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
            }
            body += Array("0\r\nx-amz-checksum-crc32:\(value)\r\n\r\n".utf8)
            let fields = """
                x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER
                x-amz-trailer: x-amz-checksum-crc32
                x-amz-decoded-content-length: \(large.count)
                Content-Encoding: aws-chunked
                Content-Length: \(body.count)

                """
            let answer = try await RawClient.ask(door.port, put("k", fields), body: body)
            #expect(answer.contains(isGood ? "ETag: \"3000000-" : "<Code>BadDigest</Code>"))
        }
    }

    @Test("a body without a length is not taken")
    func withoutLength() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port, put("k", "Transfer-Encoding: chunked\n"), body: Array("0\r\n\r\n".utf8))
            #expect(answer.hasPrefix("HTTP/1.1 411"))
            #expect(answer.contains("<Code>MissingContentLength</Code>"))
        }
    }

    @Test("what is larger than S3 takes is refused unread")
    func tooLarge() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(door.port, put("k", "Content-Length: \((5 << 30) + 1)\n"))
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("<Code>EntityTooLarge</Code>"))
        }
    }

    @Test("a refused upload is not asked for")
    func refusedBeforeTheBody() async throws {
        try await TestDoor.with { door in
            let client = try await RawClient.connect(door.port)
            try await client.send(
                "PUT /bucket/refused HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n"
            )
            let answer = await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 404"))
            #expect(answer.contains("Connection: close"))
            await client.close()
        }
    }

    @Test("an upload is asked for when its reader wants it")
    func expectContinue() async throws {
        try await TestDoor.with { door in
            let client = try await RawClient.connect(door.port)
            try await client.send(
                "PUT /bucket/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n")
            _ = await client.receive(until: "100 Continue")
            try await client.send(String(repeating: "a", count: 100_000))
            let answer = await client.receive(until: "ETag")
            #expect(answer.contains("HTTP/1.1 200"))
            // The connection lives on.
            try await client.send("GET /bucket/3 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await client.receive(until: "\r\n\r\n00$").contains("206 Partial Content"))
            await client.close()
        }
    }

    @Test("a client that goes away ends its upload")
    func clientGone() async throws {
        try await TestDoor.with { door in
            let client = try await RawClient.connect(door.port)
            try await client.send("PUT /bucket/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\nabc")
            await door.recorder.untilCalled()
            await client.close()
            await door.recorder.untilCancelled()
        }
    }

    @Test("a large answer has its length, and the connection lives on", arguments: ["1.1", "1.0"])
    func download(version: String) async throws {
        try await TestDoor.with { door in
            let client = try await RawClient.connect(door.port)
            for end in ["$", "$HTTP"] {
                try await client.send(
                    "GET /bucket/1000000 HTTP/\(version)\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
                _ = await client.receive(until: end)
            }
            try await client.send("GET /bucket/0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let all = await client.receiveAll()
            await client.close()
            #expect(all.components(separatedBy: "Content-Length: 1000000\r\n").count == 3)
            #expect(!all.contains("chunked"))
            #expect(all.utf8.count > 2_000_000)
        }
    }

    @Test("an answer that breaks off is not whole")
    func brokenAnswer() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(door.port, "GET /bucket/1! HTTP/1.1\nHost: localhost\n")
            #expect(answer.contains("Content-Length: 1000000\r\n"))
            #expect(answer.utf8.count < 600_000)
        }
    }

    @Test("HEAD tells a length and sends nothing")
    func head() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port, "HEAD /bucket/k HTTP/1.1\nHost: localhost\nConnection: close\n")
            #expect(answer.contains("Content-Length: 5000000\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }
}

extension PayloadStreamTests {
    @Test("a form uploads its file", arguments: ["200", "201", "204", ""])
    func form(status: String) async throws {
        try await TestDoor.with { door in
            var form = FormReaderTests.form
            if !status.isEmpty {
                form =
                    "--b\r\nContent-Disposition: form-data; name=\"success_action_status\"\r\n\r\n\(status)\r\n" + form
            }
            let answer = try await RawClient.ask(
                door.port,
                "POST /bucket HTTP/1.1\nHost: localhost\nContent-Type: multipart/form-data; boundary=b\n"
                    + "Content-Length: \(form.utf8.count)\n", body: Array(form.utf8))
            #expect(answer.hasPrefix("HTTP/1.1 \(status.isEmpty ? "204" : status)"))
            #expect(answer.contains("ETag: \"6-"))
            #expect(answer.contains("<Key>folder/a b.txt</Key>") == (status == "201"))
            let call = door.recorder.last
            #expect(call?.input["Key"]?.stringValue == "folder/a b.txt")
            #expect(call?.input["Metadata"] == .map(["a": "ä"]))
            #expect(call?.input["ContentType"]?.stringValue == "text/csv")
            #expect(call?.isForm == true)
        }
    }
}
