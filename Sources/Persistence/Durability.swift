/// What "acknowledged" means.
public enum Durability: String, Sendable, CaseIterable {
    /// A write is answered when it is on disk (`fdatasync`): it survives a power cut.
    case full
    /// A write is answered when the operating system has it: it survives the end of the process, not that of the
    /// machine. For CI.
    case relaxed
}
