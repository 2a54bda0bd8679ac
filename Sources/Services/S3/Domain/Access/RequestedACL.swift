import ServiceKit
import ServiceModel

/// The access control list that a request asks for: by a canned name, by headers, or as a document.
enum RequestedACL {
    private static let headers: [(member: String, header: String, permission: AccessControlList.Permission)] = [
        ("GrantFullControl", "x-amz-grant-full-control", .fullControl), ("GrantRead", "x-amz-grant-read", .read),
        ("GrantReadACP", "x-amz-grant-read-acp", .readACP), ("GrantWrite", "x-amz-grant-write", .write),
        ("GrantWriteACP", "x-amz-grant-write-acp", .writeACP),
    ]

    static let maximumGrants = 100

    /// Accounts have no addresses here.
    private static let unresolvable = AWSError.s3(
        "UnresolvableGrantByEmailAddress", 400,
        "The e-mail address you provided does not match any account on record.")

    /// - Returns: nil if the request asks for none.
    static func read(_ input: WireValue, owner: String, bucketOwner: String, isBucket: Bool) throws
        -> AccessControlList?
    {
        let canned = input["ACL"]?.stringValue
        let grants = try headers.flatMap { header in
            try input[header.member]?.stringValue.map { try self.grants($0, header.header, header.permission) } ?? []
        }
        if let canned {
            guard grants.isEmpty else {
                throw AWSError.invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
            }
            guard
                let list = AccessControlList.canned(canned, owner: owner, bucketOwner: bucketOwner, isBucket: isBucket)
            else { throw AWSError.invalidArgument("", name: "x-amz-acl", value: canned) }
            return list
        }
        guard grants.count <= maximumGrants else { throw malformed }
        if !grants.isEmpty { return AccessControlList(owner: owner, grants: grants) }
        return nil
    }

    /// Of `id="…", uri="…"`.
    private static func grants(_ text: String, _ header: String, _ permission: AccessControlList.Permission) throws
        -> [AccessControlList.Grant]
    {
        try text.split(separator: ",").map { part in
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.drop { $0 == " " } }
            guard sides.count == 2 else {
                throw AWSError.invalidArgument("Argument format not recognized", name: header, value: text)
            }
            let value = sides[1].trimmingQuotes
            switch sides[0].lowercased() {
            case "id":
                try checkID(value, "id")
                return .init(grantee: .user(value), permission: permission)
            case "uri":
                try checkGroup(value, "uri")
                return .init(grantee: .group(value), permission: permission)
            case "emailaddress": throw unresolvable
            default: throw AWSError.invalidArgument("Argument format not recognized", name: header, value: text)
            }
        }
    }

    private static let malformed = AWSError.s3(
        "MalformedACLError", 400,
        "The XML you provided was not well-formed or did not validate against our published schema")

    /// An `AccessControlPolicy` document.
    static func document(_ policy: WireValue, owner: String) throws -> AccessControlList {
        guard let given = policy["Owner"]?["ID"]?.stringValue, let list = policy["Grants"]?.listValue,
            list.count <= maximumGrants
        else { throw malformed }
        guard given == owner else {
            guard isID(given) else {
                throw AWSError.invalidArgument("Invalid id", name: "CanonicalUser/ID", value: given)
            }
            throw AWSError.s3AccessDenied
        }
        let grants = try list.map { grant in
            guard let permission = grant["Permission"]?.stringValue.flatMap(AccessControlList.Permission.init),
                let grantee = grant["Grantee"]
            else { throw malformed }
            switch grantee["Type"]?.stringValue {
            case "CanonicalUser"?:
                guard let id = grantee["ID"]?.stringValue else { throw malformed }
                try checkID(id, "CanonicalUser/ID")
                return AccessControlList.Grant(grantee: .user(id), permission: permission)
            case "Group"?:
                guard let uri = grantee["URI"]?.stringValue else { throw malformed }
                try checkGroup(uri, "Group/URI")
                return AccessControlList.Grant(grantee: .group(uri), permission: permission)
            case "AmazonCustomerByEmail"?:
                throw grantee["EmailAddress"] == nil ? malformed : unresolvable
            default: throw malformed
            }
        }
        return AccessControlList(owner: owner, grants: grants)
    }

    /// Refuses what the bucket's settings do not admit.
    static func check(_ list: AccessControlList?, _ input: WireValue, _ bucket: BucketRecord) throws {
        guard let list else { return }
        if bucket.isOwnerEnforced, input["ACL"]?.stringValue != "bucket-owner-full-control",
            list.grants.contains(where: { $0.grantee != .user(bucket.ownerID) }) || input["ACL"] == nil
                || input["ACL"]?.stringValue == "private"
        {
            throw AWSError.s3("AccessControlListNotSupported", 400, "The bucket does not allow ACLs")
        }
        if bucket.publicAccess.blockPublicACLs, list.isPublic { throw AWSError.s3AccessDenied }
    }

    private static func isID(_ text: String) -> Bool { text.utf8.count == 64 && Hexadecimal.decode(text) != nil }

    private static func checkID(_ id: String, _ argument: String) throws {
        if !isID(id) { throw AWSError.invalidArgument("Invalid id", name: argument, value: id) }
    }

    private static func checkGroup(_ uri: String, _ argument: String) throws {
        if !AccessControlList.groups.contains(uri) {
            throw AWSError.invalidArgument("Invalid group uri", name: argument, value: uri)
        }
    }
}

extension Substring {
    fileprivate var trimmingQuotes: String {
        var text = self
        while text.last == " " { text = text.dropLast() }
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        return String(text)
    }
}
