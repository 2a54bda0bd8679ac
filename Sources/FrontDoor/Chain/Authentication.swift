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
        // What a presigned URL says of its time counts in every mode: that needs no key.
        do throws(SignatureError) {
            try request.presented.checkPresigned(isS3: route.service.name == "s3", now: platform.clock())
        } catch {
            throw error.error(request.manner)
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
            try await checkBucketRegion(request, route)
            try await verify(&request, service: route.service.signingName, manner: request.manner)
        }
    }

    /// S3 wants to be asked for a bucket in the bucket's region; clients read out of the refusal where that is.
    private func checkBucketRegion(_ request: ChainRequest, _ route: Route) async throws {
        guard route.service.name == "s3", let given = request.presented.scope?.region, request.hostRoute.region == nil
        else { return }
        var expected = HostRoute.isRegion(given) ? given : platform.configuration.region
        // Any region may ask where a bucket is; one that is made is in the region that is asked.
        if !["CreateBucket", "GetBucketLocation"].contains(route.operation.name),
            let bucket = route.labels.first(where: { $0.name == "Bucket" })?.value
        {
            expected = try await platform.buckets?.region(bucket: bucket) ?? expected
        }
        if given != expected { throw SignatureError.scopeRegion(given: given, expected: expected).error(.s3) }
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
        do {
            let token = request.presented.sessionToken
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
            if case .version2 = request.presented, service != "s3" { throw SignatureError.version2 }
            let known = try await resolve(request.presented)
            let head = request.signedHead ?? request.head
            switch request.presented {
            case .none, .queryVersion2, .version4a, .malformed: throw SignatureError.missing
            case .version2(let signature):
                try signature.verify(
                    head, bucket: request.hostRoute.bucket, secret: known.key.secret, now: platform.clock())
            case .version4(let parameters):
                request.seed = try platform.verifier.verify(
                    head, parameters, body: request.stream == nil ? request.body : nil, secret: known.key.secret,
                    expecting: .init(service: service, region: region ?? request.hostRoute.region),
                    now: platform.clock())
            }
            request.principal = known.principal
            request.account = known.principal.account ?? platform.configuration.defaultAccount
        } catch let error as SignatureError {
            var told = error.error(manner)
            if manner == .s3, error == .unknownKey, let id = request.presented.accessKeyID {
                told.fields["AWSAccessKeyId"] = .string(id)
            }
            throw told
        }
    }

    /// The key that a request claims to be signed with.
    private func resolve(_ presented: PresentedSignature) async throws -> (key: AccessKey, principal: Principal) {
        let id: String
        switch presented {
        case .none: throw SignatureError.missing
        case .queryVersion2: throw SignatureError.version2
        case .version4a: throw SignatureError.version4a
        case .malformed(let error, _, _): throw error
        case .version2(let signature): id = signature.accessKeyID
        case .version4(let parameters): id = parameters.accessKeyID
        }
        do {
            if let known = try await platform.credentials.resolve(
                accessKeyID: id, sessionToken: presented.sessionToken)
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
