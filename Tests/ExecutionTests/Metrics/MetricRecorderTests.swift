import ServiceKit
import ServiceModel
import Testing

@testable import Execution

struct MetricRecorderTests {
    private static let function = FunctionName(account: "000000000000", region: "us-east-1", name: "f")
    private static let alias = InvocationSource(function: function, qualifier: "live", version: "3")

    private func counts(_ durations: [Double], errors: Int = 0, throttles: Int = 0) -> InvocationStatistics {
        var counts = InvocationStatistics()
        for (index, duration) in durations.enumerated() {
            counts.ended(index < errors ? .error : .success, milliseconds: duration)
        }
        for _ in 0..<throttles { counts.throttled() }
        return counts
    }

    private func find(_ recorder: MetricRecorder, _ name: String, _ dimensions: [String]) -> MetricValues? {
        recorder.metrics(since: Timestamp(milliseconds: 0))
            .first { $0.name == name && $0.dimensions.map { "\($0.name)=\($0.value)" } == dimensions }?.values
    }

    @Test func invocationsAreThereInEachDimension() throws {
        var recorder = MetricRecorder()
        recorder.add(counts([2, 4], errors: 1, throttles: 3), of: Self.alias, at: Timestamp(milliseconds: 61_000))
        let dimensions: [[String]] = [
            [], ["FunctionName=f"], ["FunctionName=f", "Resource=f:live"],
            ["FunctionName=f", "Resource=f:live", "ExecutedVersion=3"],
        ]
        for dimensions in dimensions {
            #expect(find(recorder, "Invocations", dimensions)?.sum == 2)
            #expect(find(recorder, "Throttles", dimensions)?.sum == 3)
            let errors = try #require(find(recorder, "Errors", dimensions))
            #expect(errors.sum == 1 && errors.sampleCount == 2)
            let duration = try #require(find(recorder, "Duration", dimensions))
            #expect(duration.minimum == 2 && duration.maximum == 4 && duration.sum == 6 && duration.sampleCount == 2)
        }
        let minutes = Set(recorder.metrics(since: Timestamp(milliseconds: 0)).map(\.minute.milliseconds))
        #expect(minutes == [60_000])
    }

    @Test func aFunctionWithoutAQualifierIsItsOwnResource() {
        var recorder = MetricRecorder()
        let source = InvocationSource(function: Self.function, qualifier: nil, version: "$LATEST")
        recorder.add(counts([1]), of: source, at: Timestamp(milliseconds: 0))
        #expect(find(recorder, "Invocations", ["FunctionName=f", "Resource=f"])?.sum == 1)
        #expect(recorder.metrics(since: Timestamp(milliseconds: 0)).allSatisfy { $0.dimensions.count < 3 })
    }

    @Test func concurrencyIsShownByItsMaximum() {
        var recorder = MetricRecorder()
        for running in [3, 7, 5] {
            var peaks = ConcurrencyPeaks()
            peaks.functions = [ConcurrencyPeaks.Function(name: Self.function, running: running)]
            peaks.provisioned = [
                ConcurrencyPeaks.Provisioned(
                    name: Self.function, qualifier: "live", requested: 10, running: running, invocations: 2,
                    spillovers: 0)
            ]
            recorder.add(peaks, at: Timestamp(milliseconds: 1000))
        }
        let resource = ["FunctionName=f", "Resource=f:live"]
        #expect(find(recorder, "ConcurrentExecutions", ["FunctionName=f"])?.maximum == 7)
        #expect(find(recorder, "ProvisionedConcurrencyUtilization", resource)?.maximum == 0.7)
        #expect(find(recorder, "ProvisionedConcurrencyInvocations", resource)?.sum == 6)
        #expect(find(recorder, "ProvisionedConcurrencySpilloverInvocations", resource) == nil)
    }

    @Test func onlyTheLastMinutesAreKept() {
        var recorder = MetricRecorder()
        for minute in 0..<100 {
            recorder.add(counts([1]), of: Self.alias, at: Timestamp(milliseconds: Int64(minute) * 60_000))
        }
        // What comes too late is not kept, and harms nothing.
        recorder.add(counts([1]), of: Self.alias, at: Timestamp(milliseconds: 0))
        let minutes = recorder.metrics(since: Timestamp(milliseconds: 0)).map { $0.minute.milliseconds / 60_000 }
        #expect(Set(minutes) == Set(85..<100))
        #expect(minutes == minutes.sorted())
        #expect(recorder.metrics(since: Timestamp(milliseconds: 99 * 60_000)).count == 16)
    }

    @Test func noMoreIsKeptThanThereIsRoomFor() {
        var recorder = MetricRecorder(most: 10)
        for index in 0..<100 {
            let source = InvocationSource(
                function: FunctionName(account: "0", region: "r", name: "f\(index)"), qualifier: nil, version: "1")
            recorder.add(counts([1]), of: source, at: Timestamp(milliseconds: 0))
        }
        #expect(recorder.metrics(since: Timestamp(milliseconds: 0)).count == 10)
        #expect(recorder.dropped > 0)
    }
}
