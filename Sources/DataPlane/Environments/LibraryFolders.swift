import Execution
import Glibc

/// The folders of `LD_LIBRARY_PATH` that a function brings.
enum LibraryFolders {
    /// Whether there are libraries for certain processors in them. A dynamic loader looks once where such might be, and in a stem it has
    /// done so before there was a function: it would take those for all processors, or find none.
    static func areByProcessor(_ function: FunctionVersion) -> Bool {
        var folders = [function.codeFolder, function.codeFolder + "/lib"]
        if let layers = function.layersFolder { folders.append(layers + "/lib") }
        return folders.contains { access($0 + "/glibc-hwcaps", F_OK) == 0 }
    }
}
