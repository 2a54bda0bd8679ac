import Foundation
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

/// Shapes and messages are those of `TestLambdaLayer` in recordings of AWS, where it has them.
struct LayerVersionTests {
    @Test(arguments: TestDatabase.engines)
    func aLayerLooksAsOnAWS(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let published = try await fixture.publishLayer {
                $0.compatibleRuntimes = ["python3.12", "nodejs14.x", "python3.7"]
                $0.compatibleArchitectures = ["x86_64"]
            }
            #expect(published.layerArn == fixture.layerARN("l"))
            #expect(published.layerVersionArn == fixture.layerARN("l:1"))
            #expect(published.version == 1)
            #expect(published.description == "")
            #expect(published.createdDate == "2026-01-01T00:00:00.000+0000")
            #expect(published.compatibleRuntimes == ["python3.12", "nodejs14.x", "python3.7"])
            #expect(
                try #require(published.wire.structureValue).keys.sorted() == [
                    "CompatibleArchitectures", "CompatibleRuntimes", "Content", "CreatedDate", "Description",
                    "LayerArn", "LayerVersionArn", "Version",
                ])
            let content = try #require(published.content)
            #expect(Set(try #require(content.wire.structureValue).keys) == ["CodeSha256", "CodeSize", "Location"])
            let found = try await fixture.layer("l", 1)
            #expect(found.wire.structureValue?["CompatibleArchitectures"] == .list([.string("x86_64")]))
            #expect(found.content?.codeSha256 == content.codeSha256)
            let byARN = try await fixture.service.getLayerVersionByArn(
                GetLayerVersionByArnRequest(arn: fixture.layerARN("l:1")), fixture.call("GetLayerVersionByArn"))
            #expect(byARN.layerVersionArn == found.layerVersionArn)

            // What was not given is absent; what was given empty is there.
            let bare = try await fixture.publishLayer("m") { $0.licenseInfo = "MIT" }
            #expect(bare.compatibleRuntimes == nil && bare.compatibleArchitectures == nil && bare.licenseInfo == "MIT")
            let empty = try await fixture.publishLayer("m") {
                $0.compatibleRuntimes = []
                $0.compatibleArchitectures = []
            }
            #expect(empty.version == 2)
            #expect(try await fixture.layer("m", 2).compatibleRuntimes == [])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func numbersAreGivenOnce(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            for _ in 1...2 { try await fixture.publishLayer() }
            try await fixture.deleteLayer("l", 1)
            try await fixture.deleteLayer("l", 2)
            // Again, and of what never was: no error.
            try await fixture.deleteLayer("l", 2)
            try await fixture.deleteLayer("never", 7)
            #expect(try await fixture.publishLayer().version == 3)
            await #expect(throws: LambdaFailures.layerVersionNotFound) { _ = try await fixture.layer("l", 2) }
        }
    }

    @Test func whatIsWrongIsRefusedInAWSsWords() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let tooLow = LambdaFailures.invalidParameter("Layer Version Cannot be less than 1")
            await #expect(throws: tooLow) { _ = try await fixture.layer("l", 0) }
            await #expect(throws: tooLow) { try await fixture.deleteLayer("l", -1) }
            await #expect(throws: LambdaFailures.notFound("The resource you requested does not exist.")) {
                _ = try await fixture.layer("l", 1)
            }
            #expect(try await fixture.layerVersions("never").layerVersions == [])
            let supported = Runtimes.supported.joined(separator: ", ")
            let both = AWSError.validation(
                "2 validation errors detected: Value '[invalidruntime, invalidruntime2, nodejs20.x]' at "
                    + "'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: "
                    + "[\(supported)]; Value '[invalidarch, x86_64]' at 'compatibleArchitectures' failed to satisfy "
                    + "constraint: Member must satisfy constraint: "
                    + "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]")
            await #expect(throws: both) {
                try await fixture.publishLayer {
                    $0.compatibleRuntimes = ["invalidruntime", "invalidruntime2", "nodejs20.x"]
                    $0.compatibleArchitectures = ["invalidarch", "x86_64"]
                }
            }
            await #expect(throws: LambdaFailures.brokenArchive) {
                try await fixture.publishLayer { $0.content.zipFile = [1, 2, 3] }
            }
            await #expect(
                throws: AWSError.notImplemented(
                    service: "lambda", operation: "PublishLayerVersion", parameter: "Content.S3Bucket")
            ) {
                try await fixture.publishLayer { $0.content = LayerVersionContentInput(s3Bucket: "b", s3Key: "k") }
            }
            let kept = try await fixture.layers().layers
            #expect(kept == [])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func listsAreFilteredAndPaged(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            for name in ["a", "b", "c"] {
                try await fixture.publishLayer(name) { $0.compatibleRuntimes = ["python3.10", "python3.12"] }
                try await fixture.publishLayer(name) { $0.compatibleArchitectures = ["x86_64", "arm64"] }
            }
            try await fixture.publishLayer("a", account: "222222222222")
            let all = try await fixture.layers()
            #expect(all.layers?.map(\.layerName) == ["a", "b", "c"])
            #expect(all.layers?.map(\.latestMatchingVersion?.version) == [2, 2, 2])
            let python = try await fixture.layers(runtime: "python3.12")
            #expect(python.layers?.map(\.latestMatchingVersion?.version) == [1, 1, 1])
            #expect(try await fixture.layers(runtime: "python3.12", architecture: "x86_64").layers == [])
            #expect(try await fixture.layers(architecture: "arm64").layers?.count == 3)
            // No part of a name, and no pattern.
            #expect(try await fixture.layers(runtime: "python3.1").layers == [])
            #expect(try await fixture.layers(architecture: "x86-64").layers == [])

            let first = try await fixture.layers(size: 2)
            #expect(first.layers?.map(\.layerName) == ["a", "b"])
            let second = try await fixture.layers(marker: first.nextMarker, size: 2)
            #expect(second.layers?.map(\.layerName) == ["c"] && second.nextMarker == nil)

            let versions = try await fixture.layerVersions("b", size: 1)
            #expect(versions.layerVersions?.map(\.version) == [2])
            let rest = try await fixture.layerVersions("b", marker: versions.nextMarker, size: 1)
            #expect(rest.layerVersions?.map(\.layerVersionArn) == [fixture.layerARN("b:1")] && rest.nextMarker == nil)
            #expect(
                try await fixture.layerVersions(fixture.layerARN("b"), runtime: "python3.12").layerVersions?.count == 1)
        }
    }

    /// Two nodes with one database.
    @Test(arguments: TestDatabase.engines)
    func nodesGiveEachNumberOnce(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let nodes = [fixture, try fixture.restarted()]
            let numbers = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for index in 0..<10 {
                    group.addTask { try await nodes[index % 2].publishLayer("l", ["a": "\(index)"]).version }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(numbers.compactMap(\.self).sorted() == Array(1...10))
        }
    }
}
