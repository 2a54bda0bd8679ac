import Foundation
import FrontDoor
import NIOCore
import NIOHTTP1
import ServiceKit

/// Calls AWS APIs of a server, signed.
struct APIClient {
    /// An error that the API answered.
    struct Failed: Error, CustomStringConvertible {
        var status: Int
        var code: String
        var message: String
        var description: String {
            if message.isEmpty { return "The server answered \(status)\(code.isEmpty ? "" : ": \(code)")." }
            return code.isEmpty ? message : "\(code): \(message)"
        }
    }

    let http: HTTPClient
    let region: String
    let key: AccessKey

    init(_ options: ConnectionOptions) throws {
        http = try options.client()
        region = options.resolvedRegion
        key = options.key()
    }

    /// A signed request. `receive` takes the answer's body as it comes; without it, the response has the body.
    func send(
        _ method: HTTPMethod, _ uri: String, service: String, headers: [(String, String)] = [], body: [UInt8],
        receive: ((ByteBuffer) throws -> Void)? = nil
    ) async throws -> HTTPClient.Response {
        let signed = SigV4Signer(key: key, region: region, service: service).sign(
            method: method.rawValue, uri: uri, headers: headers + [("Host", http.endpoint.authority)], body: body,
            seconds: Int64(Date().timeIntervalSince1970))
        let response = try await http.send(method, uri, headers: signed, body: body, receive: receive)
        guard (200..<300).contains(response.status) else { throw Self.failure(response) }
        return response
    }

    /// A call of a service that speaks JSON 1.1.
    func json(_ target: String, service: String, _ input: [String: Any]) async throws -> [String: Any] {
        let body = Array(try JSONSerialization.data(withJSONObject: input))
        let headers = [("X-Amz-Target", target), ("Content-Type", "application/x-amz-json-1.1")]
        let response = try await send(.POST, "/", service: service, headers: headers, body: body)
        return try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any] ?? [:]
    }

    private static func failure(_ response: HTTPClient.Response) -> Failed {
        let object = (try? JSONSerialization.jsonObject(with: Data(response.body))) as? [String: Any] ?? [:]
        let code = response.headers.first(name: "x-amzn-errortype") ?? object["__type"] as? String ?? ""
        let message = object["message"] as? String ?? object["Message"] as? String ?? ""
        return Failed(
            status: response.status, code: code.split(separator: "#").last.map(String.init) ?? "", message: message)
    }
}
