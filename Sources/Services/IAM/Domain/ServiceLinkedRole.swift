/// A role that a service defines, and that CreateServiceLinkedRole makes.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>.
struct ServiceLinkedRole: Sendable, Hashable {
    /// The service's principal, such as `autoscaling.amazonaws.com`.
    var service: String
    var role: String
    /// The name of its policy, below `/aws-service-role/`.
    var policy: String
    /// Whether an account may have several, told apart by a suffix.
    var allowsSuffix: Bool
    /// The description that the service gives it.
    var description: String?

    var path: String { "/aws-service-role/\(service)/" }
    var trustPolicy: String {
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"\#(service)"},"Action":"sts:AssumeRole"}]}"#
    }

    private init(
        _ service: String, _ role: String, _ policy: String, allowsSuffix: Bool = false, description: String? = nil
    ) {
        self.service = service + ".amazonaws.com"
        self.role = "AWSServiceRoleFor" + role
        self.policy = policy
        self.allowsSuffix = allowsSuffix
        self.description = description
    }

    static func of(_ service: String) -> ServiceLinkedRole? { byService[service] }

    private static let byService = Dictionary(all.map { ($0.service, $0) }, uniquingKeysWith: { first, _ in first })

    static let all = [
        ServiceLinkedRole(
            "accountdiscovery.ssm", "AmazonSSM_AccountDiscovery", "AWSSystemsManagerAccountDiscoveryServicePolicy"),
        ServiceLinkedRole("acm", "CertificateManager", "CertificateManagerServiceRolePolicy"),
        ServiceLinkedRole(
            "apidestinations.events", "AmazonEventBridgeApiDestinations",
            "AmazonEventBridgeApiDestinationsServiceRolePolicy"),
        ServiceLinkedRole("appmesh", "AppMesh", "AWSAppMeshServiceRolePolicy"),
        ServiceLinkedRole("autoscaling", "AutoScaling", "AutoScalingServiceRolePolicy", allowsSuffix: true),
        ServiceLinkedRole(
            "autoscaling-plans", "AutoScalingPlans_EC2AutoScaling", "AWSAutoScalingPlansEC2AutoScalingPolicy"),
        ServiceLinkedRole("backup", "Backup", "AWSBackupServiceLinkedRolePolicyForBackup"),
        ServiceLinkedRole("batch", "Batch", "BatchServiceRolePolicy"),
        ServiceLinkedRole(
            "cassandra.application-autoscaling", "ApplicationAutoScaling_CassandraTable",
            "AWSApplicationAutoscalingCassandraTablePolicy"),
        ServiceLinkedRole(
            "cks.kms", "KeyManagementServiceCustomKeyStores", "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"),
        ServiceLinkedRole("cloudtrail", "CloudTrail", "CloudTrailServiceRolePolicy"),
        ServiceLinkedRole(
            "codestar-notifications", "CodeStarNotifications", "AWSCodeStarNotificationsServiceRolePolicy"),
        ServiceLinkedRole("config", "Config", "AWSConfigServiceRolePolicy"),
        ServiceLinkedRole("connect", "AmazonConnect", "AmazonConnectServiceLinkedRolePolicy"),
        ServiceLinkedRole("dms", "DMSServerless", "AWSDMSServerlessServiceRolePolicy"),
        ServiceLinkedRole("dms-fleet-advisor", "DMSFleetAdvisor", "AWSDMSFleetAdvisorServiceRolePolicy"),
        ServiceLinkedRole("docdb-elastic", "DocDB-Elastic", "AmazonDocDB-ElasticServiceRolePolicy"),
        ServiceLinkedRole(
            "dynamodb.application-autoscaling", "ApplicationAutoScaling_DynamoDBTable",
            "AWSApplicationAutoscalingDynamoDBTablePolicy"),
        ServiceLinkedRole("ec2-instance-connect", "Ec2InstanceConnect", "Ec2InstanceConnectEndpoint"),
        ServiceLinkedRole(
            "ec2.application-autoscaling", "ApplicationAutoScaling_EC2SpotFleetRequest",
            "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy"),
        ServiceLinkedRole("ecs", "ECS", "AmazonECSServiceRolePolicy"),
        ServiceLinkedRole(
            "ecs.application-autoscaling", "ApplicationAutoScaling_ECSService",
            "AWSApplicationAutoscalingECSServicePolicy"),
        ServiceLinkedRole("eks", "AmazonEKS", "AmazonEKSServiceRolePolicy"),
        ServiceLinkedRole("eks-connector", "AmazonEKSConnector", "AmazonEKSConnectorServiceRolePolicy"),
        ServiceLinkedRole("eks-fargate", "AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy"),
        ServiceLinkedRole("eks-nodegroup", "AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"),
        ServiceLinkedRole("elasticache", "ElastiCache", "ElastiCacheServiceRolePolicy"),
        ServiceLinkedRole("elasticfilesystem", "AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"),
        ServiceLinkedRole("elasticloadbalancing", "ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
        ServiceLinkedRole("emrwal", "EMRWAL", "EMRDescribeClusterPolicyForEMRWAL"),
        ServiceLinkedRole("events", "CloudWatchEvents", "CloudWatchEventsServiceRolePolicy"),
        ServiceLinkedRole("fis", "FIS", "AmazonFISServiceRolePolicy"),
        ServiceLinkedRole("grafana", "AmazonGrafana", "AmazonGrafanaServiceLinkedRolePolicy"),
        ServiceLinkedRole("imagebuilder", "ImageBuilder", "AWSServiceRoleForImageBuilder"),
        ServiceLinkedRole("iotmanagedintegrations", "IoTManagedIntegrations", "AWSIoTManagedIntegrationsRolePolicy"),
        ServiceLinkedRole("kafka", "Kafka", "KafkaServiceRolePolicy"),
        ServiceLinkedRole("kafkaconnect", "KafkaConnect", "KafkaConnectServiceRolePolicy"),
        ServiceLinkedRole("lakeformation", "LakeFormationDataAccess", "LakeFormationDataAccessServiceRolePolicy"),
        ServiceLinkedRole(
            "lambda.application-autoscaling", "ApplicationAutoScaling_LambdaConcurrency",
            "AWSApplicationAutoscalingLambdaConcurrencyPolicy"),
        ServiceLinkedRole("lex", "LexBots", "AmazonLexBotPolicy"),
        ServiceLinkedRole("lightsail", "Lightsail", "LightsailExportAccess"),
        ServiceLinkedRole("mq", "AmazonMQ", "AmazonMQServiceRolePolicy"),
        ServiceLinkedRole(
            "mrk.kms", "KeyManagementServiceMultiRegionKeys", "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"),
        ServiceLinkedRole(
            "observability.aoss", "AmazonOpenSearchServerless", "AmazonOpenSearchServerlessServiceRolePolicy"),
        ServiceLinkedRole("opensearchservice", "AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"),
        ServiceLinkedRole("ops.apigateway", "APIGateway", "APIGatewayServiceRolePolicy"),
        ServiceLinkedRole(
            "opsdatasync.ssm", "SystemsManagerOpsDataSync", "AWSSystemsManagerOpsDataSyncServiceRolePolicy"),
        ServiceLinkedRole("opsinsights.ssm", "AmazonSSM_OpsInsights", "AWSSSMOpsInsightsServiceRolePolicy"),
        ServiceLinkedRole("organizations", "Organizations", "AWSOrganizationsServiceTrustPolicy"),
        ServiceLinkedRole("pullthroughcache.ecr", "ECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy"),
        ServiceLinkedRole("ram", "ResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy"),
        ServiceLinkedRole(
            "rds", "RDS", "AmazonRDSServiceRolePolicy",
            description: "Allows Amazon RDS to manage AWS resources on your behalf"),
        ServiceLinkedRole("redshift", "Redshift", "AmazonRedshiftServiceLinkedRolePolicy"),
        ServiceLinkedRole("replication.dynamodb", "DynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"),
        ServiceLinkedRole("replication.ecr", "ECRReplication", "ECRReplicationServiceRolePolicy"),
        ServiceLinkedRole("repository.sync.codeconnections", "GitSync", "AWSGitSyncServiceRolePolicy"),
        ServiceLinkedRole("resource-explorer-2", "ResourceExplorer", "AWSResourceExplorerServiceRolePolicy"),
        ServiceLinkedRole("rolesanywhere", "RolesAnywhere", "AWSRolesAnywhereServicePolicy"),
        ServiceLinkedRole("s3-outposts", "S3OnOutposts", "AWSS3OnOutpostsServiceRolePolicy"),
        ServiceLinkedRole("ses", "AmazonSES", "AmazonSESServiceRolePolicy"),
        ServiceLinkedRole("shield", "AWSShield", "AWSShieldServiceRolePolicy"),
        ServiceLinkedRole("spot", "EC2Spot", "AWSEC2SpotServiceRolePolicy"),
        ServiceLinkedRole("ssm", "AmazonSSM", "AmazonSSMServiceRolePolicy"),
        ServiceLinkedRole("ssm-incidents", "IncidentManager", "AWSIncidentManagerServiceRolePolicy"),
        ServiceLinkedRole("ssm-quicksetup", "SSMQuickSetup", "SSMQuickSetupRolePolicy"),
        ServiceLinkedRole("vpcorigin.cloudfront", "CloudFrontVPCOrigin", "AWSCloudFrontVPCOriginServiceRolePolicy"),
        ServiceLinkedRole("waf", "WAFLogging", "WAFLoggingServiceRolePolicy"),
        ServiceLinkedRole("wafv2", "WAFV2Logging", "WAFV2LoggingServiceRolePolicy"),
    ]
}
