import ArgumentParser
import Execution

struct RuntimesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runtimes", abstract: "Show which interpreter of this machine runs which runtime.")

    func run() {
        let catalog = HostRuntimes.identified(HostRuntimes.discover(strict: false))
        for runtime in RuntimeIdentifier.known {
            let name = runtime.name.padding(20)
            do throws(RuntimeCatalog.Unavailable) {
                let resolved = try catalog.resolve(runtime)
                guard let interpreter = resolved.interpreter else {
                    print("\(name)the function's own program")
                    continue
                }
                let sdk = interpreter.hasSDK ? ", with the AWS SDK" : ""
                let nearest = resolved.warning == nil ? "" : "  (nearest version)"
                print(
                    "\(name)\(interpreter.language.rawValue) \(interpreter.version)  \(interpreter.executable)\(sdk)\(nearest)"
                )
            } catch {
                print("\(name)missing: \(error)")
            }
        }
    }
}

extension String {
    /// The text with spaces up to a width.
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
