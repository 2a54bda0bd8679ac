import ServiceKit
import ServiceModel

/// Who has been granted what on a bucket or an object. See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>.
struct AccessControlList: Sendable, Hashable {
    enum Permission: String, Sendable, CaseIterable {
        case read = "READ"
        case write = "WRITE"
        case readACP = "READ_ACP"
        case writeACP = "WRITE_ACP"
        case fullControl = "FULL_CONTROL"
    }

    enum Grantee: Sendable, Hashable {
        /// By canonical id.
        case user(String)
        /// By URI.
        case group(String)
        case email(String)
    }

    struct Grant: Sendable, Hashable {
        var grantee: Grantee
        var permission: Permission
    }

    static let allUsers = "http://acs.amazonaws.com/groups/global/AllUsers"
    static let authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    static let logDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery"
    static let groups: Set<String> = [allUsers, authenticatedUsers, logDelivery]

    /// The canonical id of the owner.
    var owner: String
    var grants: [Grant]

    /// All for the owner, nothing for anybody else.
    static func `private`(owner: String) -> AccessControlList {
        AccessControlList(owner: owner, grants: [Grant(grantee: .user(owner), permission: .fullControl)])
    }

    /// A canned list by its name; nil if there is no such.
    static func canned(_ name: String, owner: String, bucketOwner: String, isBucket: Bool) -> AccessControlList? {
        var list = AccessControlList.private(owner: owner)
        func add(_ uri: String, _ permissions: Permission...) {
            list.grants += permissions.map { Grant(grantee: .group(uri), permission: $0) }
        }
        switch name {
        case "private": break
        case "public-read": add(allUsers, .read)
        case "public-read-write": add(allUsers, .read, .write)
        case "authenticated-read": add(authenticatedUsers, .read)
        case "aws-exec-read":
            list.grants.append(
                Grant(
                    grantee: .user("6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"),
                    permission: .read))
        case "log-delivery-write" where isBucket: add(logDelivery, .write, .readACP)
        case "bucket-owner-read" where !isBucket:
            if bucketOwner != owner { list.grants.append(Grant(grantee: .user(bucketOwner), permission: .read)) }
        case "bucket-owner-full-control" where !isBucket:
            if bucketOwner != owner { list.grants.append(Grant(grantee: .user(bucketOwner), permission: .fullControl)) }
        default: return nil
        }
        return list
    }

    /// Whether anybody, or everybody with an account, is granted something.
    var isPublic: Bool {
        grants.contains { $0.grantee == .group(Self.allUsers) || $0.grantee == .group(Self.authenticatedUsers) }
    }

    /// Whether the list lets a principal, by its canonical id (nil: nobody in particular), do something.
    func permits(_ permission: Permission, to user: String?, ignoringPublic: Bool) -> Bool {
        grants.contains { grant in
            guard grant.permission == permission || grant.permission == .fullControl else { return false }
            switch grant.grantee {
            case .user(let id): return id == user
            case .group(Self.allUsers): return !ignoringPublic
            case .group(Self.authenticatedUsers): return user != nil && !ignoringPublic
            case .group, .email: return false
            }
        }
    }

    // MARK: Wire

    /// As `AccessControlPolicy`, `Grants` and `Owner` have it.
    var wireGrants: WireValue {
        .list(
            grants.map { grant in
                var grantee: [String: WireValue] = [:]
                switch grant.grantee {
                case .user(let id): grantee = ["ID": .string(id), "Type": "CanonicalUser"]
                case .group(let uri): grantee = ["URI": .string(uri), "Type": "Group"]
                case .email(let address): grantee = ["EmailAddress": .string(address), "Type": "AmazonCustomerByEmail"]
                }
                return .structure([
                    "Grantee": .structure(grantee), "Permission": .string(grant.permission.rawValue),
                ])
            })
    }

    var wire: WireValue { .structure(["Owner": .structure(["ID": .string(owner)]), "Grants": wireGrants]) }

    init(owner: String, grants: [Grant]) {
        self.owner = owner
        self.grants = grants
    }

    /// Reads what ``wire`` wrote.
    init?(stored: WireValue) {
        guard let owner = stored["Owner"]?["ID"]?.stringValue, let list = stored["Grants"]?.listValue else {
            return nil
        }
        self.owner = owner
        grants = list.compactMap { value in
            guard let permission = value["Permission"]?.stringValue.flatMap(Permission.init),
                let grantee = value["Grantee"]
            else { return nil }
            if let id = grantee["ID"]?.stringValue { return Grant(grantee: .user(id), permission: permission) }
            if let uri = grantee["URI"]?.stringValue { return Grant(grantee: .group(uri), permission: permission) }
            return grantee["EmailAddress"]?.stringValue.map { Grant(grantee: .email($0), permission: permission) }
        }
    }
}
