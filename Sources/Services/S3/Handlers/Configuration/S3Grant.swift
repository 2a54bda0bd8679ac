/// `Grant` of the model, beside ``AccessControlList/Grant``.
typealias S3Grant = Grant
