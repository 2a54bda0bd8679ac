@testable import SNS
