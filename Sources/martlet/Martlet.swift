import ArgumentParser

/// The command line: one file per command in `Commands/`.
@main
struct Martlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "AWS Lambda, and what Lambda applications are made of, on your own machine.",
        discussion: """
            Examples:
              martlet up                               start the platform at http://localhost:4566
              eval "$(martlet env)"                    point the aws CLI and the SDKs of this shell at it
              aws lambda list-functions
              martlet invoke hello --payload '{"name":"you"}' --log
              martlet logs hello --follow

            Each option of a command can also be given in the environment: --log-level as MARTLET_LOG_LEVEL.
            """,
        version: MartletVersion.current,
        subcommands: [
            UpCommand.self, StatusCommand.self, InvokeCommand.self, LogsCommand.self, EnvCommand.self,
            RuntimesCommand.self, ClockCommand.self, DoctorCommand.self, VersionCommand.self,
        ])
}
