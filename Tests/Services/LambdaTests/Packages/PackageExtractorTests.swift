import Foundation
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct PackageExtractorTests {
    typealias Entry = ZipBuilder.Entry

    @Test func filesModesAndLinksAreKept() throws {
        try withFolder { folder in
            try PackageExtractor(isDurable: true).extract(
                ZipBuilder(
                    Entry("index.py", "print()"), Entry("bin/run", "#!", mode: 0o100755),
                    Entry("private", "x", mode: 0o100600),
                    Entry("empty/", mode: 0o040700), Entry("bin/link", "../index.py", mode: 0o120777),
                    Entry("plain", "made elsewhere", mode: nil)
                ).bytes, to: folder + "/code")
            let code = folder + "/code"
            #expect(try String(contentsOfFile: code + "/index.py", encoding: .utf8) == "print()")
            #expect(try String(contentsOfFile: code + "/bin/link", encoding: .utf8) == "print()")
            #expect(try mode(code) == 0o755)
            #expect(try mode(code + "/bin") == 0o755)
            #expect(try mode(code + "/bin/run") == 0o755)
            // Everyone may read, since functions run as another user.
            #expect(try mode(code + "/private") == 0o644)
            #expect(try mode(code + "/empty") == 0o755)
            #expect(try mode(code + "/plain") == 0o644)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["code"])
        }
    }

    @Test(arguments: [
        "/etc/passwd", "..", "../..", "../../etc", "a/../../b", "/var/task/../../etc/passwd", "/opt/../etc",
        "self/../..",
        "/var/tasks",
    ])
    func linksThatLeadOutAreRefused(target: String) {
        refuses(ZipBuilder(Entry("l", target, mode: 0o120777), Entry("self", ".", mode: 0o120777)))
    }

    /// Each link alone stays inside; one through the other does not.
    @Test func linksThatLeadOutTogetherAreRefused() {
        refuses(ZipBuilder(Entry("here", ".", mode: 0o120777), Entry("out", "here/..", mode: 0o120777)))
    }

    @Test(arguments: [
        "index.py", "missing", "./sub/../index.py", "/opt/lib", "/tmp/cache", "/var/task/index.py", "loop",
    ])
    func linksThatStayAreKept(target: String) throws {
        try withFolder { folder in
            try PackageExtractor(isDurable: false).extract(
                ZipBuilder(Entry("index.py"), Entry("loop", target, mode: 0o120777)).bytes, to: folder + "/code")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/code/loop") == target)
        }
    }

    @Test func damagedContentIsRefused() {
        refuses(ZipBuilder(Entry("a", "text").with { $0.statedChecksum = 1 }))
        refuses(ZipBuilder(Entry("a", "text").with { ($0.deflates, $0.statedChecksum) = (false, 1) }))
        refuses(ZipBuilder(Entry("a", "text").with { $0.statedSize = 3 }))
        refuses(ZipBuilder(Entry("a", "text").with { $0.statedSize = 5 }))
        // Stored bytes that are said to be deflated.
        refuses(ZipBuilder(Entry("a", "text text text").with { ($0.deflates, $0.method) = (false, 8) }))
        refuses(ZipBuilder(Entry("good", "text"), Entry("bad", "text").with { $0.statedChecksum = 1 }))
    }

    /// A hundred megabytes of zeros in a hundred kilobytes, said to be one byte.
    @Test func aBombIsStoppedAtWhatItSays() {
        let entry = Entry("bomb").with {
            $0.content = [UInt8](repeating: 0, count: 4_000_000)
            $0.statedSize = 1
        }
        refuses(ZipBuilder(entry))
    }

    @Test func twoExtractionsOfOnePackageMeet() throws {
        try withFolder { folder in
            let bytes = ZipBuilder(Entry("a", "1")).bytes
            let extractor = PackageExtractor(isDurable: false)
            try extractor.extract(bytes, to: folder + "/code")
            try extractor.extract(bytes, to: folder + "/code")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["code"])
        }
    }

    @Test func mutatedPackagesLeaveNothingBehind() throws {
        try withFolder { (folder: String) throws in
            var generator = SeededGenerator(seed: 5)
            let seed = ZipBuilder(
                Entry("index.py", "def handler(e, c): pass"), Entry("lib/run", "#!", mode: 0o100755),
                Entry("l", "lib/run", mode: 0o120777)
            ).bytes
            let extractor = PackageExtractor(isDurable: false)
            for round in 0..<1_500 {
                var bytes = seed
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                let target = "\(folder)/\(round)"
                let isKept = (try? extractor.extract(bytes, to: target)) != nil
                #expect(FileManager.default.fileExists(atPath: target) == isKept)
                PackageExtractor.remove(target)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private func refuses(_ builder: ZipBuilder, sourceLocation: SourceLocation = #_sourceLocation) {
        let outcome = withFolder { folder -> (error: (any Error)?, left: [String]?) in
            let result = Result { try PackageExtractor(isDurable: false).extract(builder.bytes, to: folder + "/code") }
            let left = try? FileManager.default.contentsOfDirectory(atPath: folder)
            if case .failure(let error) = result { return (error, left) }
            return (nil, left)
        }
        if case .broken? = outcome.error as? ZipError {
        } else {
            Issue.record("answered with \(String(describing: outcome.error))", sourceLocation: sourceLocation)
        }
        #expect(outcome.left == [], sourceLocation: sourceLocation)
    }

    private func withFolder<T>(_ body: (String) throws -> T) rethrows -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
            .path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }
}
