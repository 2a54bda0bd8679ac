internal import CLauncherProtocol
internal import Sandbox

/// The body of a SPAWN.
enum SpawnMessage {
    /// - Parameters:
    ///   - configuration: What is asked for.
    ///   - dataFolders: The data folder's paths: what lies below one of them is named relative to it.
    /// - Returns: The bytes after the header.
    /// - Throws: ``SandboxError``: more than the launcher takes.
    static func encode(_ configuration: SandboxConfiguration, dataFolders: [String]) throws -> [UInt8] {
        // Already there: /usr is part of every sandbox.
        let binds = configuration.binds.filter { !($0.host == $0.inside && $0.host.hasPrefix("/usr/")) }
        guard binds.count <= ML_BINDS_MAX, configuration.listeningPorts.count <= ML_PORTS_MAX,
            configuration.command.count <= ML_ARGUMENTS_MAX, configuration.environment.count <= ML_ENVIRONMENT_MAX
        else { throw SandboxError.failed("too many binds, ports, arguments or environment variables") }
        guard let memory = UInt32(exactly: configuration.memory),
            let storage = UInt32(exactly: configuration.temporaryStorage)
        else { throw SandboxError.failed("memory or temporary storage out of range") }

        var fixed = ml_spawn()
        fixed.memory_mib = memory
        fixed.storage_mib = storage
        fixed.flags = flags(configuration)
        fixed.arguments = UInt16(configuration.command.count)
        fixed.environment = UInt16(configuration.environment.count)
        fixed.binds = UInt16(binds.count)
        fixed.ports = UInt16(configuration.listeningPorts.count)
        for (index, port) in configuration.listeningPorts.enumerated() {
            guard let port = UInt16(exactly: port) else { throw SandboxError.failed("port \(port) is out of range") }
            withUnsafeMutableBytes(of: &fixed.port) {
                $0.storeBytes(of: port, toByteOffset: index * MemoryLayout<UInt16>.size, as: UInt16.self)
            }
        }
        var paths: [(String, String)] = []
        for (index, bind) in binds.enumerated() {
            let relative = below(bind.host, dataFolders)
            let origin = relative == nil ? ML_ORIGIN_HOST.rawValue : ML_ORIGIN_DATA.rawValue
            withUnsafeMutableBytes(of: &fixed.bind_origin) { $0[index] = UInt8(origin) }
            paths.append((relative ?? bind.host, bind.inside))
        }
        var code = ""
        if let folder = configuration.code {
            // An absolute path is one of a folder that the launcher was started with, or refused there.
            code = below(folder, dataFolders) ?? folder
        }

        var body: [UInt8] = []
        body.append(fixed: fixed)
        for string in [configuration.id, configuration.workingDirectory, code] { body.append(string: string) }
        for string in configuration.command + configuration.environment { body.append(string: string) }
        for (host, inside) in paths {
            body.append(string: host)
            body.append(string: inside)
        }
        guard body.count + MemoryLayout<ml_header>.size <= ML_MESSAGE_MAX else {
            throw SandboxError.failed("command and environment are too long")
        }
        return body
    }

    private static func flags(_ configuration: SandboxConfiguration) -> UInt32 {
        var flags = configuration.network == .internet ? UInt32(ML_NETWORK_INTERNET.rawValue) : 0
        if configuration.stem != nil { flags |= UInt32(ML_STEM.rawValue) }
        if configuration.stem == .beforeExec { flags |= UInt32(ML_STEM_BEFORE_EXEC.rawValue) }
        if configuration.stem == .forked { flags |= UInt32(ML_STEM_FORKED.rawValue) }
        if configuration.runsExtensions { flags |= UInt32(ML_SUPERVISED.rawValue) }
        return flags
    }

    /// The body of a SPECIALISE.
    /// - Throws: ``SandboxError``: more than the launcher takes.
    static func encode(_ orders: SandboxSpecialisation, dataFolders: [String]) throws -> [UInt8] {
        guard orders.binds.count <= ML_BINDS_MAX, orders.command.count <= ML_ARGUMENTS_MAX,
            orders.environment.count <= ML_ENVIRONMENT_MAX, let memory = UInt32(exactly: orders.memory)
        else { throw SandboxError.failed("too many binds, arguments or environment variables") }
        let code = below(orders.code, dataFolders) ?? orders.code
        var body: [UInt8] = []
        body.append(
            fixed: ml_specialise(
                memory_mib: memory, arguments: UInt16(orders.command.count),
                environment: UInt16(orders.environment.count), binds: UInt16(orders.binds.count), reserved: 0))
        body.append(string: code)
        for string in orders.command + orders.environment { body.append(string: string) }
        for bind in orders.binds {
            guard let host = below(bind.host, dataFolders) else {
                throw SandboxError.failed("\(bind.host) is not below the data folder")
            }
            body.append(string: host)
            body.append(string: bind.inside)
        }
        guard body.count + MemoryLayout<ml_header>.size <= ML_MESSAGE_MAX else {
            throw SandboxError.failed("command and environment are too long")
        }
        return body
    }

    private static func below(_ path: String, _ folders: [String]) -> String? {
        // A relative path is one below the data folder.
        guard path.hasPrefix("/") else { return path }
        for folder in folders where path.hasPrefix(folder + "/") {
            return String(path.dropFirst(folder.count + 1))
        }
        return nil
    }
}
