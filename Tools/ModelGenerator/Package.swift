// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "ModelGenerator",
    platforms: [.macOS(.v15)],
    targets: [
        .executableTarget(name: "ModelGenerator", swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
