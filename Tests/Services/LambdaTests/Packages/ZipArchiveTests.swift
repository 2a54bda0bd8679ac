import TestSupport
import Testing

@testable import Lambda

struct ZipArchiveTests {
    typealias Entry = ZipBuilder.Entry

    @Test func entriesAreRead() throws {
        let archive = try ZipArchive(
            ZipBuilder(
                Entry("index.py", "def handler(e, c): pass"), Entry("lib/", mode: 0o040755),
                Entry("lib/run", "#!/bin/sh", mode: 0o100755), Entry("./a//b.txt", "b", mode: nil)
            ).bytes)
        #expect(archive.entries.map(\.name) == ["index.py", "lib", "lib/run", "a/b.txt"])
        #expect(archive.entries.map(\.kind) == [.file, .folder, .file, .file])
        #expect(archive.entries.map(\.mode) == [0o644, 0o755, 0o755, 0o644])
        #expect(archive.size == 23 + 9 + 1)
    }

    @Test func setUserIDBitsAreDropped() throws {
        let archive = try ZipArchive(ZipBuilder(Entry("a", "b", mode: 0o106755)).bytes)
        #expect(archive.entries[0].mode == 0o755)
    }

    @Test(arguments: [
        ZipBuilder(Entry("a", "text").with { $0.deflates = false }),
        ZipBuilder(Entry("a", "text").with { $0.usesDescriptor = true }),
        ZipBuilder(Entry("a", "text").with { $0.usesZip64 = true }),
        {
            var builder = ZipBuilder(Entry("a", "text"))
            builder.prefix = Array("#!/usr/bin/env python3\n".utf8)
            return builder
        }(),
        {
            var builder = ZipBuilder(Entry("a", "text"))
            builder.comment = Array("PK\u{5}\u{6} a comment that looks like an end".utf8)
            return builder
        }(),
    ])
    func unusualFormsAreRead(builder: ZipBuilder) throws {
        let archive = try ZipArchive(builder.bytes)
        #expect(archive.entries.map(\.name) == ["a"])
        #expect(archive.size == 4)
    }

    @Test(arguments: [
        "/etc/passwd", "../a", "a/../../b", "a/..", "..", "a\u{0}b", String(repeating: "n", count: 256),
        "a/" + String(repeating: "n", count: 2000),
    ])
    func pathsThatLeadOutAreRefused(name: String) { refuses(ZipBuilder(Entry(name, "x"))) }

    @Test func devicesAreRefused() {
        for kind: UInt32 in [0o020000, 0o060000, 0o010000, 0o140000] {
            refuses(ZipBuilder(Entry("a", "", mode: kind | 0o644)))
        }
    }

    @Test func contradictionsAreRefused() {
        refuses(ZipBuilder(Entry("a", "1"), Entry("a", "2")))
        refuses(ZipBuilder(Entry("a", "1"), Entry("./a", "2")))
        refuses(ZipBuilder(Entry("a", "1"), Entry("a/b", "2")))
        refuses(ZipBuilder(Entry("a", "b", mode: 0o120777), Entry("a/b", "2")))
        refuses(ZipBuilder(Entry("a", "1").with { $0.localName = Array("b".utf8) }))
        refuses(ZipBuilder(Entry("a", "1").with { $0.flags = 1 }))
        refuses(ZipBuilder(Entry("a", "1").with { $0.method = 12 }))
        refuses(ZipBuilder(Entry("a", "123").with { ($0.deflates, $0.statedSize) = (false, 2) }))
        refuses(ZipBuilder(Entry("", "1")))
    }

    /// As zip bombs do: many entries that all are the same bytes.
    @Test func entriesThatOverlapAreRefused() {
        let kernel = String(repeating: "0", count: 100_000)
        refuses(
            ZipBuilder(
                Entry("a", kernel), Entry("b", kernel).with { ($0.statedOffset, $0.localName) = (0, Array("a".utf8)) }))
        refuses(ZipBuilder(Entry("a", kernel), Entry("a", kernel).with { $0.statedOffset = 0 }))
    }

    @Test func foldersMayBeNamedTwice() throws {
        let archive = try ZipArchive(
            ZipBuilder(Entry("a/", mode: 0o040755), Entry("a/", mode: 0o040755), Entry("a/b")).bytes)
        #expect(archive.entries.count == 3)
    }

    @Test func sizesAreBoundedBeforeAnythingIsUnpacked() {
        let entry = Entry("a", "x").with { $0.statedSize = 262_144_000 }
        #expect(throws: ZipError.tooLarge) { try ZipArchive(ZipBuilder(entry).bytes) }
        let half = Entry("a", "x").with { $0.statedSize = 131_072_000 }
        #expect(throws: ZipError.tooLarge) {
            try ZipArchive(ZipBuilder(half, half.with { $0.name = [0x62] }).bytes)
        }
    }

    @Test func anEmptyArchiveIsRefused() {
        #expect(throws: ZipError.empty) { try ZipArchive(ZipBuilder().bytes) }
    }

    @Test(arguments: ["", "PK", "this is no archive, but long enough to hold an end record"])
    func whatIsNoArchiveIsRefused(text: String) {
        #expect(throws: ZipError.self) { try ZipArchive(Array(text.utf8)) }
    }

    @Test func everyTruncationIsRefused() {
        let bytes = ZipBuilder(Entry("a", "text"), Entry("b/c", "more text", mode: 0o100755)).bytes
        for length in 0..<bytes.count {
            #expect(throws: ZipError.self) { try ZipArchive(Array(bytes.prefix(length))) }
        }
    }

    /// Whatever the bytes, there is an answer, and what is accepted stays within the bounds.
    @Test func mutatedArchivesAreReadOrRefused() throws {
        var generator = SeededGenerator(seed: 3)
        let seeds = [
            ZipBuilder(Entry("index.py", "def handler(e, c): pass"), Entry("lib/run", "#!", mode: 0o100755)).bytes,
            ZipBuilder(Entry("a", "text").with { $0.usesZip64 = true }, Entry("l", "a", mode: 0o120777)).bytes,
            ZipBuilder(Entry("a", "text").with { $0.usesDescriptor = true }).bytes,
        ]
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] =
                    Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : [0, 0xFF, 0x7F, 1].randomElement(using: &generator) ?? 0
            }
            guard let archive = try? ZipArchive(bytes) else { continue }
            #expect(archive.size < 262_144_000)
            for entry in archive.entries {
                #expect(!entry.path.isEmpty && !entry.path.contains("..") && !entry.name.hasPrefix("/"))
                #expect(entry.content.upperBound <= bytes.count)
            }
        }
    }

    private func refuses(_ builder: ZipBuilder, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: ZipError.self, sourceLocation: sourceLocation) { try ZipArchive(builder.bytes) }
        if case .broken = error { return }
        Issue.record("refused as \(String(describing: error))", sourceLocation: sourceLocation)
    }
}
