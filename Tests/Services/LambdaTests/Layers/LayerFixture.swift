import Persistence
import ServiceKit

@testable import Lambda

extension LambdaFixture {
    func layerARN(_ rest: String, account: String = LambdaFixture.account) -> String {
        "arn:aws:lambda:us-east-1:\(account):layer:\(rest)"
    }

    @discardableResult
    func publishLayer(
        _ name: String = "l", _ files: [String: String] = ["lib/a": "1"], account: String = LambdaFixture.account,
        _ change: (inout PublishLayerVersionRequest) -> Void = { _ in }
    ) async throws -> PublishLayerVersionResponse {
        let entries = files.sorted { $0.key < $1.key }.map { ZipBuilder.Entry($0.key, $0.value) }
        var input = PublishLayerVersionRequest(
            layerName: name, content: LayerVersionContentInput(zipFile: ZipBuilder(entries).bytes))
        change(&input)
        return try await service.publishLayerVersion(input, call("PublishLayerVersion", account: account))
    }

    func layer(_ name: String, _ version: Int64, account: String = LambdaFixture.account) async throws
        -> GetLayerVersionResponse
    {
        try await service.getLayerVersion(
            GetLayerVersionRequest(layerName: name, versionNumber: version),
            call("GetLayerVersion", account: account))
    }

    func deleteLayer(_ name: String, _ version: Int64) async throws {
        try await service.deleteLayerVersion(
            DeleteLayerVersionRequest(layerName: name, versionNumber: version), call("DeleteLayerVersion"))
    }

    @discardableResult
    func allow(
        _ principal: String, _ name: String = "l", _ version: Int64 = 1, id: String = "s", organization: String? = nil,
        revision: String? = nil
    ) async throws -> AddLayerVersionPermissionResponse {
        try await service.addLayerVersionPermission(
            AddLayerVersionPermissionRequest(
                layerName: name, versionNumber: version, statementId: id, action: "lambda:GetLayerVersion",
                principal: principal, organizationId: organization, revisionId: revision),
            call("AddLayerVersionPermission"))
    }

    func layers(runtime: String? = nil, architecture: String? = nil, marker: String? = nil, size: Int? = nil)
        async throws -> ListLayersResponse
    {
        try await service.listLayers(
            ListLayersRequest(
                compatibleRuntime: runtime, marker: marker, maxItems: size, compatibleArchitecture: architecture),
            call("ListLayers"))
    }

    func layerVersions(_ name: String, runtime: String? = nil, marker: String? = nil, size: Int? = nil) async throws
        -> ListLayerVersionsResponse
    {
        try await service.listLayerVersions(
            ListLayerVersionsRequest(layerName: name, compatibleRuntime: runtime, marker: marker, maxItems: size),
            call("ListLayerVersions"))
    }
}
