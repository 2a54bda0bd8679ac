@testable import SQS
