/// A correction of botocore's model, from `Models/patches/<service>.json`: an array of
/// `{"reason": "…", "at": ["shapes", "X", "members", "Y"], "merge": {…}}`, or `"set": value`, or `"remove": true`.
enum Patch {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func apply(_ patch: JSON, to model: inout JSON) throws {
        guard patch["reason"]?.string?.isEmpty == false else {
            throw Failure(description: "patch without a reason: \(patch.text)")
        }
        guard let path = patch["at"]?.array?.compactMap(\.string) else {
            throw Failure(description: "patch without a place: \(patch.text)")
        }
        model = try changed(model, path[...], patch)
    }

    private static func changed(_ value: JSON, _ path: ArraySlice<String>, _ patch: JSON) throws -> JSON {
        var value = value
        guard let key = path.first else {
            if let set = patch["set"] { return set }
            guard let merge = patch["merge"] else { throw Failure(description: "patch does nothing: \(patch.text)") }
            for member in merge.members { value[member.key] = member.value }
            return value
        }
        if path.count == 1, patch["remove"] != nil {
            guard value[key] != nil else { throw Failure(description: "nothing to remove: \(patch.text)") }
            value[key] = nil
            return value
        }
        guard let next = value[key] ?? (path.count == 1 ? .object([]) : nil) else {
            throw Failure(description: "no such place: \(patch.text)")
        }
        value[key] = try changed(next, path.dropFirst(), patch)
        return value
    }
}
