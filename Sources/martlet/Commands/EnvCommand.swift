import ArgumentParser
import ServiceKit

struct EnvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print the exports that point the aws CLI and the SDKs here.",
        discussion: """
            Example:
              eval "$(martlet env)"
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        do {
            let key = connection.rootKey() ?? AccessKey(id: "test", secret: "test")
            print(
                """
                export AWS_ENDPOINT_URL=\(try connection.resolvedEndpoint())
                export AWS_ACCESS_KEY_ID=\(key.id)
                export AWS_SECRET_ACCESS_KEY=\(key.secret)
                export AWS_DEFAULT_REGION=\(connection.resolvedRegion)
                unset AWS_SESSION_TOKEN AWS_PROFILE
                """)
        } catch {
            throw Failure.exit(error)
        }
    }
}
