import NIOHTTP1

/// What a request shows as its right to be served, as far as it can be read without any key.
enum PresentedSignature: Sendable, Equatable {
    case none
    case version4(SignatureParameters)
    /// Signature Version 2, which S3 takes.
    case version2(Version2Signature)
    /// Signature Version 2 of the query protocol, which is not supported.
    case queryVersion2(accessKeyID: String)
    /// Signature Version 4a (ECDSA), which is not supported.
    case version4a(accessKeyID: String)
    /// It cannot be read; `accessKeyID` and `scope` are what could be.
    case malformed(SignatureError, accessKeyID: String?, scope: CredentialScope?)

    var accessKeyID: String? {
        switch self {
        case .none: nil
        case .version4(let parameters): parameters.accessKeyID
        case .version2(let signature): signature.accessKeyID
        case .queryVersion2(let id), .version4a(let id): id
        case .malformed(_, let id, _): id
        }
    }

    var scope: CredentialScope? {
        switch self {
        case .version4(let parameters): parameters.scope
        case .malformed(_, _, let scope): scope
        case .none, .version2, .queryVersion2, .version4a: nil
        }
    }

    /// The service that it is for, as far as it says so.
    var signingName: String? {
        if case .version2 = self { "s3" } else { scope?.service }
    }

    var sessionToken: String? {
        switch self {
        case .version4(let parameters): parameters.sessionToken
        case .version2(let signature): signature.sessionToken
        case .none, .queryVersion2, .version4a, .malformed: nil
        }
    }

    /// Whether it is in the query: a presigned URL.
    var isPresigned: Bool {
        switch self {
        case .version4(let parameters): parameters.isPresigned
        case .version2(let signature): signature.expires != nil
        case .none, .queryVersion2, .version4a, .malformed: false
        }
    }

    /// Whether a presigned URL is good as far as that can be told without its key: complete, and not over. `now` is real time, in seconds
    /// since the epoch.
    func checkPresigned(isS3: Bool, now: Int64) throws(SignatureError) {
        switch self {
        case .version4(let parameters) where parameters.isPresigned:
            try SignatureVerifier.checkTime(parameters, isS3: isS3, now: now)
        case .version2(let signature) where isS3: try signature.checkExpiry(now: now)
        case .malformed(let error, _, _):
            switch error {
            case .queryParameters: throw error
            case .version2Query where isS3: throw error
            default: return
            }
        case .none, .version2, .version4, .queryVersion2, .version4a: return
        }
    }
}

/// A Signature Version 4, from an `Authorization` header or a presigned query.
struct SignatureParameters: Sendable, Equatable {
    var accessKeyID: String
    var scope: CredentialScope
    /// In lower case, in the order given.
    var signedHeaders: [String]
    /// In hexadecimal.
    var signature: String
    /// When it was signed, `YYYYMMDDThhmmssZ`.
    var date: String
    /// ``date`` in seconds since the epoch.
    var seconds: Int64
    var sessionToken: String?
    var isPresigned: Bool
    /// How many seconds a presigned URL is valid.
    var expires: Int64?
}

extension PresentedSignature {
    init(_ head: RequestHead) {
        let headers = head.headers
        if let authorization = headers.first(name: "authorization") {
            self = AuthorizationHeader.parse(authorization, headers: headers)
        } else if head.query.isEmpty {
            self = .none
        } else {
            self = PresignedQuery.parse(QueryPairs(head.query))
        }
    }
}
