import Foundation
import ServiceKit
import Testing

struct ChecksumHasherTests {
    private static let known: [ChecksumAlgorithm: String] = [
        .crc32: "y/Q5Jg==", .crc32c: "4waSgw==", .crc64nvme: "rosUhgp5mIg=", .sha1: "98O8HYCOBHMq32eZZczDTKeuNEE=",
        .sha256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    ]

    @Test(arguments: ChecksumAlgorithm.allCases)
    func `the standard text`(algorithm: ChecksumAlgorithm) {
        let bytes = Array("123456789".utf8).withUnsafeBytes { ChecksumHasher.checksum(algorithm, $0) }
        #expect(Data(bytes).base64EncodedString() == Self.known[algorithm])
        #expect(bytes.count == algorithm.length)
    }

    @Test func `all at once, in pieces`() {
        var hasher = ChecksumHasher(Set(ChecksumAlgorithm.allCases))
        for piece in ["1", "", "2345678", "9"] { Array(piece.utf8).withUnsafeBytes { hasher.update($0) } }
        #expect(hasher.finish().mapValues { Data($0).base64EncodedString() } == Self.known)
    }

    @Test func `a copy goes its own way`() {
        var hasher = ChecksumHasher([.sha1, .sha256, .crc32])
        let copy = hasher
        Array("123456789".utf8).withUnsafeBytes { hasher.update($0) }
        #expect(copy.finish() == ChecksumHasher([.sha1, .sha256, .crc32]).finish())
        #expect(hasher.finish() != copy.finish())
    }

    @Test(arguments: ChecksumAlgorithm.allCases)
    func names(algorithm: ChecksumAlgorithm) {
        #expect(ChecksumAlgorithm(header: algorithm.header) == algorithm)
        #expect(ChecksumAlgorithm(name: algorithm.name) == algorithm)
        #expect(ChecksumAlgorithm(name: algorithm.name.lowercased()) == algorithm)
        #expect(ChecksumAlgorithm(header: algorithm.name) == nil)
        #expect(ChecksumAlgorithm(header: algorithm.header.uppercased()) == nil)
    }
}
