import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

struct AliasRoutingTests {
    private func alias(weight: Double?) -> AliasRecord {
        AliasRecord(
            key: FunctionKey(account: "111111111111", region: "us-east-1", name: "f"), name: "live", version: "1",
            description: "", routing: weight.map { AliasRouting(version: "2", weight: $0) }, revisionID: "r")
    }

    @Test func anEmptyMapIsNoRouting() throws { #expect(try AliasRouting.parse([:], primary: "1") == nil) }

    @Test(
        arguments: [
            (
                ["2": 0.5, "3": 0.5], "1", "InvalidParameterValueException",
                "Number of items in AdditionalVersionWeights cannot be greater than 1"
            ),
            (
                ["1": 0.5], "1", "InvalidParameterValueException",
                "Invalid function version 1. Function version 1 is already included in routing configuration."
            ),
            (
                ["1": 0.5], "$LATEST", "InvalidParameterValueException",
                "$LATEST is not supported for an alias pointing to more than 1 version"
            ),
            (
                ["2": 2.0], "1", "ValidationException",
                "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
                    + "constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                    + "Member must have value greater than or equal to 0.0, Member must not be null]"
            ),
            (
                ["$LATEST": 0.5], "1", "ValidationException",
                "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to "
                    + "satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to "
                    + "1024, Member must have length greater than or equal to 1, Member must satisfy regular expression "
                    + "pattern: [0-9]+]"
            ),
        ] as [([String: Double], String, String, String)])
    func refusals(weights: [String: Double], primary: String, code: String, message: String) {
        let error = #expect(throws: AWSError.self) { try AliasRouting.parse(weights, primary: primary) }
        #expect(error?.code == code)
        #expect(error?.message == message)
    }

    @Test func onlyTheLatestVersionsRefusalHasNoType() {
        let error = #expect(throws: AWSError.self) { try AliasRouting.parse(["1": 0.5], primary: "$LATEST") }
        #expect(error?.fields.isEmpty == true)
    }

    /// For any weight, the part of evenly spread invocations that goes to the second version is that weight.
    @Test(arguments: [0, 0.001, 0.1, 0.25, 1.0 / 3, 0.5, 0.9, 0.999, 1])
    func weightsAreKept(weight: Double) {
        let alias = alias(weight: weight)
        let count = 10_000
        let second = (0..<count).count { alias.target(random: Double($0) / Double(count)) == "2" }
        #expect(abs(Double(second) / Double(count) - weight) <= 1.0 / Double(count))
    }

    @Test func randomWeightsAreKeptByRandomInvocations() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<50 {
            let weight = Double.random(in: 0...1, using: &generator)
            let alias = alias(weight: weight)
            let count = 4_000
            let second = (0..<count).count { _ in
                alias.target(random: Double.random(in: 0..<1, using: &generator)) == "2"
            }
            // Five standard deviations.
            let bound = 5 * (weight * (1 - weight) / Double(count)).squareRoot() + 0.001
            #expect(abs(Double(second) / Double(count) - weight) <= bound)
        }
    }

    @Test func withoutRoutingThereIsOneTarget() {
        #expect(alias(weight: nil).target(random: 0) == "1")
        #expect(alias(weight: nil).refers(to: "1"))
        #expect(!alias(weight: nil).refers(to: "2"))
        #expect(alias(weight: 0).refers(to: "2"))
    }
}
