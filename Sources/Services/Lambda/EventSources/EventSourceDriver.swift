import ServiceKit

/// Reads the sources of one kind. There is one for each kind that can be polled.
protocol EventSourceDriver: Sendable {
    static var kind: EventSourceKind { get }
    /// Something that reads the mapping's source; it begins when it is told to. Nil for what is no source.
    func poller(_ mapping: MappingRecord, _ host: EventSourceHost) -> (any EventSourcePoller)?
}

/// Reads the source of one mapping that is enabled, and runs its function with what is there.
protocol EventSourcePoller: AnyObject, Sendable {
    func start()
    /// The mapping was changed: what is read from now on is handled by its new settings.
    func update(_ mapping: MappingRecord)
    /// The mapping's function has become another, or is there again.
    func functionChanged()
    /// Reads nothing more. Returns when what was read is done with.
    func stop() async
}

/// What the engine and its drivers need of the service.
protocol MappedFunctions: AnyObject, Sendable {
    func mapping(_ key: MappingKey) async throws -> MappingRecord?
    /// A page of all mappings that are to be polled, of every account.
    func enabledMappings(after key: MappingKey?, limit: Int) async throws -> [MappingRecord]
    /// Whether other processes may change mappings.
    var mappingsAreShared: Bool { get }
    /// What a mapping's function is now.
    /// - Throws: `AWSError` for a function that can't run at the moment.
    /// - Returns: nil if there is none.
    func mapped(_ key: FunctionKey, _ qualifier: String?) async throws -> MappedFunction?
    /// Whether it still is.
    func isCurrent(_ function: MappedFunction) -> Bool
}
