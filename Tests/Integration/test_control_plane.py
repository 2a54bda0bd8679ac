"""Settings, code signing, event source mappings and tags of Lambda through boto3 and the aws CLI, as AWS answers them."""

import json

import pytest
from martlet import ACCOUNT, ONCE, REGION, error, wait_until, zip_package
from martlet import function_arn as arn

CODE = {"app.py": "def handler(event, context):\n    return 1\n"}
PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:%s:%s:/signing-profiles/test" % (REGION, ACCOUNT)]}
ACCESS_POINT = "arn:aws:elasticfilesystem:%s:%s:access-point/fsap-0123456789abcdef0" % (REGION, ACCOUNT)
NO_CONFIG = "arn:aws:lambda:%s:%s:code-signing-config:csc-00000000000000000" % (REGION, ACCOUNT)
NO_MAPPING = "arn:aws:lambda:%s:%s:event-source-mapping:8a1f5a51-1111-4222-8333-444455556666" % (REGION, ACCOUNT)


def queue_arn(name):
    return "arn:aws:sqs:%s:%s:%s" % (REGION, ACCOUNT, name)


def stream_arn(name):
    return "arn:aws:kinesis:%s:%s:stream/%s" % (REGION, ACCOUNT, name)


@pytest.fixture
def function(deploy):
    return deploy(CODE)


def settle(api, name):
    api.get_waiter("function_updated_v2").wait(FunctionName=name)


def test_a_network_is_kept_shown_and_missed(api, function):
    shown = api.update_function_configuration(
        FunctionName=function, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    )["VpcConfig"]
    assert shown == {
        "SubnetIds": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
        "VpcId": "",
        "Ipv6AllowedForDualStack": False,
    }
    settle(api, function)
    code, message, status = error(api.invoke, FunctionName=function)
    assert (code, status) == ("EC2UnexpectedException", 502)
    assert "VpcConfig" in message
    # The short way of warm invocations does not run it either.
    assert error(api.invoke, FunctionName=function)[0] == "EC2UnexpectedException"
    api.update_function_configuration(FunctionName=function, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    settle(api, function)
    assert api.invoke(FunctionName=function)["Payload"].read() == b"1"


def test_settings_that_do_not_fit_are_refused(api, function):
    change = api.update_function_configuration
    invalid = "InvalidParameterValueException"
    assert error(change, FunctionName=function, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": []}) == (
        invalid,
        "SubnetIds and SecurityIds must coexist or be both empty list.",
        400,
    )
    mounts = [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data"}]
    assert error(change, FunctionName=function, FileSystemConfigs=mounts) == (
        invalid,
        "Function must be configured to execute in a VPC to reference access point " + ACCESS_POINT,
        400,
    )
    assert error(change, FunctionName=function, Runtime="python3.11", SnapStart={"ApplyOn": "PublishedVersions"}) == (
        invalid,
        "python3.11 is not supported for SnapStart enabled functions.",
        400,
    )
    code, message, _ = error(change, FunctionName=function, VpcConfig={"SubnetIds": ["net-1"], "SecurityGroupIds": ["sg-1"]})
    assert code == "ValidationException" and "'vpcConfig.subnetIds'" in message


def test_snap_start_is_shown_for_published_versions(api, function):
    update = api.update_function_configuration(
        FunctionName=function, Runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"}
    )
    assert update["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    settle(api, function)
    api.publish_version(FunctionName=function)
    version = api.get_function_configuration(FunctionName=function, Qualifier="1")
    assert version["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}


def test_loops_and_runtimes(api, function):
    assert api.get_function_recursion_config(FunctionName=function)["RecursiveLoop"] == "Terminate"
    api.put_function_recursion_config(FunctionName=function, RecursiveLoop="Allow")
    assert api.get_function_recursion_config(FunctionName=function)["RecursiveLoop"] == "Allow"
    assert error(api.put_function_recursion_config, FunctionName=function, RecursiveLoop="Sometimes")[0] == "ValidationException"
    version = api.get_function_configuration(FunctionName=function)["RuntimeVersionConfig"]["RuntimeVersionArn"]
    api.put_runtime_management_config(FunctionName=function, UpdateRuntimeOn="Manual", RuntimeVersionArn=version)
    found = api.get_runtime_management_config(FunctionName=function)
    assert (found["UpdateRuntimeOn"], found["RuntimeVersionArn"]) == ("Manual", version)
    assert found["FunctionArn"] == arn(function + ":$LATEST")
    refused = error(
        api.put_runtime_management_config, FunctionName=function, UpdateRuntimeOn="Manual", RuntimeVersionArn=version + "0"
    )
    assert refused[0] == "InvalidParameterValueException"


def test_unsigned_code_under_enforce(api, function, server):
    made = api.create_code_signing_config(
        AllowedPublishers=PUBLISHERS, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"}
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    config = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    assert "CodeSigningConfigArn" not in api.get_function_code_signing_config(FunctionName=function)
    api.put_function_code_signing_config(FunctionName=function, CodeSigningConfigArn=config)
    code, message, status = error(api.update_function_code, FunctionName=function, ZipFile=zip_package(CODE))
    assert (code, status) == ("CodeVerificationFailedException", 400)
    assert message.startswith("Lambda cannot deploy the function.")
    assert api.list_functions_by_code_signing_config(CodeSigningConfigArn=config)["FunctionArns"] == [arn(function)]
    assert error(api.delete_code_signing_config, CodeSigningConfigArn=config)[0] == "ResourceConflictException"
    api.update_code_signing_config(
        CodeSigningConfigArn=config, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"}
    )
    api.update_function_code(FunctionName=function, ZipFile=zip_package(CODE))
    api.delete_function_code_signing_config(FunctionName=function)
    deleted = api.delete_code_signing_config(CodeSigningConfigArn=config)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert error(api.get_code_signing_config, CodeSigningConfigArn=config)[1] == (
        "The Lambda code signing configuration %s can not be found." % config
    )
    assert error(api.put_function_code_signing_config, FunctionName="none", CodeSigningConfigArn=NO_CONFIG) == (
        "CodeSigningConfigNotFoundException",
        "The code signing configuration cannot be found. Check that the provided configuration is not deleted: %s." % NO_CONFIG,
        404,
    )


def test_a_mapping_that_nothing_polls_is_kept_disabled(api, function):
    given = {"FunctionName": function, "EventSourceArn": stream_arn(function), "StartingPosition": "LATEST"}
    code, message, status = error(api.create_event_source_mapping, **given)
    assert (code, status) == ("NotImplemented", 501) and "Amazon Kinesis" in message
    uuid = api.create_event_source_mapping(Enabled=False, **given)["UUID"]
    wait_until(lambda: api.get_event_source_mapping(UUID=uuid)["State"] == "Disabled")
    assert error(api.update_event_source_mapping, UUID=uuid, Enabled=True)[0] == "NotImplemented"


def test_a_mapping_of_a_queue_is_shown_as_on_aws(server, api, function):
    server.client("sqs").create_queue(QueueName=function)
    source = queue_arn(function)
    made = api.create_event_source_mapping(
        FunctionName=arn(function),
        EventSourceArn=source,
        Enabled=False,
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": {"kind": ["a"]}})}]},
        ScalingConfig={"MaximumConcurrency": 2},
        Tags={"team": "a"},
    )
    uuid = made["UUID"]
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert made.pop("LastModified") and made.pop("ResponseMetadata")
    assert made == {
        "UUID": uuid,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": source,
        "EventSourceMappingArn": "arn:aws:lambda:%s:%s:event-source-mapping:%s" % (REGION, ACCOUNT, uuid),
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["a"]}}'}]},
        "FunctionArn": arn(function),
        "FunctionResponseTypes": [],
        "ScalingConfig": {"MaximumConcurrency": 2},
        "State": "Disabled",
        "StateTransitionReason": "USER_INITIATED",
    }
    assert api.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"team": "a"}
    code, message, status = error(api.create_event_source_mapping, FunctionName=function, EventSourceArn=source, Enabled=False)
    assert (code, status) == ("ResourceConflictException", 409)
    assert message.endswith("Please update or delete the existing mapping with UUID " + uuid)
    updated = api.update_event_source_mapping(UUID=uuid, BatchSize=5, FilterCriteria={"Filters": []})
    assert (updated["State"], updated["BatchSize"]) == ("Updating", 5) and "FilterCriteria" not in updated
    assert error(api.delete_event_source_mapping, UUID=uuid)[0] == "ResourceInUseException"
    wait = api.get_paginator("list_event_source_mappings")
    listed = [m["UUID"] for page in wait.paginate(FunctionName=function) for m in page["EventSourceMappings"]]
    assert listed == [uuid]


def test_mappings_outlive_restarts_and_their_functions(martlet, name):
    server = martlet().start()
    api = server.client("lambda", config=ONCE)
    server.deploy(name, CODE)
    made = api.create_event_source_mapping(
        FunctionName=name, EventSourceArn=stream_arn("s"), Enabled=False, StartingPosition="LATEST"
    )
    assert (made["State"], made["LastProcessingResult"]) == ("Creating", "No records processed")
    server.restart()
    api = server.client("lambda", config=ONCE)
    assert api.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled"
    api.delete_function(FunctionName=name)
    assert api.get_event_source_mapping(UUID=made["UUID"])["FunctionArn"] == arn(name)
    assert api.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"
    server.kill9()
    server.start()
    api = server.client("lambda", config=ONCE)
    wait_until(lambda: not api.list_event_source_mappings()["EventSourceMappings"])
    assert error(api.get_event_source_mapping, UUID=made["UUID"]) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        404,
    )


@pytest.mark.parametrize(
    "parameters, code, message",
    [
        ({}, "InvalidParameterValueException", "Unrecognized event source."),
        (
            {"EventSourceArn": queue_arn("q"), "FunctionName": "none"},
            "InvalidParameterValueException",
            "Function does not exist",
        ),
        (
            {"EventSourceArn": queue_arn("q"), "DestinationConfig": {"OnFailure": {"Destination": queue_arn("d")}}},
            "InvalidParameterValueException",
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            {"EventSourceArn": stream_arn("s")},
            "InvalidParameterValueException",
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
        ),
        (
            {"EventSourceArn": stream_arn("s"), "StartingPosition": "invalid"},
            "ValidationException",
            "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: "
            "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
        ),
        (
            {"EventSourceArn": queue_arn("q"), "FilterCriteria": {"Filters": [{"Pattern": "simple string"}]}},
            "InvalidParameterValueException",
            "Invalid filter pattern definition.",
        ),
        (
            {
                "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka:1000"]}},
                "Topics": ["topic"],
                "StartingPosition": "LATEST",
            },
            "InvalidParameterValueException",
            "Required 'sourceAccessConfigurations' parameter is missing.",
        ),
    ],
)
def test_mappings_that_are_refused(api, function, parameters, code, message):
    found = error(api.create_event_source_mapping, **{"FunctionName": function, "Enabled": False, **parameters})
    assert found == (code, message, 400)


def test_tags_that_are_refused(api, function):
    for resource, missing in (
        (arn("none"), "Function not found: " + arn("none")),
        (NO_MAPPING, "Event source mapping not found: " + NO_MAPPING),
        (NO_CONFIG, "Code signing configuration not found: " + NO_CONFIG),
    ):
        refused = ("ResourceNotFoundException", missing, 404)
        assert error(api.list_tags, Resource=resource) == refused
        assert error(api.tag_resource, Resource=resource, Tags={"a": "b"}) == refused
        assert error(api.untag_resource, Resource=resource, TagKeys=["a"]) == refused
    assert error(api.tag_resource, Resource=arn(function) + ":live", Tags={"a": "b"}) == (
        "InvalidParameterValueException",
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        400,
    )
    code, message, _ = error(api.list_tags, Resource=arn(function).replace(":function:", ":foobar:"))
    assert code == "ValidationException" and "code-signing-config:csc-[a-z0-9]{17}" in message


def test_the_cli_does_it_too(server, function, aws):
    server.client("sqs").create_queue(QueueName="cli")
    made = aws("create-event-source-mapping", "--function-name", function, "--event-source-arn", queue_arn("cli"), "--no-enabled")
    assert aws("get-event-source-mapping", "--uuid", made["UUID"])["State"] == "Disabled"
    listed = aws("list-event-source-mappings", "--function-name", function)["EventSourceMappings"]
    assert [m["UUID"] for m in listed] == [made["UUID"]]
    assert aws("delete-event-source-mapping", "--uuid", made["UUID"])["State"] == "Deleting"
    config = aws("create-code-signing-config", "--allowed-publishers", json.dumps(PUBLISHERS))["CodeSigningConfig"]
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    aws("put-function-code-signing-config", "--function-name", function, "--code-signing-config-arn", config["CodeSigningConfigArn"])
    found = aws("get-function-code-signing-config", "--function-name", function)
    assert found["CodeSigningConfigArn"] == config["CodeSigningConfigArn"]
    ids = [c["CodeSigningConfigId"] for c in aws("list-code-signing-configs")["CodeSigningConfigs"]]
    assert config["CodeSigningConfigId"] in ids
    aws("put-function-recursion-config", "--function-name", function, "--recursive-loop", "Allow")
    assert aws("get-function-recursion-config", "--function-name", function)["RecursiveLoop"] == "Allow"
    assert aws("get-runtime-management-config", "--function-name", function)["UpdateRuntimeOn"] == "Auto"


@pytest.fixture
def aws(server):
    """The aws CLI's `lambda` command: `aws("list-functions")`."""
    return lambda *arguments: server.aws("lambda", *arguments)
