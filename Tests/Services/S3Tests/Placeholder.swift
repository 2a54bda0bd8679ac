@testable import S3
