import NIOHTTP1

/// What a request shows as its right to be served, as far as it can be read without any key.
enum PresentedSignature: Sendable, Equatable {
    case none
    case version4(SignatureParameters)
    /// Signature Version 2, which is not supported.
    case version2(accessKeyID: String)
    /// Signature Version 4a (ECDSA), which is not supported.
    case version4a(accessKeyID: String)
    /// It cannot be read; `accessKeyID` and `scope` are what could be.
    case malformed(SignatureError, accessKeyID: String?, scope: CredentialScope?)

    var accessKeyID: String? {
        switch self {
        case .none: nil
        case .version4(let parameters): parameters.accessKeyID
        case .version2(let id), .version4a(let id): id
        case .malformed(_, let id, _): id
        }
    }

    var scope: CredentialScope? {
        switch self {
        case .version4(let parameters): parameters.scope
        case .malformed(_, _, let scope): scope
        case .none, .version2, .version4a: nil
        }
    }

    /// Whether it is in the query: a presigned URL.
    var isPresigned: Bool {
        if case .version4(let parameters) = self { parameters.isPresigned } else { false }
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
