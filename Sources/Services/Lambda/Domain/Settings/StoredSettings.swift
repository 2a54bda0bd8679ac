import Foundation
import ServiceKit

/// Settings of a version that have no column of their own, as the database keeps them.
struct StoredSettings: Codable {
    var vpc: VPCSettings?
    var fileSystems: [FileSystemMount]?
    var kmsKey: String?
    var deadLetterTarget: String?
    var hasSnapStart: Bool?
    var localFolder: String?

    init(_ settings: FunctionSettings) {
        vpc = settings.vpc
        fileSystems = settings.fileSystems.isEmpty ? nil : settings.fileSystems
        kmsKey = settings.kmsKey
        deadLetterTarget = settings.deadLetterTarget
        hasSnapStart = settings.hasSnapStart ? true : nil
        localFolder = settings.localFolder
    }

    func apply(to settings: inout FunctionSettings) {
        settings.vpc = vpc
        settings.fileSystems = fileSystems ?? []
        settings.kmsKey = kmsKey
        settings.deadLetterTarget = deadLetterTarget
        settings.hasSnapStart = hasSnapStart ?? false
        settings.localFolder = localFolder
    }

    /// Nil if there is nothing to keep.
    var text: String? {
        get throws {
            let text = try StoredDocument.text(self)
            return text == "{}" ? nil : text
        }
    }
}

/// Values that the database keeps as JSON.
enum StoredDocument {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
