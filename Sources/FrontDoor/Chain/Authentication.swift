import NIOHTTP1
import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// Finds out who calls, for which account, in which region.
    func authenticate(_ request: inout ChainRequest, _ route: Route) async throws {
        if let region = request.presented.scope?.region {
            guard Self.isRegionName(region) else {
                throw SignatureError.scopeRegion(given: region, expected: nil).error(request.manner)
            }
            request.region = region
        }
        switch caller {
        case .sandbox(let identity):
            request.principal = identity.principal
            request.account = identity.account
        case .anyone where route.operation.allowsAnonymous && request.presented.isNone:
            request.account = platform.configuration.defaultAccount
        case .anyone where platform.isOpen:
            request.principal = try await openPrincipal(request)
            request.account = request.principal.account ?? platform.configuration.defaultAccount
        // What is public in S3 is for those who do not sign, too.
        case .anyone where route.service.name == "s3" && request.presented.isNone:
            request.account = platform.configuration.defaultAccount
        case .anyone:
            try await verify(&request, service: route.service.signingName, manner: request.manner)
        }
    }

    /// Letters, digits and dashes: what may stand in an ARN and in a row.
    static func isRegionName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// Without proof: the key chooses the account.
    func openPrincipal(_ request: ChainRequest) async throws -> Principal {
        guard let id = request.presented.accessKeyID else {
            return .root(account: platform.configuration.defaultAccount)
        }
        if AccountID.isValid(id) { return .root(account: id) }
        var token: String?
        if case .version4(let parameters) = request.presented { token = parameters.sessionToken }
        do {
            if let known = try await platform.credentials.resolve(accessKeyID: id, sessionToken: token) {
                return known.principal
            }
        } catch let error as AWSError where error.code.hasPrefix("ExpiredToken") {
            // Issued here, and over: that is not just any key.
            throw SignatureError.expiredToken.error(request.manner)
        } catch is AWSError {
            // A session of somewhere else, such as real AWS.
        }
        return .root(account: platform.configuration.defaultAccount)
    }

    /// With proof: the signature has to be good, for a service in this region; nil: in that which the host's name says.
    func verify(
        _ request: inout ChainRequest, service: String, region: String? = nil, manner: ErrorManner
    ) async throws {
        do {
            let parameters = try signature(request.presented)
            let known = try await resolve(parameters)
            request.seed = try platform.verifier.verify(
                request.head, parameters, body: request.stream == nil ? request.body : nil, secret: known.key.secret,
                expecting: .init(service: service, region: region ?? request.hostRoute.region),
                now: platform.clock())
            request.principal = known.principal
            request.account = known.principal.account ?? platform.configuration.defaultAccount
        } catch let error as SignatureError {
            throw error.error(manner)
        }
    }

    private func signature(_ presented: PresentedSignature) throws(SignatureError) -> SignatureParameters {
        switch presented {
        case .none: throw .missing
        case .version2: throw .version2
        case .version4a: throw .version4a
        case .malformed(let error, _, _): throw error
        case .version4(let parameters): return parameters
        }
    }

    private func resolve(_ parameters: SignatureParameters) async throws -> (key: AccessKey, principal: Principal) {
        do {
            if let known = try await platform.credentials.resolve(
                accessKeyID: parameters.accessKeyID, sessionToken: parameters.sessionToken)
            {
                return known
            }
        } catch let error as AWSError {
            if error.code.hasPrefix("ExpiredToken") { throw SignatureError.expiredToken }
            if error.fault == .client { throw SignatureError.invalidToken }
            throw error
        }
        throw SignatureError.unknownKey
    }
}

extension PresentedSignature {
    /// Whether the request is not signed at all.
    fileprivate var isNone: Bool { if case .none = self { true } else { false } }
}

extension Platform {
    var isOpen: Bool { configuration.authentication == .open }
}
