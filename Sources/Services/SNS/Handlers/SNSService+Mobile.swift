public import ServiceKit

/// Mobile push: applications and endpoints as they are on AWS; what is sent to them is kept, and goes nowhere.
extension SNSService {
    public func createPlatformApplication(_ input: CreatePlatformApplicationInput, _ call: Call) async throws
        -> CreatePlatformApplicationResponse
    {
        try MobileAttributes.checkName(input.name)
        guard ApplicationKey.platforms.contains(input.platform) else {
            throw SNSFailures.invalid("Platform", reason: "Invalid value for platform")
        }
        try MobileAttributes.checkApplication(input.attributes, platform: input.platform, isNew: true)
        let key = ApplicationKey(
            account: call.account, region: call.region, platform: input.platform, name: input.name)
        let attributes = MobileAttributes.kept(input.attributes)
        if let known = try await mobile.application(key) {
            guard attributes.allSatisfy({ known[$0.key] == $0.value }) else {
                throw SNSFailures.invalid(
                    "Attributes", reason: "Platform application already exists with different attributes")
            }
        } else {
            try await mobile.put(key, attributes)
        }
        return CreatePlatformApplicationResponse(platformApplicationArn: key.arn)
    }

    public func deletePlatformApplication(_ input: DeletePlatformApplicationInput, _ call: Call) async throws {
        try await mobile.delete(try ownKey(input.platformApplicationArn, call))
    }

    public func getPlatformApplicationAttributes(
        _ input: GetPlatformApplicationAttributesInput, _ call: Call
    ) async throws -> GetPlatformApplicationAttributesResponse {
        let (_, attributes) = try await application(input.platformApplicationArn, call)
        return GetPlatformApplicationAttributesResponse(attributes: MobileAttributes.shown(attributes))
    }

    public func setPlatformApplicationAttributes(_ input: SetPlatformApplicationAttributesInput, _ call: Call)
        async throws
    {
        let key = try ownKey(input.platformApplicationArn, call)
        guard !input.attributes.isEmpty else {
            return try MobileAttributes.checkApplication([:], platform: key.platform, isNew: false)
        }
        guard let attributes = try await mobile.application(key) else { throw SNSFailures.applicationNotFound }
        try MobileAttributes.checkApplication(input.attributes, platform: key.platform, isNew: false)
        try await mobile.put(key, attributes.merging(MobileAttributes.kept(input.attributes)) { $1 })
    }

    public func listPlatformApplications(_ input: ListPlatformApplicationsInput, _ call: Call) async throws
        -> ListPlatformApplicationsResponse
    {
        let scope = "ListPlatformApplications"
        let after = try position(input.nextToken, scope: scope)[0]
        let found = try await mobile.applications(
            account: call.account, region: call.region, after: after, limit: Self.pageSize + 1)
        let page = Page(found: found.map(ListedApplication.init), size: Self.pageSize, scope: scope) { [$0.path] }
        return ListPlatformApplicationsResponse(
            platformApplications: page.items.map {
                PlatformApplication(
                    platformApplicationArn: "arn:aws:sns:\(call.region):\(call.account):app/\($0.path)",
                    attributes: MobileAttributes.shown($0.attributes))
            }, nextToken: page.next)
    }

    private struct ListedApplication: Sendable {
        var path: String
        var attributes: [String: String]
    }

    // MARK: Endpoints

    public func createPlatformEndpoint(_ input: CreatePlatformEndpointInput, _ call: Call) async throws
        -> CreateEndpointResponse
    {
        let (key, _) = try await application(input.platformApplicationArn, call)
        guard !input.token.isEmpty else { throw SNSFailures.missing("Token") }
        var attributes = input.attributes ?? [:]
        if let data = input.customUserData { attributes["CustomUserData"] = data }
        try MobileAttributes.checkEndpoint(attributes)
        attributes["Token"] = input.token
        let wanted = attributes
        attributes["Enabled"] = attributes["Enabled"]?.lowercased() ?? "true"
        let new = MobileEndpoint(
            key: EndpointKey(application: key, id: RandomUUID.make()), attributes: attributes)
        guard let kept = try await mobile.create(new, token: input.token) else { throw SNSFailures.applicationNotFound }
        guard kept == new || wanted.allSatisfy({ kept.attributes[$0.key] == $0.value }) else {
            throw SNSFailures.invalid(
                "Token",
                reason: "Endpoint \(kept.key.arn) already exists with the same Token, but different attributes.")
        }
        return CreateEndpointResponse(endpointArn: kept.key.arn)
    }

    public func deleteEndpoint(_ input: DeleteEndpointInput, _ call: Call) async throws {
        let key = try EndpointKey(parsing: input.endpointArn, region: call.region)
        try own(key.application.account, "DeleteEndpoint", key.arn, call)
        try await mobile.delete(key)
    }

    public func getEndpointAttributes(_ input: GetEndpointAttributesInput, _ call: Call) async throws
        -> GetEndpointAttributesResponse
    {
        GetEndpointAttributesResponse(attributes: try await endpoint(input.endpointArn, call).attributes)
    }

    public func setEndpointAttributes(_ input: SetEndpointAttributesInput, _ call: Call) async throws {
        guard !input.attributes.isEmpty else {
            throw SNSFailures.constraint(
                "Value null at 'attributes' failed to satisfy constraint: Member must not be null")
        }
        var found = try await endpoint(input.endpointArn, call)
        try MobileAttributes.checkEndpoint(input.attributes)
        found.attributes.merge(input.attributes) { $1 }
        found.attributes["Enabled"] = found.attributes["Enabled"]?.lowercased()
        try await mobile.update(found)
    }

    public func listEndpointsByPlatformApplication(
        _ input: ListEndpointsByPlatformApplicationInput, _ call: Call
    ) async throws -> ListEndpointsByPlatformApplicationResponse {
        let (key, _) = try await application(input.platformApplicationArn, call)
        let scope = "ListEndpointsByPlatformApplication/\(key.arn)"
        let after = try position(input.nextToken, scope: scope)[0]
        let found = try await mobile.endpoints(key, after: after, limit: Self.pageSize + 1)
        let page = Page(found: found, size: Self.pageSize, scope: scope) { [$0.key.id] }
        return ListEndpointsByPlatformApplicationResponse(
            endpoints: page.items.map { Endpoint(endpointArn: $0.key.arn, attributes: $0.attributes) },
            nextToken: page.next)
    }

    // MARK: What is named

    private func own(_ account: String, _ action: String, _ arn: String, _ call: Call) throws(AWSError) {
        guard account == call.account else { throw SNSFailures.unauthorized(call.principal, "SNS:\(action)", arn) }
    }

    private func ownKey(_ text: String, _ call: Call) throws(AWSError) -> ApplicationKey {
        let key = try ApplicationKey(parsing: text, region: call.region)
        try own(key.account, call.operation, key.arn, call)
        return key
    }

    private func application(_ text: String, _ call: Call) async throws -> (ApplicationKey, [String: String]) {
        let key = try ownKey(text, call)
        guard let attributes = try await mobile.application(key) else { throw SNSFailures.applicationNotFound }
        return (key, attributes)
    }

    private func endpoint(_ text: String, _ call: Call) async throws -> MobileEndpoint {
        let key = try EndpointKey(parsing: text, region: call.region)
        try own(key.application.account, call.operation, key.arn, call)
        guard let found = try await mobile.endpoint(key) else { throw SNSFailures.endpointNotFound }
        return found
    }
}
