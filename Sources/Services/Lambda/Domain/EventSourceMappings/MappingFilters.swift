import ServiceKit

/// The rules for filters of events.
/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
enum MappingFilters {
    /// How many a mapping may have; AWS raises it to ten when asked.
    static let maximum = 10

    /// - Throws: AWS's errors for texts that are no event patterns, and for too many.
    static func parse(_ criteria: FilterCriteria) throws -> [String] {
        let filters = criteria.filters ?? []
        guard filters.count <= maximum else {
            throw LambdaFailures.invalidParameter(
                "1 validation error detected: Value at 'filterCriteria.filters' failed to satisfy constraint: "
                    + "Member must have length less than or equal to \(maximum)")
        }
        return try filters.map { filter in
            guard let text = filter.pattern, (try? EventPattern(text)) != nil else {
                throw MappingFailures.invalidFilter
            }
            return text
        }
    }
}
