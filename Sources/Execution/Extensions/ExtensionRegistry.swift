/// The extensions of one execution environment as the Extensions API sees them: which call is allowed when, and what follows.
///
/// A pure value: callers deliver what it says. Follows
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html.
public struct ExtensionRegistry: Sendable {
    /// How many extensions may register.
    public static let limit = 10

    public struct Extension: Sendable, Hashable {
        public enum State: String, Sendable {
            /// Its process was started; it has not registered. Only external ones begin so.
            case started = "Started"
            case registered = "Registered"
            /// It waits for an event.
            case ready = "Ready"
            /// It has an event, or one is on the way to it.
            case running = "Running"
            case initError = "InitError"
            case exitError = "ExitError"
            /// Its process has ended.
            case exited = "Exited"
            case launchError = "LaunchError"
        }

        public var name: String
        /// Whether it is a process of its own, from `/opt/extensions`.
        public var isExternal: Bool
        public var id: String?
        /// In the order in which it asked for them.
        public var events: [ExtensionEvent.Kind] = []
        public var state: State
        /// What it said, or what the system said, of its failure.
        public var errorType: String?
        /// The event that it gets when it asks.
        var pending: ExtensionEvent?
    }

    /// What `GET /extension/event/next` leads to.
    public enum Next: Sendable, Hashable {
        case event(ExtensionEvent)
        /// It waits; ``isInitialized`` or ``isIdle`` may have changed.
        case wait
    }

    private enum Phase { case initializing, serving, shuttingDown }

    public private(set) var extensions: [Extension] = []
    private var phase = Phase.initializing

    public init() {}

    // MARK: What holds now

    public var isEmpty: Bool { extensions.isEmpty }
    public var hasExternals: Bool { extensions.contains(where: \.isExternal) }
    public var hasInternals: Bool { extensions.contains { !$0.isExternal } }

    /// Whether nobody may register, or subscribe, any longer.
    public var isClosed: Bool { phase != .initializing }

    /// Whether every external extension has registered: then the runtime may start.
    public var externalsAreRegistered: Bool {
        extensions.allSatisfy { !$0.isExternal || $0.state != .started }
    }

    /// Whether every extension has asked for its first event.
    public var isInitialized: Bool { extensions.allSatisfy { $0.state == .ready || $0.state == .running } }

    /// Whether no extension works on an event.
    public var isIdle: Bool { extensions.allSatisfy { $0.state != .running } }

    /// Whether some extension wants to know of the end and can still do something.
    public var awaitsShutdown: Bool {
        extensions.contains { $0.isExternal && $0.events.contains(.shutdown) && $0.state != .exited }
    }

    // MARK: Processes

    /// The process of an external extension was started.
    public mutating func started(_ name: String) {
        extensions.append(Extension(name: name, isExternal: true, state: .started))
    }

    /// The process of an external extension could not be started.
    public mutating func launchFailed(_ name: String, errorType: String) {
        extensions.append(Extension(name: name, isExternal: true, state: .launchError, errorType: errorType))
    }

    /// The process of an external extension has ended.
    /// - Returns: whether that is a failure: nothing but the environment's end excuses it.
    public mutating func exited(_ name: String) -> Bool {
        guard let index = extensions.firstIndex(where: { $0.isExternal && $0.name == name }) else { return false }
        extensions[index].state = .exited
        extensions[index].pending = nil
        return phase != .shuttingDown
    }

    // MARK: Calls

    /// `POST /extension/register`. A name that no external extension has is an internal one's.
    /// It gets the identifier.
    /// - Throws: ``ExtensionRefusal``.
    public mutating func register(name: String, events: [String], id: String) throws(ExtensionRefusal) {
        guard !name.isEmpty else { throw .missingName }
        guard phase == .initializing else { throw .registrationClosed }
        let index = extensions.firstIndex { $0.name == name }
        if let index, extensions[index].state != .started { throw .alreadyRegistered(name) }
        var kinds: [ExtensionEvent.Kind] = []
        for event in events {
            guard let kind = ExtensionEvent.Kind(rawValue: event) else {
                throw .invalidEvent(event, isForExternals: false)
            }
            if kind == .shutdown, index == nil { throw .invalidEvent(event, isForExternals: true) }
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        guard extensions.count(where: { $0.id != nil }) < Self.limit else { throw .tooMany }
        if let index {
            extensions[index].id = id
            extensions[index].events = kinds
            extensions[index].state = .registered
        } else {
            extensions.append(Extension(name: name, isExternal: false, id: id, events: kinds, state: .registered))
        }
    }

    /// `GET /extension/event/next`.
    public mutating func next(id: String) throws(ExtensionRefusal) -> Next {
        let index = try self.index(id)
        switch extensions[index].state {
        case .registered, .ready, .running:
            guard let event = extensions[index].pending else {
                extensions[index].state = .ready
                return .wait
            }
            extensions[index].pending = nil
            extensions[index].state = .running
            return .event(event)
        case .initError, .exitError, .exited, .launchError, .started:
            throw refusal(index, to: .ready)
        }
    }

    /// `POST /extension/init/error`.
    public mutating func failInitialization(id: String, errorType: String) throws(ExtensionRefusal) {
        let index = try self.index(id)
        guard extensions[index].state == .registered else { throw refusal(index, to: .initError) }
        extensions[index].state = .initError
        extensions[index].errorType = errorType
    }

    /// `POST /extension/exit/error`.
    public mutating func failExit(id: String, errorType: String) throws(ExtensionRefusal) {
        let index = try self.index(id)
        switch extensions[index].state {
        case .registered, .ready, .running:
            extensions[index].state = .exitError
            extensions[index].errorType = errorType
        case .initError, .exitError, .exited, .launchError, .started:
            throw refusal(index, to: .exitError)
        }
    }

    /// The extension that an identifier names.
    public func named(_ id: String) throws(ExtensionRefusal) -> Extension { extensions[try index(id)] }

    // MARK: Phases

    /// Initialisation is over: nobody may register any longer.
    public mutating func initialized() {
        if phase == .initializing { phase = .serving }
    }

    /// An event for everybody who wants it.
    /// - Returns: who waits for it now. The others get it when they ask.
    public mutating func begin(_ event: ExtensionEvent) -> [String] {
        if event.kind == .shutdown { phase = .shuttingDown }
        var waiting: [String] = []
        for index in extensions.indices where extensions[index].events.contains(event.kind) {
            guard let id = extensions[index].id else { continue }
            switch extensions[index].state {
            case .ready:
                extensions[index].state = .running
                waiting.append(id)
            case .registered, .running:
                extensions[index].pending = event
            case .started, .initError, .exitError, .exited, .launchError: continue
            }
        }
        return waiting
    }

    /// The connection broke over which an event was to go: the extension gets it when it asks again.
    public mutating func undelivered(id: String, _ event: ExtensionEvent) {
        guard let index = extensions.firstIndex(where: { $0.id == id }), extensions[index].state == .running else {
            return
        }
        extensions[index].pending = event
    }

    private func index(_ id: String) throws(ExtensionRefusal) -> Int {
        guard let index = extensions.firstIndex(where: { $0.id == id }) else { throw .unknownIdentifier(id) }
        return index
    }

    private func refusal(_ index: Int, to state: Extension.State) -> ExtensionRefusal {
        .invalidState(
            extension: extensions[index].name, from: extensions[index].state.rawValue, to: state.rawValue)
    }
}
