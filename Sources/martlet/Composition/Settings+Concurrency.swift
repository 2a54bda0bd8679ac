import DataPlane

extension SettingsReader {
    /// `--account-concurrency` and `--memory-reserve`.
    func readLimits(_ options: UpCommand, into settings: inout Settings) throws {
        if let text = text(options.accountConcurrency, "ACCOUNT_CONCURRENCY") {
            guard let number = Int(text), (1...1_000_000).contains(number) else {
                throw SettingsError("--account-concurrency is \(text); it takes a number from 1 to 1000000.")
            }
            settings.accountConcurrency = number
        }
        if let text = text(options.memoryReserve, "MEMORY_RESERVE"), text != "auto" {
            guard let megabytes = Int64(text), (0...100_000_000).contains(megabytes) else {
                throw SettingsError("--memory-reserve is \(text); it takes auto or a number of megabytes.")
            }
            settings.memoryReserve = megabytes << 20
        }
    }
}

extension Settings {
    var memoryAdmission: MemoryAdmission { MemoryAdmission(reserve: memoryReserve) }
}
