import ServiceModel

/// Walks an input and collects what violates the model.
struct ConstraintCheck {
    private enum Step {
        case member(MemberModel)
        case element(Int)
        case entry(String)
    }

    private(set) var violations: [String] = []
    private let hidesValues: Bool
    /// The way to what is looked at; only a violation makes a text of it.
    private var path: [Step] = []

    init(hidesValues: Bool) { self.hidesValues = hidesValues }

    private var isFull: Bool { violations.count >= Validator.maximumViolations }

    /// `targets.1.member.id`.
    private var pathText: String {
        path.map { step in
            switch step {
            case .member(let member): Validator.lowered(member.name)
            case .element(let index): "\(index + 1).member"
            case .entry(let key): "\(key).member"
            }
        }.joined(separator: ".")
    }

    private mutating func add(_ value: WireValue?, _ member: MemberModel, _ constraint: String) {
        guard !isFull else { return }
        let shown: String
        if let value {
            let isHidden = hidesValues || member.shape.isSensitive
            shown = isHidden ? "Value" : "Value '\(JavaText.text(value, member.shape))'"
        } else {
            shown = "Value null"
        }
        violations.append("\(shown) at '\(pathText)' failed to satisfy constraint: \(constraint)")
    }

    mutating func structure(_ value: WireValue, _ shape: ShapeModel) {
        guard case .structure(let members) = value else { return }
        for member in shape.members where member.isRequired || member.shape.hasConstraints {
            if isFull { return }
            guard let value = members[member.name] else {
                // A token that the client may leave out is made by the service.
                guard member.isRequired, !member.isIdempotencyToken else { continue }
                path.append(.member(member))
                add(nil, member, "Member must not be null")
                path.removeLast()
                continue
            }
            guard member.shape.hasConstraints else { continue }
            path.append(.member(member))
            check(value, member)
            path.removeLast()
        }
    }

    private mutating func check(_ value: WireValue, _ member: MemberModel) {
        let shape = member.shape
        for constraint in ConstraintCheck.violated(value, shape) { add(value, member, constraint) }
        switch value {
        case .structure: structure(value, shape)
        case .list(let elements): list(elements, value, member)
        case .map(let entries): map(entries, value, member)
        default: break
        }
    }

    private mutating func check(_ value: WireValue, _ member: MemberModel, at step: Step) {
        path.append(step)
        check(value, member)
        path.removeLast()
    }

    /// Elements that are structures are named by their places; scalars are complained about as one with the list.
    private mutating func list(_ elements: [WireValue], _ value: WireValue, _ member: MemberModel) {
        guard let element = member.shape.element, element.shape.hasConstraints else { return }
        guard ConstraintCheck.isScalar(element.shape) else {
            for (index, item) in elements.enumerated() where !isFull { check(item, element, at: .element(index)) }
            return
        }
        if elements.contains(where: { $0 == .null || !ConstraintCheck.violated($0, element.shape).isEmpty }) {
            add(value, member, "Member must satisfy constraint: \(ConstraintCheck.all(element.shape))")
        }
    }

    private mutating func map(_ entries: [String: WireValue], _ value: WireValue, _ member: MemberModel) {
        if let key = member.shape.key?.shape, key.hasConstraints,
            entries.keys.contains(where: { !ConstraintCheck.violated(.string($0), key).isEmpty })
        {
            add(value, member, "Map keys must satisfy constraint: \(ConstraintCheck.all(key))")
        }
        guard let element = member.shape.element, element.shape.hasConstraints else { return }
        guard ConstraintCheck.isScalar(element.shape) else {
            for (key, item) in entries.sorted(by: { $0.key < $1.key }) where !isFull {
                check(item, element, at: .entry(key))
            }
            return
        }
        if entries.values.contains(where: { $0 == .null || !ConstraintCheck.violated($0, element.shape).isEmpty }) {
            add(value, member, "Map value must satisfy constraint: \(ConstraintCheck.all(element.shape))")
        }
    }

    private static func isScalar(_ shape: ShapeModel) -> Bool {
        switch shape.kind {
        case .structure, .list, .map: false
        default: true
        }
    }
}

extension ConstraintCheck {
    /// The constraints of the shape itself that a value violates, in the words and the order of AWS.
    fileprivate static func violated(_ value: WireValue, _ shape: ShapeModel) -> [String] {
        guard shape.minimum != nil || shape.maximum != nil || shape.pattern != nil || !shape.values.isEmpty else {
            return []
        }
        var constraints: [String] = []
        if case .string(let text) = value {
            if !shape.values.isEmpty, !shape.values.contains(text) { constraints.append(enumeration(shape)) }
            if let pattern = shape.pattern, !PatternCache.shared.matches(shape, text) {
                constraints.append(expression(pattern))
            }
        }
        let (size, isNumber) = size(value)
        guard let size else { return constraints }
        if let maximum = shape.maximum, size > maximum { constraints.append(most(maximum, shape, isNumber)) }
        if let minimum = shape.minimum, size < minimum { constraints.append(least(minimum, shape, isNumber)) }
        return constraints
    }

    /// The value of a number, the length of all else.
    private static func size(_ value: WireValue) -> (Double?, isNumber: Bool) {
        switch value {
        case .integer(let value): (Double(value), true)
        case .double(let value): (value, true)
        // As Java counts: in UTF-16.
        case .string(let value): (Double(value.utf16.count), false)
        case .blob(let value): (Double(value.count), false)
        case .list(let value): (Double(value.count), false)
        case .map(let value): (Double(value.count), false)
        case .null, .boolean, .timestamp, .structure: (nil, false)
        }
    }

    /// All constraints of what a list or map holds, in the order of AWS's lists.
    fileprivate static func all(_ shape: ShapeModel) -> String {
        var constraints: [String] = []
        let isNumber = [.integer, .long, .float, .double].contains(shape.kind)
        if let maximum = shape.maximum { constraints.append(most(maximum, shape, isNumber)) }
        if let minimum = shape.minimum { constraints.append(least(minimum, shape, isNumber)) }
        if let pattern = shape.pattern { constraints.append(expression(pattern)) }
        if !shape.values.isEmpty { constraints.append(enumeration(shape)) }
        if isNumber || !shape.values.isEmpty { constraints.append("Member must not be null") }
        return "[" + constraints.joined(separator: ", ") + "]"
    }

    private static func enumeration(_ shape: ShapeModel) -> String {
        "Member must satisfy enum value set: [" + JavaText.ordered(shape.values).joined(separator: ", ") + "]"
    }

    private static func expression(_ pattern: String) -> String {
        "Member must satisfy regular expression pattern: \(pattern)"
    }

    private static func most(_ bound: Double, _ shape: ShapeModel, _ isNumber: Bool) -> String {
        "Member must have \(isNumber ? "value" : "length") less than or equal to \(number(bound, shape))"
    }

    private static func least(_ bound: Double, _ shape: ShapeModel, _ isNumber: Bool) -> String {
        "Member must have \(isNumber ? "value" : "length") greater than or equal to \(number(bound, shape))"
    }

    private static func number(_ bound: Double, _ shape: ShapeModel) -> String {
        if shape.kind == .double || shape.kind == .float { return bound.description }
        return Int64(exactly: bound).map(String.init) ?? bound.description
    }
}
