/// One shape of a service's model: a structure, list, map or scalar with its constraints.
///
/// Unchecked because shapes may refer to themselves: the loader makes them all, then sets their members, before anyone else sees them.
public final class ShapeModel: @unchecked Sendable {
    public enum Kind: String, Sendable {
        case structure, list, map, string, integer, long, float, double, boolean, blob, timestamp, document
    }

    /// What a modelled error says about itself on the wire.
    public struct ErrorTraits: Sendable, Hashable {
        /// The code of the query protocols, and of `x-amzn-query-error`; the shape's name if the model gives none.
        public let code: String
        public let status: Int
        public let isServerFault: Bool
    }

    public let name: String
    public let kind: Kind
    /// For numbers the least value, for all else the least length.
    public let minimum: Double?
    public let maximum: Double?
    /// A regular expression in Java's notation that the whole value must match.
    public let pattern: String?
    /// The values of an enumeration in the model's order; empty if this is none.
    public let values: [String]
    /// Whether validation messages must not repeat the value.
    public let isSensitive: Bool
    public let isUnion: Bool
    /// Whether this is the union of an event stream's events.
    public let isEventStream: Bool
    public let error: ErrorTraits?

    /// The members of a structure, in the model's order.
    public internal(set) var members: [MemberModel] = []
    /// Where members are by their names in the model.
    public internal(set) var memberIndex: [String: Int] = [:]
    /// Where members are by their names on the wire.
    public internal(set) var wireIndex: [String: Int] = [:]
    /// The elements of a list, or the values of a map.
    public internal(set) var element: MemberModel?
    /// The keys of a map.
    public internal(set) var key: MemberModel?
    /// The member of a REST input or output that is the body.
    public internal(set) var payload: MemberModel?
    /// The member of an input or output that is an event stream.
    public internal(set) var eventStream: MemberModel?
    /// Whether a member, here or below, has a constraint that can be violated.
    public internal(set) var hasConstraints = false

    init(
        name: String, kind: Kind, minimum: Double?, maximum: Double?, pattern: String?, values: [String],
        isSensitive: Bool,
        isUnion: Bool, isEventStream: Bool, error: ErrorTraits?
    ) {
        self.name = name
        self.kind = kind
        self.minimum = minimum
        self.maximum = maximum
        self.pattern = pattern
        self.values = values
        self.isSensitive = isSensitive
        self.isUnion = isUnion
        self.isEventStream = isEventStream
        self.error = error
    }

    /// A member by its name in the model.
    public func member(_ name: String) -> MemberModel? { memberIndex[name].map { members[$0] } }

    /// A member by its name on the wire.
    public func member(onWire name: String) -> MemberModel? { wireIndex[name].map { members[$0] } }
}
