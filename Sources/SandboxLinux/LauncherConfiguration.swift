/// What the launcher is started with, by `martlet up` while that is still root.
public struct LauncherConfiguration: Sendable {
    /// The data folder; it exists. Code and blobs are bound from below it.
    public var dataFolder: String
    /// Folders (or files) of the host from which sandboxes may bind: interpreters, bootstraps. Nothing else of the host
    /// can be asked for, whatever becomes of Martlet. What does not exist is passed over. At most 64.
    public var allowedPrefixes: [String]
    /// Folders of the host below which functions' code may be, beside the data folder: canonical paths. No other folder can be a
    /// function's code, whatever becomes of Martlet. At most 64.
    public var codeFolders: [String] = []
    /// The platform's names inside sandboxes, each with all below it, beside the built-in ones (`localhost`, AWS's). At most 64.
    public var domains: [String] = []
    /// The launcher's executable; nil: found by ``LauncherProcess/locate()``.
    public var executable: String?
    /// For how many seconds a launcher that served the data folder before may take to end, up to 9; nil: 30.
    var patience: Int?
    /// A program (with arguments) that starts the launcher, such as one that gives up root first.
    var wrapper: [String] = []

    public init(dataFolder: String, allowedPrefixes: [String], executable: String? = nil) {
        self.dataFolder = dataFolder
        self.allowedPrefixes = allowedPrefixes
        self.executable = executable
    }
}
