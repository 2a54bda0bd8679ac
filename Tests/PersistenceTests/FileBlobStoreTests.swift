import Foundation
import Persistence
import TestSupport
import Testing

@Suite struct FileBlobStoreTests {
    static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test func blobsAreNamedByTheirContent() async throws {
        try await TemporaryFolder.with { folder in
            let store = try FileBlobStore(folder: folder + "/blobs")
            #expect(try await store.put(Array("abc".utf8)) == Self.abc)
            #expect(try await store.put(Array("abc".utf8)) == Self.abc)
            #expect(try await store.get(Self.abc) == Array("abc".utf8))
            #expect(try store.path(of: Self.abc) == folder + "/blobs/ba/78/" + Self.abc)
            #expect(try await store.contains(Self.abc))
            let empty = try await store.put([])
            #expect(try await store.get(empty) == [])
            try await store.remove(Self.abc)
            try await store.remove(Self.abc)
            #expect(try await !store.contains(Self.abc))
            await #expect(throws: BlobError.notFound(Self.abc)) { try await store.get(Self.abc) }
        }
    }

    @Test func concurrentPutsOfOneBlobAgree() async throws {
        try await TemporaryFolder.with { folder in
            let store = try FileBlobStore(folder: folder)
            let bytes = [UInt8](repeating: 7, count: 1_000_000)
            let digests = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<16 { group.addTask { try await store.put(bytes) } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(digests.count == 1)
            for digest in digests { #expect(try await store.get(digest) == bytes) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
        }
    }

    @Test func aDamagedBlobIsNoticedAndHealed() async throws {
        try await TemporaryFolder.with { folder in
            let store = try FileBlobStore(folder: folder)
            _ = try await store.put(Array("abc".utf8))
            let path = try store.path(of: Self.abc)
            try Data("abd".utf8).write(to: URL(fileURLWithPath: path))
            await #expect(throws: BlobError.damaged(Self.abc, path: path)) { try await store.get(Self.abc) }
            _ = try await store.put(Array("abc".utf8))
            #expect(try await store.get(Self.abc) == Array("abc".utf8))
        }
    }

    @Test(arguments: ["", "..", "../../../../etc/passwd", abc.uppercased(), abc + "0", String(abc.dropLast()) + "/"])
    func whatIsNoDigestIsNotFound(digest: String) async throws {
        try await TemporaryFolder.with { folder in
            let store = try FileBlobStore(folder: folder)
            await #expect(throws: BlobError.notFound(digest)) { try await store.get(digest) }
            #expect(try await !store.contains(digest))
            try await store.remove(digest)
        }
    }

    @Test func leftoversOfACrashGoAtTheStart() async throws {
        try await TemporaryFolder.with { folder in
            try Data("half".utf8).write(to: URL(fileURLWithPath: folder + "/.123.part"))
            let store = try FileBlobStore(folder: folder)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
            _ = try await store.put([1])
            try await store.removeAll()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }
}
