import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// The answer to a download of a function's package.
public struct CodeDownload: Sendable {
    /// The HTTP status.
    public var status: Int
    public var contentType: String
    public var body: [UInt8]

    static func refused(_ status: Int, _ message: String) -> CodeDownload {
        CodeDownload(status: status, contentType: "text/plain", body: Array((message + "\n").utf8))
    }
}

/// Signs the URLs under which `GetFunction` offers packages. They work for ten minutes, and until this process ends.
struct CodeDownloadTokens: Sendable {
    static let path = "/_martlet/code/"
    /// In seconds, as on AWS.
    private static let validity: Int64 = 600
    private let key = SymmetricKey(size: .bits256)
    /// Real time, as for all signatures: a URL is good for ten minutes wherever the platform's clock is moved meanwhile.
    let time: any TimeSource

    func location(_ digest: String, origin: String) -> String {
        let now = time.now
        let start = now.basicText
        return "\(origin)\(Self.path)\(digest)?X-Amz-Date=\(start)&X-Amz-Expires=\(Self.validity)"
            + "&X-Martlet-Until=\(now.milliseconds / 1000 + Self.validity)"
            + "&X-Amz-Signature=\(signature(digest, now.milliseconds / 1000 + Self.validity))"
    }

    /// - Returns: the package's digest; nil if the URL was not made here or has expired.
    func verify(path: String, query: String) -> String? {
        let digest = path.hasPrefix(Self.path) ? String(path.dropFirst(Self.path.count)) : path
        var values: [Substring: Substring] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        guard let until = values["X-Martlet-Until"].flatMap({ Int64($0) }), until >= time.now.milliseconds / 1000,
            let given = values["X-Amz-Signature"].flatMap({ Hexadecimal.decode(String($0)) }),
            HMAC<SHA256>.isValidAuthenticationCode(given, authenticating: message(digest, until), using: key)
        else { return nil }
        return digest
    }

    private func signature(_ digest: String, _ until: Int64) -> String {
        Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: message(digest, until), using: key))
    }

    private func message(_ digest: String, _ until: Int64) -> Data { Data("\(digest)\n\(until)".utf8) }
}

extension LambdaService {
    /// Answers `GET /_martlet/code/…`: the URL that `GetFunction` gives as `Code.Location`.
    /// The path is without the query, which is what follows the question mark.
    public func codeDownload(path: String, query: String) async throws -> CodeDownload {
        guard let digest = downloads.verify(path: path, query: query) else {
            return .refused(403, "The URL is not valid, or has expired. GetFunction gives a new one.")
        }
        do {
            return CodeDownload(
                status: 200, contentType: "application/zip", body: try await packages.archive(digest))
        } catch {
            return .refused(404, "The package has been deleted.")
        }
    }
}
