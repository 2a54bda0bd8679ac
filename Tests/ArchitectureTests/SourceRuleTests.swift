import Foundation
import Testing

/// Rules that hold for every file that a person wrote.
struct SourceRuleTests {
    private static func files(below folders: [String]) -> [String] {
        folders.flatMap { PackageManifest.swiftFiles(below: $0) }.filter { !$0.contains("/Generated/") }
    }

    @Test func `no file is longer than 400 lines`() throws {
        for path in Self.files(below: ["Sources", "Tests", "Tools"]) {
            let lines = try PackageManifest.text(of: path).utf8.count { $0 == 0x0A }
            #expect(lines <= 400, "\(path) has \(lines) lines; split it by role")
        }
    }

    /// What ends the whole server, and with it everybody's functions, has no place in it.
    @Test(arguments: ["try!", " as! ", "fatalError(", "preconditionFailure("])
    func `nothing in the server ends the process`(pattern: String) throws {
        for path in Self.files(below: ["Sources"]) where !path.hasPrefix("Sources/TestSupport/") {
            for (number, line) in try PackageManifest.text(of: path).split(
                separator: "\n", omittingEmptySubsequences: false
            )
            .enumerated() where line.contains(pattern) && !line.drop(while: { $0 == " " }).hasPrefix("//") {
                Issue.record("\(path):\(number + 1): \(pattern)")
            }
        }
    }

    @Test func `nothing is left for later without a word in an issue`() throws {
        for path in Self.files(below: ["Sources"]) {
            let text = try PackageManifest.text(of: path)
            for word in ["TODO", "FIXME", "XXX:"] {
                #expect(!text.contains(word), "\(path) contains \(word)")
            }
        }
    }
}
