import ServiceModel

/// What a session token says: for whom it was issued, and until when. It travels sealed (see
/// ``SessionCredentialIssuer``).
struct SessionToken: Sendable, Hashable {
    var principal: Principal
    var expiration: Timestamp

    private enum Kind: UInt8 { case root = 1, user, assumedRole }

    init(principal: Principal, expiration: Timestamp) {
        self.principal = principal
        self.expiration = expiration
    }

    /// Nil if the principal is of a kind that has no sessions.
    var bytes: [UInt8]? {
        let kind: Kind
        let fields: [String]
        switch principal {
        case .root(let account): (kind, fields) = (.root, [account])
        case .user(let account, let name, let path, let id): (kind, fields) = (.user, [account, name, path, id])
        case .assumedRole(let account, let role, let roleID, let session):
            (kind, fields) = (.assumedRole, [account, role, roleID, session])
        case .service, .anonymous: return nil
        }
        var bytes = [kind.rawValue]
        let time = UInt64(bitPattern: expiration.milliseconds)
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: time >> UInt64(shift)))
        }
        for field in fields {
            guard field.utf8.count <= 1024 else { return nil }
            bytes.append(UInt8(field.utf8.count >> 8))
            bytes.append(UInt8(field.utf8.count & 255))
            bytes += field.utf8
        }
        return bytes
    }

    /// Nil if `bytes` is nothing that ``bytes`` writes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 9, let kind = Kind(rawValue: bytes[0]) else { return nil }
        let time = bytes[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var fields: [String] = []
        var index = 9
        while index < bytes.count {
            guard index + 2 <= bytes.count else { return nil }
            let end = index + 2 + (Int(bytes[index]) << 8 | Int(bytes[index + 1]))
            guard end <= bytes.count, let field = String(validating: bytes[(index + 2)..<end], as: UTF8.self) else {
                return nil
            }
            fields.append(field)
            index = end
        }
        switch (kind, fields.count) {
        case (.root, 1): principal = .root(account: fields[0])
        case (.user, 4): principal = .user(account: fields[0], name: fields[1], path: fields[2], id: fields[3])
        case (.assumedRole, 4):
            principal = .assumedRole(account: fields[0], role: fields[1], roleID: fields[2], session: fields[3])
        default: return nil
        }
        expiration = Timestamp(milliseconds: Int64(bitPattern: time))
    }
}
