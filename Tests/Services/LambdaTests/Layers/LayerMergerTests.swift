import Foundation
import TestSupport
import Testing

@testable import Lambda

/// What a later layer has replaces what an earlier one has, whatever it is.
struct LayerMergerTests {
    private func merge(_ layers: [[ZipBuilder.Entry]], _ body: (String) throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            let sources = try layers.enumerated().map { index, entries in
                try PackageExtractor(isDurable: false).extract(ZipBuilder(entries).bytes, to: "\(folder)/\(index)")
                return "\(folder)/\(index)"
            }
            try LayerMerger.merge(sources, into: "\(folder)/merged")
            try body("\(folder)/merged")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(".incoming") }
            #expect(left.isEmpty)
        }
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func filesAreSharedAndLaterOnesWin() async throws {
        try await merge([
            [.init("python/a.py", "1"), .init("python/b.py", "1", mode: 0o100755)],
            [.init("python/a.py", "2"), .init("bin/tool", "2", mode: 0o100755)],
        ]) { merged in
            #expect(try text("\(merged)/python/a.py") == "2")
            #expect(try text("\(merged)/python/b.py") == "1")
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(merged)/python/b.py")
            #expect(attributes[.posixPermissions] as? Int == 0o755)
            #expect(attributes[.referenceCount] as? Int == 2)
        }
    }

    @Test func kindsReplaceEachOther() async throws {
        let link = { (name: String, target: String) in ZipBuilder.Entry(name, target, mode: 0o120777) }
        try await merge([
            [.init("x/deep/file", "1"), .init("y", "1"), link("z", "y"), .init("w/a", "1"), link("v", "x")],
            [.init("x", "2"), .init("y/deep/file", "2"), .init("z", "2"), link("w", "x"), .init("v/in", "2")],
        ]) { merged in
            #expect(try text("\(merged)/x") == "2")
            #expect(try text("\(merged)/y/deep/file") == "2")
            #expect(try text("\(merged)/z") == "2")
            let target = try FileManager.default.destinationOfSymbolicLink(atPath: "\(merged)/w")
            #expect(target == "x")
            #expect(try text("\(merged)/v/in") == "2")
        }
    }
}
