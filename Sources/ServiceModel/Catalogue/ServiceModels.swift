import CServiceModels
import Synchronization

/// The models of all services that Martlet knows. Each is read when it is first asked for.
public final class ServiceModels: Sendable {
    public static let shared = ServiceModels()

    private final class Entry: Sendable {
        let metadata: ServiceMetadata
        private let index: Int
        private let loaded = Mutex<ServiceModel?>(nil)

        init(metadata: ServiceMetadata, index: Int) {
            self.metadata = metadata
            self.index = index
        }

        func model() -> ServiceModel? {
            loaded.withLock { loaded in
                if let loaded { return loaded }
                loaded = try? ModelLoader.load(ServiceModels.text(index))
                return loaded
            }
        }
    }

    /// What is known of every service without reading its model, by the models' names.
    public let services: [ServiceMetadata]
    private let entries: [String: Entry]
    private let byTargetPrefix: [String: String]
    private let bySigningName: [String: [String]]
    private let byEndpointPrefix: [String: String]

    private init() {
        var services: [ServiceMetadata] = []
        var entries: [String: Entry] = [:]
        for index in 0..<Int(martlet_service_model_count()) {
            // The generator wrote these texts; one that cannot be read is a service that is not there, which a test would show.
            guard let metadata = try? ModelLoader.metadata(ServiceModels.text(index)) else { continue }
            services.append(metadata)
            entries[metadata.name] = Entry(metadata: metadata, index: index)
        }
        self.services = services
        self.entries = entries
        byTargetPrefix = Dictionary(
            services.compactMap { service in service.targetPrefix.map { ($0, service.name) } },
            uniquingKeysWith: { first, _ in first })
        bySigningName = Dictionary(grouping: services, by: \.signingName).mapValues { $0.map(\.name) }
        byEndpointPrefix = Dictionary(
            services.map { ($0.endpointPrefix, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// The embedded text of a model.
    private static func text(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let model = martlet_service_model(index)
        return UnsafeBufferPointer(start: model.bytes, count: model.count)
    }

    /// The model of a service by its key, such as `lambda` or `logs`.
    public func model(named name: String) -> ServiceModel? { entries[name]?.model() }

    public func metadata(named name: String) -> ServiceMetadata? { entries[name]?.metadata }

    /// The service whose `X-Amz-Target` begins with `prefix` and a point.
    public func service(targetPrefix prefix: String) -> String? { byTargetPrefix[prefix] }

    /// The services that sign with `name`.
    public func services(signingName name: String) -> [String] { bySigningName[name] ?? [] }

    /// The service at the host whose name begins with `prefix` and a point.
    public func service(endpointPrefix prefix: String) -> String? { byEndpointPrefix[prefix] }
}
