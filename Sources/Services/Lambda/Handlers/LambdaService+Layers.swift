import Foundation
public import ServiceKit
import ServiceModel

extension LambdaService {
    public func publishLayerVersion(
        _ input: PublishLayerVersionRequest, _ call: Call
    ) async throws -> PublishLayerVersionResponse {
        let key = try ownLayer(input.layerName, call)
        try LayerCompatibility.validate(
            runtimes: input.compatibleRuntimes, architectures: input.compatibleArchitectures)
        let fetched = try await package(
            CodeSource(
                archive: input.content.zipFile, bucket: input.content.s3Bucket, key: input.content.s3Key,
                version: input.content.s3ObjectVersion, parameter: "Content.S3Bucket", kind: "layer"), call)
        let package = fetched.bytes
        let digest = try await packages.digest(package, limit: fetched.limit)
        // To its end, even if the caller gives up: what is stored has a row.
        let layer = try await Task {
            try await self.packages.locks.withLock(digest) {
                let stored = try await self.packages.store(package, digest: digest)
                do {
                    return try await self.store.write { transaction in
                        let layer = LayerVersionRecord(
                            key: key, version: try transaction.takeLayerVersionNumber(key),
                            description: input.description ?? "", license: input.licenseInfo,
                            runtimes: input.compatibleRuntimes, architectures: input.compatibleArchitectures,
                            codeDigest: stored.digest, codeSize: stored.size, created: self.time.now)
                        try transaction.insert(layer)
                        try transaction.count(
                            account: key.account, region: key.region, functions: 0, codeBytes: stored.size)
                        return layer
                    }
                } catch {
                    self.collector.note(digest)
                    throw error
                }
            }
        }.value
        return PublishLayerVersionResponse(
            content: content(layer, call), layerArn: layer.key.arn, layerVersionArn: layer.arn,
            description: layer.description, createdDate: layer.created.lambdaText, version: layer.version,
            compatibleRuntimes: layer.runtimes, licenseInfo: layer.license,
            compatibleArchitectures: layer.architectures)
    }

    public func getLayerVersion(_ input: GetLayerVersionRequest, _ call: Call) async throws -> GetLayerVersionResponse {
        let number = try Self.layerVersion(input.versionNumber)
        return try await layerVersion(LayerReference(name: input.layerName, in: call).key, number, call)
    }

    public func getLayerVersionByArn(
        _ input: GetLayerVersionByArnRequest, _ call: Call
    ) async throws -> GetLayerVersionResponse {
        guard let reference = LayerReference(arn: input.arn), let version = reference.version else {
            throw LambdaFailures.layerVersionNotFound
        }
        return try await layerVersion(reference.key, try Self.layerVersion(version), call)
    }

    private func layerVersion(_ key: LayerKey, _ number: Int64, _ call: Call) async throws -> GetLayerVersionResponse {
        let found = try await store.read { try $0.layerVersion(key, number) }
        try Self.requireAccess(to: key, number, found, call)
        guard let layer = found, key.region == call.region else { throw LambdaFailures.layerVersionNotFound }
        return GetLayerVersionResponse(
            content: content(layer, call), layerArn: layer.key.arn, layerVersionArn: layer.arn,
            description: layer.description, createdDate: layer.created.lambdaText, version: layer.version,
            compatibleRuntimes: layer.runtimes, licenseInfo: layer.license,
            compatibleArchitectures: layer.architectures)
    }

    /// As on AWS, no error if there is no such version. Functions that have it keep it.
    public func deleteLayerVersion(_ input: DeleteLayerVersionRequest, _ call: Call) async throws {
        let number = try Self.layerVersion(input.versionNumber)
        let key = try ownLayer(input.layerName, call, number)
        let deleted = try await store.write { transaction -> LayerVersionRecord? in
            guard let layer = try transaction.layerVersion(key, number) else { return nil }
            try transaction.delete(layer)
            try transaction.count(account: key.account, region: key.region, functions: 0, codeBytes: -layer.codeSize)
            return layer
        }
        if let deleted { collector.note(deleted.codeDigest) }
    }

    public func listLayerVersions(
        _ input: ListLayerVersionsRequest, _ call: Call
    ) async throws -> ListLayerVersionsResponse {
        let key = try ownLayer(input.layerName, call)
        let size = PageMarker.size(input.maxItems)
        let before = try PageMarker.decode(input.marker, of: call, count: 1).map { try PageMarker.ordinal($0[0]) }
        let filter = LayerFilter(runtime: input.compatibleRuntime, architecture: input.compatibleArchitecture)
        let layers = try await store.read {
            try $0.layerVersions(key, before: before, matching: filter, limit: size + 1)
        }
        let page = Page(found: layers, size: size, scope: call.operation) { [String($0.version)] }
        return ListLayerVersionsResponse(
            nextMarker: page.next,
            layerVersions: page.items.map { LayerVersionsListItem($0) })
    }

    public func listLayers(_ input: ListLayersRequest, _ call: Call) async throws -> ListLayersResponse {
        let (account, region) = (call.account, call.region)
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let filter = LayerFilter(runtime: input.compatibleRuntime, architecture: input.compatibleArchitecture)
        let layers = try await store.read {
            try $0.layers(account: account, region: region, after: after, matching: filter, limit: size + 1)
        }
        let page = Page(found: layers, size: size, scope: call.operation) { [$0.key.name] }
        return ListLayersResponse(
            nextMarker: page.next,
            layers: page.items.map {
                LayersListItem(
                    layerName: $0.key.name, layerArn: $0.key.arn, latestMatchingVersion: LayerVersionsListItem($0))
            })
    }

    private func content(_ layer: LayerVersionRecord, _ call: Call) -> LayerVersionContentOutput {
        LayerVersionContentOutput(
            location: downloads.location(layer.codeDigest, origin: call.endpoint),
            codeSha256: Data(Hexadecimal.decode(layer.codeDigest) ?? []).base64EncodedString(), codeSize: layer.codeSize
        )
    }

    // MARK: Whose layers

    /// A layer of the caller's own account: others' can be used, if their policy allows it, and no more.
    func ownLayer(_ name: String, _ call: Call, _ version: Int64? = nil) throws -> LayerKey {
        let key = LayerReference(name: name, in: call).key
        guard key.account == call.account else {
            throw LambdaFailures.notAllowed(call.principal, call.operation, on: version.map(key.arn) ?? key.arn)
        }
        guard key.region == call.region else { throw LambdaFailures.layerVersionNotFound }
        return key
    }

    /// - Throws: AWS's error if the layer version belongs to another account and its policy does not allow its use. It is the
    ///   same if there is no such layer: nobody learns what others have.
    static func requireAccess(
        to key: LayerKey, _ version: Int64, _ found: LayerVersionRecord?, _ call: Call
    ) throws {
        guard key.account != call.account else { return }
        guard let found, key.region == call.region, found.policy.allows(account: call.account) else {
            throw LambdaFailures.notAllowed(call.principal, "GetLayerVersion", on: key.arn(version))
        }
    }

    static func layerVersion(_ number: Int64) throws -> Int64 {
        guard number >= 1 else { throw LambdaFailures.invalidParameter("Layer Version Cannot be less than 1") }
        return number
    }
}

extension LayerVersionsListItem {
    init(_ layer: LayerVersionRecord) {
        self.init(
            layerVersionArn: layer.arn, version: layer.version, description: layer.description,
            createdDate: layer.created.lambdaText, compatibleRuntimes: layer.runtimes, licenseInfo: layer.license,
            compatibleArchitectures: layer.architectures)
    }
}
