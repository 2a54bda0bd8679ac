import ServiceKit

extension VersionRecord {
    /// Why this version can't run here: it needs a service that is not there. AWS's errors for environments that can't be set
    /// up; nil for nearly every version.
    ///
    /// A key protects environment variables, and deciding who may use it is what it is for: a function that has both does not
    /// run as long as nothing can decide. One without variables needs no key.
    var missingNeed: AWSError? {
        if settings.vpc?.isConnected == true {
            return LambdaError.ec2UnexpectedException(
                "Lambda was unable to configure access to your VPC: Martlet has no VPCs yet. "
                    + "The function runs without SubnetIds and SecurityGroupIds in its VpcConfig.",
                ec2ErrorCode: "NotImplemented")
        }
        if let mount = settings.fileSystems.first {
            return LambdaError.efsMountFailureException(
                "The function couldn't mount the file system with access point \(mount.arn): Martlet has no file "
                    + "systems yet. The function runs without FileSystemConfigs.")
        }
        if let key = settings.kmsKey, settings.environment?.isEmpty == false {
            return LambdaError.kmsNotFoundException(
                "Lambda was unable to decrypt the environment variables because the KMS key was not found: Martlet has "
                    + "no KMS yet. The function runs without a KMSKeyArn, its variables are encrypted at rest "
                    + "nevertheless. KMS key: \(key)")
        }
        return nil
    }
}
