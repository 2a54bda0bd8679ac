"""Functions: what is refused, what is not there, VPC settings, changes that meet."""

from replays.catalog import scenario
from replays.replay import answer_of

_NO_EC2 = "There is no EC2 here that could say whether a subnet or a security group exists."
_PROVIDED = "AWS has retired `provided`; Martlet runs it still, for it costs nothing."


@scenario("TestLambdaFunction::test_create_lambda_exceptions")
def create_exceptions(replay):
    def create(label, api=replay.api, **more):
        given = {
            "FunctionName": replay.function,
            "Runtime": "python3.12",
            "Handler": "handler.handler",
            "Role": replay.role,
            "Code": {"ZipFile": replay.package()},
            **more,
        }
        replay.call(label, api.create_function, **given)

    create("invalid_role_arn_exc", Role="r1")
    create("invalid_runtime_exc", Runtime="non-existent-runtime")
    create("uppercase_runtime_exc", Runtime="PYTHON3.9")
    create("empty_architectures", replay.client("lambda", checked=True), Architectures=[])
    create("multiple_architectures", Architectures=["x86_64", "arm64"])
    create("uppercase_architecture", Architectures=["X86_64"])
    create("invalid_zip_exc", Code={"ZipFile": b"this is not a zip file"})


@scenario("TestLambdaFunction::test_update_lambda_exceptions")
def update_exceptions(replay):
    replay.create()
    update = replay.api.update_function_configuration
    replay.call("invalid_role_arn_exc", update, FunctionName=replay.function, Role="r1")
    replay.call("invalid_runtime_exc", update, FunctionName=replay.function, Runtime="non-existent-runtime")
    replay.call("uppercase_runtime_exc", update, FunctionName=replay.function, Runtime="PYTHON3.9")


@scenario("TestLambdaFunction::test_ops_on_nonexisting_fn")
def nonexisting_function(replay):
    replay.call("not_found_exception", getattr(replay.api, replay.parameter), FunctionName=replay.name("missing"))


@scenario("TestLambdaFunction::test_ops_on_nonexisting_version")
def nonexisting_version(replay):
    replay.create()
    replay.call("version_not_found_exception", getattr(replay.api, replay.parameter), FunctionName=replay.function, Qualifier="1221")


@scenario("TestLambdaFunction::test_ops_with_arn_qualifier_mismatch")
def qualifier_mismatch(replay):
    method = getattr(replay.api, replay.parameter)
    arn = replay.function_arn("some-function") + ":$LATEST"
    replay.call("not_match_exception", method, FunctionName=arn, Qualifier="1")
    replay.call("match_exception", method, FunctionName=arn, Qualifier="$LATEST")


@scenario("TestLambdaFunction::test_lambda_concurrent_code_updates")
def concurrent_code_updates(replay):
    replay.keep("create-function-response", replay.create(Timeout=None, Environment=None))
    replay.api.update_function_code(FunctionName=replay.function, ZipFile=replay.package("nodejs20.x"))
    replay.call(
        "update-during-in-progress-update-exc", replay.api.update_function_code, FunctionName=replay.function, ZipFile=replay.package()
    )


@scenario("TestLambdaFunction::test_lambda_concurrent_config_updates")
def concurrent_configuration_updates(replay):
    update = replay.api.update_function_configuration
    replay.keep("create-function-response", replay.wrapped(replay.create()))
    update(FunctionName=replay.function, Environment={"Variables": {"KEY": "1"}})
    replay.call("update-during-in-progress-update-exc", update, FunctionName=replay.function, Environment={"Variables": {"KEY": "2"}})


@scenario("TestLambdaFunction::test_vpc_config")
def vpc(replay):
    get, update = replay.api.get_function, replay.api.update_function_configuration
    first = {"SubnetIds": ["subnet-0123456789abcdef0"], "SecurityGroupIds": ["sg-0123456789abcdef0"]}
    second = {"SubnetIds": ["subnet-0123456789abcdef1"], "SecurityGroupIds": ["sg-0123456789abcdef1"]}
    replay.keep("create_response", replay.wrapped(replay.create(MemorySize=256, Timeout=5, VpcConfig=first)))
    replay.call("get_function_response", get, FunctionName=replay.function)
    replay.call("update_vpcconfig_update_response", update, FunctionName=replay.function, VpcConfig=second)
    replay.settle()
    replay.call("update_vpcconfig_get_function_response", get, FunctionName=replay.function)
    none = {"SubnetIds": [], "SecurityGroupIds": []}
    replay.call("delete_vpcconfig_update_response", update, FunctionName=replay.function, VpcConfig=none)
    replay.settle()
    replay.call("delete_vpcconfig_get_function_response", get, FunctionName=replay.function)


@scenario("TestLambdaFunction::test_invalid_vpc_config_subnet", {"create-response-non-existent-subnet-id": _NO_EC2})
def subnets(replay):
    subnet, malformed = "subnet-0123456789abcdef0", "bad-format-subnet"
    replay.known(subnet_id_1=subnet, subnet_id_2=malformed)
    for label, given in (("non-existent", subnet), ("invalid-format", malformed)):
        config = {"SubnetIds": [given], "SecurityGroupIds": ["sg-0123456789abcdef0"]}
        replay.keep("create-response-%s-subnet-id" % label, answer_of(replay.create, VpcConfig=config))


@scenario("TestLambdaFunction::test_invalid_vpc_config_security_group", {"create-response-non-existent-security-group": _NO_EC2})
def security_groups(replay):
    group, malformed = "sg-0123456789abcdef0", "bad-format-security-group"
    replay.known(security_group_id_1=group, security_group_id_2=malformed)
    for label, given in (("non-existent", group), ("invalid-format", malformed)):
        config = {"SubnetIds": ["subnet-0123456789abcdef0"], "SecurityGroupIds": [given]}
        replay.keep("create-response-%s-security-group" % label, answer_of(replay.create, VpcConfig=config))


@scenario("TestLambdaFunction::test_lambda_code_location_s3_errors")
def code_in_s3(replay):
    replay.client("s3").create_bucket(Bucket="bucket-" + replay.account)
    code = {"wrong-bucket": ("missing-bucket-%s" % replay.account, "key"), "wrong-key": ("bucket-%s" % replay.account, "missing-key")}
    common = {"FunctionName": replay.function, "Runtime": "python3.12", "Handler": "handler.handler", "Role": replay.role}
    for case, (bucket, key) in code.items():
        replay.call("create-error-" + case, replay.api.create_function, Code={"S3Bucket": bucket, "S3Key": key}, **common)
    replay.create()
    for case, (bucket, key) in code.items():
        replay.call("update-error-" + case, replay.api.update_function_code, FunctionName=replay.function, S3Bucket=bucket, S3Key=key)


@scenario("TestPartialARNMatching::test_update_function_configuration_full_arn")
def full_arns(replay):
    replay.create()
    for name in (replay.function_arn(), "%s:%s" % (replay.account, replay.function), "function:" + replay.function):
        assert replay.api.update_function_configuration(FunctionName=name)["FunctionArn"] == replay.function_arn()
        replay.settle()


@scenario(
    "TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled",
    lambda runtime: {"deprecation_error": _PROVIDED} if runtime == "provided" else {},
)
def retired_runtimes(replay):
    replay.keep("deprecation_error", answer_of(replay.create, Runtime=replay.parameter, wait=False))
