import DataPlane
import Foundation
import FrontDoor
import Lambda
import ServiceKit
import ServiceModel

extension Administration {
    /// What CloudWatch will show of functions: the last minutes of the namespace `AWS/Lambda`, the oldest first.
    func metrics() async throws -> AdminRoutes.Response {
        let metrics =
            (await dataPlane.metrics(since: Timestamp(milliseconds: 0))
            + (await lambda.metrics.metrics(since: Timestamp(milliseconds: 0)))).sorted { a, b in
                (a.minute.milliseconds, a.account, a.region, a.name, a.dimensions.map(\.value).joined(separator: "\n"))
                    < (
                        b.minute.milliseconds, b.account, b.region, b.name,
                        b.dimensions.map(\.value).joined(separator: "\n")
                    )
            }
        let body = metrics.map { metric -> [String: Any] in
            [
                "account": metric.account, "region": metric.region, "namespace": metric.namespace,
                "name": metric.name, "minute": metric.minute.rfc3339, "unit": metric.unit,
                "dimensions": Dictionary(
                    metric.dimensions.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                "sampleCount": metric.values.sampleCount, "sum": metric.values.sum,
                "minimum": metric.values.minimum, "maximum": metric.values.maximum,
            ]
        }
        return AdminRoutes.Response(
            body: Array(try JSONSerialization.data(withJSONObject: ["metrics": body], options: [.sortedKeys])))
    }
}
