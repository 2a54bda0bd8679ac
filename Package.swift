// swift-tools-version: 6.2
import PackageDescription

/// The AWS services: a word here is a target in `Sources/Services/<word>` with tests in `Tests/Services/<word>Tests`.
let services = ["IAM", "Lambda", "Logs", "S3", "SNS", "SQS", "STS"]

/// The scripts make warnings errors, in our own code alone: dependencies never see this setting.
let warningsAreErrors = Context.environment["MARTLET_WARNINGS"] == "error"

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let certificates: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")

func library(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, path: String? = nil, exclude: [String] = [], _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: path ?? "Tests/\(name)", exclude: exclude, swiftSettings: settings
    )
}

let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .library(name: "MartletZygote", type: .dynamic, targets: ["zygote"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The wire.
        .target(name: "CServiceModels"),
        library("ServiceModel", ["CServiceModels"]),
        library("WireProtocols", ["ServiceModel", "ServiceKit"]),

        // What services stand on.
        .target(name: "CChecksums"),
        library("ServiceKit", ["CChecksums", "ServiceModel", nioCore, crypto, logging]),
        .target(name: "CPostgres"),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        library(
            "Persistence",
            [
                "ServiceKit", "ServiceModel", "CPostgres", crypto, logging, heap,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),

        // The data plane.
        library("Execution", ["ServiceKit", "ServiceModel", logging, collections]),
        library("HTTPScanner", []),
        library("RuntimeAPI", ["Execution", "HTTPScanner", "ServiceKit", nioCore, nioPosix, nioHTTP1, logging]),
        library(
            "DataPlane",
            [
                "Execution", "RuntimeAPI", "Sandbox", "ServiceKit", "ServiceModel", nioCore, nioPosix, logging,
                collections,
            ]),
        library("Sandbox", ["ServiceKit"]),
        .target(name: "CLauncherProtocol"),
        .target(name: "CNameServer"),
        library("SandboxLinux", ["Sandbox", "ServiceKit", "CLauncherProtocol", logging]),
        // Is loaded into interpreters inside sandboxes, where there is nothing of Swift's.
        .target(
            name: "zygote", dependencies: ["CLauncherProtocol"], exclude: ["README.md"],
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"])]),
        .executableTarget(
            name: "launcher", dependencies: ["CLauncherProtocol", "CNameServer"], exclude: ["README.md"],
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: []),

        // What the platform asks of others over the network.
        library("Outbound", ["ServiceKit", "ServiceModel", nioCore, nioPosix, nioHTTP1, nioSSL, httpClient, logging]),

        // The front door and the executable.
        .target(name: "CAllocator"),
        .target(name: "CEpoll"),
        library(
            "FrontDoor",
            [
                "CEpoll", "HTTPScanner", "WireProtocols", "ServiceModel", "ServiceKit", nioCore, nioPosix, nioHTTP1,
                nioHTTP2, nioHPACK,
                nioTLS, nioSSL, certificates, asn1, crypto, logging, lifecycle,
            ]),
        .executableTarget(
            name: "martlet",
            dependencies: [
                "CAllocator", "FrontDoor", "WireProtocols", "ServiceModel", "ServiceKit", "Persistence", "Execution",
                "RuntimeAPI", "DataPlane", "Outbound", "Sandbox", "SandboxLinux", nioCore, nioPosix, nioHTTP1, nioSSL,
                crypto,
                logging, lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + services.map { .target(name: $0) },
            swiftSettings: settings),

        // Tests.
        library(
            "TestSupport", path: "Sources/TestSupport",
            ["ServiceKit", "ServiceModel", "Persistence", "Sandbox", nioCore, nioPosix]),
        tests("ArchitectureTests", []),
        tests("ServiceModelTests", ["ServiceModel"]),
        .testTarget(
            name: "ProtocolTests", dependencies: ["WireProtocols", "ServiceModel", "ServiceKit"],
            path: "Tests/ProtocolTests",
            exclude: ["Differential"], swiftSettings: settings),
        // Driven by Tests/Integration/protocols: compares the protocols with botocore, and spoils their input.
        .executableTarget(
            name: "wire-probe", dependencies: ["WireProtocols", "ServiceModel", "ServiceKit"],
            path: "Tests/ProtocolTests/Differential", swiftSettings: settings),
        tests("ServiceKitTests", ["ServiceKit", "ServiceModel", "TestSupport"]),
        tests("PersistenceTests", ["Persistence", "ServiceKit", "ServiceModel", "TestSupport"]),
        .executableTarget(
            name: "persistence-probe", dependencies: ["Persistence"], path: "Tests/Probes/persistence-probe",
            swiftSettings: settings),
        tests("HTTPScannerTests", ["HTTPScanner", nioCore, nioHTTP1, nioEmbedded]),
        tests("ExecutionTests", ["Execution", "ServiceKit", "ServiceModel", "TestSupport"]),
        tests(
            "RuntimeAPITests", ["RuntimeAPI", "Execution", "ServiceKit", "TestSupport", nioCore, nioPosix, nioHTTP1]),
        tests(
            "DataPlaneTests",
            [
                "DataPlane", "RuntimeAPI", "Execution", "Sandbox", "ServiceKit", "ServiceModel", "TestSupport", nioCore,
                nioPosix, nioHTTP1, logging,
            ]),
        tests("NameServerTests", ["CNameServer"]),
        tests("OutboundTests", ["Outbound", "ServiceKit", "ServiceModel", nioCore, nioPosix]),
        tests("SandboxLinuxTests", ["SandboxLinux", "Sandbox", "CLauncherProtocol"]),
        .executableTarget(
            name: "SandboxProbe", dependencies: ["SandboxLinux", "Sandbox"], path: "Tests/SandboxProbe",
            swiftSettings: settings),
        tests(
            "FrontDoorTests", exclude: ["Vectors"],
            [
                "FrontDoor", "WireProtocols", "ServiceModel", "ServiceKit", "TestSupport", nioCore, nioPosix, nioHTTP1,
                nioHTTP2, nioHPACK, nioSSL, nioEmbedded, certificates, asn1, crypto, logging,
                lifecycle,
            ]),
    ]
        + services.map {
            library(
                $0, path: "Sources/Services/\($0)",
                ["ServiceKit", "ServiceModel", "Persistence", "Execution", logging, crypto, collections]
                    + ($0 == "S3" ? [nioCore] : []) + ($0 == "Lambda" ? ["CZlib"] : [])
                    + ($0 == "SNS" ? [cryptoExtras, certificates, asn1] : []))
        }
        + services.map {
            tests(
                "\($0)Tests", path: "Tests/Services/\($0)Tests",
                [
                    .target(name: $0), "ServiceKit", "ServiceModel", "Persistence", "Execution", "TestSupport", crypto,
                    logging,
                ]
                    + ($0 == "Lambda" ? ["CZlib"] : []) + ($0 == "SNS" ? [cryptoExtras, certificates, asn1] : []))
        }
)
