import DataPlane
import Foundation
import FrontDoor
import Lambda
import Persistence
import SNS
import ServiceKit
import ServiceModel

/// The platform's own paths: health, reset, downloads of code.
struct Administration: Sendable {
    let settings: Settings
    let ground: Ground
    let services: [any AWSService]
    let database: any Database
    let dataPlane: DataPlane
    let lambda: LambdaService
    let sns: SNSService
    let security: TransportSecurity
    let clock: PlatformClock

    private var serviceNames: [String] { services.map { type(of: $0).modelName } }

    var routes: AdminRoutes {
        let mayReset = settings.ephemeral || settings.allowReset
        var routes = AdminRoutes.standard(
            version: MartletVersion.current, services: serviceNames, state: { "running" }, reset: mayReset ? reset : nil
        )
        routes.add("GET", "/_martlet/health", access: .anyone) { _ in AdminRoutes.Response(body: try health()) }
        routes.add("GET", StatusOutline.path, access: .owner) { [self] request in
            AdminRoutes.Response(body: try await status(limit: StatusOutline.limit(inQuery: request.query)))
        }
        routes.add("GET", "/_martlet/code/", access: .anyone) { [lambda] request in
            let download = try await lambda.codeDownload(path: request.path, query: request.query)
            return AdminRoutes.Response(status: download.status, contentType: download.contentType, body: download.body)
        }
        addClock(to: &routes)
        addNotifications(to: &routes)
        routes.add("GET", "/_martlet/metrics", access: .owner) { _ in try await metrics() }
        if let authority = security.authority {
            routes.add("GET", "/_martlet/authority.pem", access: .anyone) { _ in
                AdminRoutes.Response(contentType: "application/x-pem-file", body: Array(authority.certificatePEM.utf8))
            }
        }
        return routes
    }

    private func health() throws -> [UInt8] {
        let (total, idle) = dataPlane.counts
        var health: [String: Any] = [
            "version": MartletVersion.current, "state": "running",
            "services": Dictionary(serviceNames.map { ($0, "available") }, uniquingKeysWith: { $1 }),
            "environments": ["total": total, "idle": idle],
            "settings": [
                "authentication": settings.authentication.rawValue, "region": settings.region,
                "data": settings.ephemeral ? "in memory" : ground.namedFolder,
                "database": settings.database == nil ? "SQLite" : "PostgreSQL",
                "durability": settings.ephemeral ? "none" : settings.durability.rawValue,
            ],
        ]
        if let tls = security.health { health["tls"] = tls }
        if let stems = dataPlane.stemCounts {
            health["stems"] = [
                "ready": stems.ready, "starting": stems.starting, "runtimes": stems.kinds, "used": stems.handedOut,
                "missed": stems.missed,
            ]
        }
        return Array(try JSONSerialization.data(withJSONObject: health, options: [.sortedKeys]))
    }

    /// What ``StatusCommand`` shows.
    private func status(limit: Int) async throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let outline = StatusOutline(
            dataPlane: await dataPlane.status(limit: limit),
            recent: RecentMetrics(await dataPlane.metrics(since: Timestamp(milliseconds: 0)), limit: limit))
        return Array(try encoder.encode(outline))
    }

    /// All state goes: environments first, so that nothing of them is written anew; and the clock goes with real time.
    @Sendable private func reset() async throws {
        clock.jobs.pause()
        await dataPlane.endAll()
        dataPlane.forgetPast()
        for service in services { await service.willReset() }
        try await clock.jobs.forget { try await database.eraseAll() }
        clock.time.move(offset: .zero)
        for service in services { try await service.reset() }
    }
}
