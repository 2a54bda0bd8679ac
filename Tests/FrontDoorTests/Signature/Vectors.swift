import Foundation
import NIOHTTP1
import Testing

@testable import FrontDoor

/// What `Vectors/generate.py` wrote: requests as botocore signs them.
struct Vectors: Decodable, Sendable {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var service: String
        var region: String
        var method: String
        var target: String
        var headers: [[String]]
        var body: String

        var testDescription: String { name }

        var head: RequestHead {
            get throws {
                try RequestHead(
                    HTTPRequestHead(
                        version: .http1_1, method: HTTPMethod(rawValue: method), uri: target,
                        headers: HTTPHeaders(headers.filter { $0.count == 2 }.map { ($0[0], $0[1]) })))
            }
        }
    }

    var accessKeyID: String
    var secret: String
    var now: Int64
    var vectors: [Vector]

    static let shared = read("sigv4")
    /// Of Signature Version 2.
    static let version2 = read("sigv2")

    private static func read(_ name: String) -> Vectors? {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Vectors/\(name).json")
        return (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Vectors.self, from: $0) }
    }
}
