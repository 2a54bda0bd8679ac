import Foundation
import ServiceModel

/// The documents of the AWS managed policies that applications of Lambda use most, in their default versions, as AWS
/// publishes them (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>).
enum AWSManagedPolicyDocuments {
    static func content(_ policy: String) -> AWSManagedPolicy.Content? { contents[policy] }

    /// A document of one statement that allows some actions on everything.
    private static func allowing(_ version: Int, _ updated: String, sid: String? = nil, _ actions: [String])
        -> AWSManagedPolicy.Content
    {
        let sid = sid.map { #""Sid":"\#($0)","# } ?? ""
        let list = actions.map { "\"\($0)\"" }.joined(separator: ",")
        return content(
            version, updated,
            #"{"Version":"2012-10-17","Statement":[{\#(sid)"Effect":"Allow","Action":[\#(list)],"Resource":"*"}]}"#)
    }

    /// A version, and when it was made, such as `2015-04-09T15:03:43Z`.
    private static func content(_ version: Int, _ updated: String, _ document: String) -> AWSManagedPolicy.Content {
        let date = (try? Date(updated, strategy: .iso8601)) ?? Date(timeIntervalSince1970: 0)
        return AWSManagedPolicy.Content(
            version: version, document: document, updated: Timestamp(seconds: date.timeIntervalSince1970))
    }

    private static let logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]

    private static let contents: [String: AWSManagedPolicy.Content] = [
        "AdministratorAccess": content(
            1, "2015-02-06T18:39:46Z",
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#),
        "AmazonDynamoDBFullAccess": content(15, "2021-01-29T17:38:30Z", dynamoDBFullAccess),
        "AmazonS3FullAccess": allowing(2, "2021-09-27T20:16:37Z", ["s3:*", "s3-object-lambda:*"]),
        "AmazonS3ReadOnlyAccess": allowing(
            3, "2023-08-10T21:31:39Z",
            ["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"]),
        "AmazonSQSFullAccess": allowing(1, "2015-02-06T18:41:07Z", ["sqs:*"]),
        "AWSLambdaBasicExecutionRole": allowing(1, "2015-04-09T15:03:43Z", logs),
        "AWSLambdaDynamoDBExecutionRole": allowing(
            1, "2015-04-09T15:09:29Z",
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
                + logs),
        "AWSLambdaKinesisExecutionRole": allowing(
            2, "2018-11-19T20:09:24Z",
            [
                "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard",
            ] + logs),
        "AWSLambdaMSKExecutionRole": allowing(
            2, "2022-08-02T20:08:02Z",
            [
                "kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers",
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs", "ec2:DeleteNetworkInterface",
                "ec2:DescribeSubnets",
                "ec2:DescribeSecurityGroups",
            ] + logs),
        "AWSLambdaRole": content(
            1, "2015-02-06T18:41:28Z",
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:InvokeFunction"],"Resource":["*"]}]}"#
        ),
        "AWSLambdaSQSQueueExecutionRole": allowing(
            1, "2018-06-14T21:50:45Z", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] + logs),
        "AWSLambdaVPCAccessExecutionRole": allowing(
            3, "2024-01-05T22:38:26Z", sid: "AWSLambdaVPCAccessExecutionPermissions",
            logs + [
                "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
            ]),
        "AWSLambda_FullAccess": content(7, "2026-02-12T18:00:51Z", lambdaFullAccess),
        "AWSStepFunctionsFullAccess": allowing(1, "2017-01-11T21:51:32Z", ["states:*"]),
        "AWSXRayDaemonWriteAccess": content(
            2, "2024-02-13T21:58:30Z",
            """
            {"Version":"2012-10-17","Statement":[{"Sid":"AWSXRayDaemonWriteAccess","Effect":"Allow","Action":["xray:PutTraceSegments",\
            "xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],\
            "Resource":["*"]}]}
            """),
        "CloudWatchLogsFullAccess": allowing(
            8, "2026-02-12T18:00:33Z", sid: "CloudWatchLogsFullAccess",
            [
                "logs:*", "cloudwatch:GenerateQuery", "cloudwatch:GenerateQueryResultsSummary",
                "observabilityadmin:GetS3TableIntegration",
                "observabilityadmin:ListS3TableIntegrations", "observabilityadmin:ListTelemetryPipelines",
            ]),
        "PowerUserAccess": content(
            5, "2023-07-06T22:04:00Z",
            """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},\
            {"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",\
            "organizations:DescribeOrganization","account:ListRegions","account:GetAccountInformation"],"Resource":"*"}]}
            """),
    ]

    private static let lambdaFullAccess = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:DescribeStacks",\
        "cloudformation:ListStackResources","cloudwatch:ListMetrics","cloudwatch:GetMetricData","ec2:DescribeSecurityGroups",\
        "ec2:DescribeSubnets","ec2:DescribeVpcs","kms:DescribeKey","kms:ListAliases","iam:GetPolicy","iam:GetPolicyVersion",\
        "iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies","iam:ListRolePolicies","iam:ListRoles","lambda:*",\
        "logs:DescribeLogGroups","states:DescribeStateMachine","states:ListStateMachines","tag:GetResources",\
        "xray:GetTraceSummaries","xray:BatchGetTraces"],"Resource":"*"},{"Effect":"Allow","Action":["iam:PassRole"],"Resource":"*",\
        "Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},{"Effect":"Allow",\
        "Action":["logs:DescribeLogStreams","logs:GetLogEvents","logs:FilterLogEvents","logs:StartLiveTail","logs:StopLiveTail"],\
        "Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"},{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole"],\
        "Resource":"arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda",\
        "Condition":{"StringEquals":{"iam:AWSServiceName":"lambda.amazonaws.com"}}}]}
        """

    private static let dynamoDBFullAccess = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:*","dax:*",\
        "application-autoscaling:DeleteScalingPolicy","application-autoscaling:DeregisterScalableTarget",\
        "application-autoscaling:DescribeScalableTargets","application-autoscaling:DescribeScalingActivities",\
        "application-autoscaling:DescribeScalingPolicies","application-autoscaling:PutScalingPolicy",\
        "application-autoscaling:RegisterScalableTarget","cloudwatch:DeleteAlarms","cloudwatch:DescribeAlarmHistory",\
        "cloudwatch:DescribeAlarms","cloudwatch:DescribeAlarmsForMetric","cloudwatch:GetMetricStatistics","cloudwatch:ListMetrics",\
        "cloudwatch:PutMetricAlarm","cloudwatch:GetMetricData","datapipeline:ActivatePipeline","datapipeline:CreatePipeline",\
        "datapipeline:DeletePipeline","datapipeline:DescribeObjects","datapipeline:DescribePipelines",\
        "datapipeline:GetPipelineDefinition","datapipeline:ListPipelines","datapipeline:PutPipelineDefinition",\
        "datapipeline:QueryObjects","ec2:DescribeVpcs","ec2:DescribeSubnets","ec2:DescribeSecurityGroups","iam:GetRole",\
        "iam:ListRoles","kms:DescribeKey","kms:ListAliases","sns:CreateTopic","sns:DeleteTopic","sns:ListSubscriptions",\
        "sns:ListSubscriptionsByTopic","sns:ListTopics","sns:Subscribe","sns:Unsubscribe","sns:SetTopicAttributes",\
        "lambda:CreateFunction","lambda:ListFunctions","lambda:ListEventSourceMappings","lambda:CreateEventSourceMapping",\
        "lambda:DeleteEventSourceMapping","lambda:GetFunctionConfiguration","lambda:DeleteFunction","resource-groups:ListGroups",\
        "resource-groups:ListGroupResources","resource-groups:GetGroup","resource-groups:GetGroupQuery",\
        "resource-groups:DeleteGroup","resource-groups:CreateGroup","tag:GetResources","kinesis:ListStreams",\
        "kinesis:DescribeStream","kinesis:DescribeStreamSummary"],"Resource":"*"},{"Effect":"Allow",\
        "Action":["cloudwatch:GetInsightRuleReport"],"Resource":"arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"},\
        {"Effect":"Allow","Action":["iam:PassRole"],"Resource":"*","Condition":{"StringLike":{"iam:PassedToService":\
        ["application-autoscaling.amazonaws.com","application-autoscaling.amazonaws.com.cn","dax.amazonaws.com"]}}},\
        {"Effect":"Allow","Action":["iam:CreateServiceLinkedRole"],"Resource":"*","Condition":{"StringEquals":\
        {"iam:AWSServiceName":["replication.dynamodb.amazonaws.com","dax.amazonaws.com",\
        "dynamodb.application-autoscaling.amazonaws.com","contributorinsights.dynamodb.amazonaws.com",\
        "kinesisreplication.dynamodb.amazonaws.com"]}}}]}
        """
}
