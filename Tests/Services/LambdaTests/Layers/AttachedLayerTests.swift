import Execution
import Foundation
import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct AttachedLayerTests {
    @Test(arguments: TestDatabase.engines)
    func functionsHaveLayersAndVersionsKeepTheirs(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            for (name, text) in [("a", "1"), ("b", "2")] {
                try await fixture.publishLayer(name, ["f": text, name: name])
            }
            let (a, b) = (fixture.layerARN("a:1"), fixture.layerARN("b:1"))
            let created = try await fixture.create { $0.layers = [a, b] }
            #expect(created.layers?.map(\.arn) == [a, b])
            #expect(created.layers?.allSatisfy { ($0.codeSize ?? 0) > 100 } == true)
            try await fixture.publish()
            try await fixture.configure { $0.layers = [b, a] }
            #expect(try await fixture.get().layers?.map(\.arn) == [b, a])
            #expect(try await fixture.get("f", "1").layers?.map(\.arn) == [a, b])
            // Changed layers are a change to publish.
            #expect(try await fixture.publish().version == "2")
            // Another setting leaves them alone.
            try await fixture.configure { $0.timeout = 9 }
            #expect(try await fixture.get().layers?.map(\.arn) == [b, a])

            try await fixture.invoke()
            try await fixture.invoke("f", "1")
            let folders = fixture.invoker.invocations.compactMap(\.0.layersFolder)
            #expect(folders.count == 2 && folders[0] != folders[1])
            #expect(try Self.text(folders[0] + "/f") == "1")
            #expect(try Self.text(folders[1] + "/f") == "2")
            #expect(try Self.names(folders[0]) == ["a", "b", "f"])

            try await fixture.configure { $0.layers = [a] }
            try await fixture.invoke()
            let single = try #require(fixture.invoker.invocations.last?.0.layersFolder)
            #expect(try Self.names(single) == ["a", "f"])
            try await fixture.configure { $0.layers = [] }
            #expect(try await fixture.get().layers == nil)
            try await fixture.invoke()
            #expect(fixture.invoker.invocations.last?.0.layersFolder == nil)
        }
    }

    @Test func whatCannotBeAttachedIsRefused() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.publishLayer()
            try await fixture.publishLayer()
            try await fixture.create()
            func refused(_ layers: [String]) async -> AWSError? {
                await awsError { try await fixture.configure { $0.layers = layers } }
            }
            let six = (1...6).map { fixture.layerARN("l\($0):1") }
            #expect(await refused(six) == LambdaFailures.invalidParameter("Cannot reference more than 5 layers."))
            let missing = fixture.layerARN("l:3")
            #expect(
                await refused([missing])
                    == LambdaFailures.invalidParameter("Layer version \(missing) does not exist."))
            let (first, second) = (fixture.layerARN("l:1"), fixture.layerARN("l:2"))
            #expect(
                await refused([first, second])
                    == LambdaFailures.invalidParameter(
                        "Two different versions of the same layer are not allowed to be referenced in the same function. "
                            + "\(first) and \(second) are versions of the same layer."))
            #expect(
                await refused(["arn:aws:lambda:eu-west-1:111111111111:layer:l:1"])
                    == LambdaFailures.invalidParameter(
                        "Layers are not in the same region as the function. "
                            + "Layers are expected to be in region us-east-1."))
            #expect(try await fixture.get().layers == nil)
        }
    }

    @Test func layersAndCodeShareOneLimit() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            // Zeros take little room zipped: two of these are too many.
            let large = [UInt8](repeating: 0, count: 131_072_000)
            var entry = ZipBuilder.Entry("large")
            entry.content = large
            let archive = ZipBuilder(entry).bytes
            for name in ["a", "b"] { try await fixture.publishLayer(name) { $0.content.zipFile = archive } }
            try await fixture.publishLayer("c", ["c": "c"])
            let (a, b, c) = (fixture.layerARN("a:1"), fixture.layerARN("b:1"), fixture.layerARN("c:1"))
            await #expect(
                throws: LambdaFailures.invalidParameter(
                    "Layers consume more than the available size of 262144000 bytes")
            ) { try await fixture.create { $0.layers = [a, b, c] } }
            await #expect(
                throws: LambdaFailures.invalidParameter(
                    "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
                        + "The actual size is 262144001 bytes.")
            ) {
                try await fixture.create {
                    $0.code.zipFile = archive
                    $0.layers = [a, c]
                }
            }
            try await fixture.create {
                $0.code.zipFile = archive
                $0.layers = [a]
            }
        }
    }

    /// A deleted layer version works as long as a function has it, and goes when none has.
    @Test(arguments: TestDatabase.engines)
    func deletedLayersStayForTheirFunctions(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            for (name, text) in [("a", "1"), ("b", "2")] { try await fixture.publishLayer(name, ["f": text]) }
            let arns = [fixture.layerARN("a:1"), fixture.layerARN("b:1")]
            try await fixture.create { $0.layers = arns }
            for name in ["a", "b"] { try await fixture.deleteLayer(name, 1) }
            await fixture.service.collector.collect(fixture.service.logger)
            try await fixture.invoke()
            let folder = try #require(fixture.invoker.invocations.last?.0.layersFolder)
            #expect(try Self.text(folder + "/f") == "2")
            #expect(fixture.blobs.digests.count == 3)

            // The folder comes back from the packages if it is lost.
            try FileManager.default.removeItem(atPath: fixture.folder + "/layers")
            try FileManager.default.removeItem(atPath: fixture.folder + "/code")
            let restarted = try fixture.restarted()
            try await restarted.service.collector.sweep()
            try await restarted.invoke()
            let again = try #require(restarted.invoker.invocations.last?.0.layersFolder)
            #expect(try Self.text(again + "/f") == "2")

            try await restarted.delete()
            await restarted.service.collector.collect(restarted.service.logger)
            #expect(fixture.blobs.digests.isEmpty)
            #expect(try Self.names(fixture.folder + "/layers") == [])
            #expect(try Self.names(fixture.folder + "/code") == [])
            let usage = try await fixture.service.getAccountSettings(
                GetAccountSettingsRequest(), fixture.call("GetAccountSettings"))
            #expect(usage.accountUsage?.totalCodeSize == 0)
        }
    }

    @Test func mergedFoldersAreSwept() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try FileManager.default.createDirectory(
                atPath: fixture.folder + "/layers/0123", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                atPath: fixture.folder + "/layers/.incoming-1", withIntermediateDirectories: true)
            try await fixture.restarted().service.collector.sweep()
            #expect(try Self.names(fixture.folder + "/layers") == [])
        }
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }
}
