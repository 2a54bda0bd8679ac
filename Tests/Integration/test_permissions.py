"""Resource policies of functions, against what AWS was seen to answer."""

import json

import pytest
from martlet import ACCOUNT, OTHER_ACCOUNT, error, function_arn

CODE = {"app.py": "def handler(event, context): return {'arn': context.invoked_function_arn}"}


@pytest.fixture
def function(deploy):
    return deploy(CODE)


def add(api, function, sid="s3", principal="s3.amazonaws.com", action="lambda:InvokeFunction", **more):
    answer = api.add_permission(
        FunctionName=function, StatementId=sid, Principal=principal, Action=action, **more)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    return json.loads(answer["Statement"])


def policy(api, function, **more):
    answer = api.get_policy(FunctionName=function, **more)
    return json.loads(answer["Policy"]), answer["RevisionId"]


def test_a_statement_is_answered_and_kept_as_aws_writes_it(api, function):
    statement = add(api, function, SourceArn="arn:aws:s3:::bucket")
    assert statement == {
        "Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Resource": function_arn(function), "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}},
    }
    document, _ = policy(api, function)
    assert document == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}


@pytest.mark.parametrize(
    "given, principal, action, condition",
    [
        (
            {"principal": "*", "SourceAccount": ACCOUNT}, "*", "lambda:InvokeFunction",
            {"StringEquals": {"AWS:SourceAccount": ACCOUNT}},
        ),
        ({"principal": ACCOUNT}, {"AWS": "arn:aws:iam::%s:root" % ACCOUNT}, "lambda:InvokeFunction", None),
        (
            {"principal": "arn:aws:iam::%s:user/someone" % ACCOUNT}, {"AWS": "arn:aws:iam::%s:user/someone" % ACCOUNT},
            "lambda:InvokeFunction", None,
        ),
        (
            {
                "principal": "*", "action": "lambda:InvokeFunctionUrl", "SourceAccount": ACCOUNT,
                "SourceArn": "arn:aws:s3:::b", "PrincipalOrgID": "o-1234567890", "FunctionUrlAuthType": "NONE",
            },
            "*", "lambda:InvokeFunctionUrl",
            {
                "StringEquals": {
                    "AWS:SourceAccount": ACCOUNT, "lambda:FunctionUrlAuthType": "NONE",
                    "aws:PrincipalOrgID": "o-1234567890",
                },
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
            },
        ),
        (
            {"principal": "*", "EventSourceToken": "amzn1.ask.skill.x"}, "*", "lambda:InvokeFunction",
            {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.x"}},
        ),
        (
            {"principal": "*", "InvokedViaFunctionUrl": True}, "*", "lambda:InvokeFunction",
            {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        ),
    ],
)
def test_principals_and_conditions(api, function, given, principal, action, condition):
    statement = add(api, function, **given)
    assert statement["Principal"] == principal
    assert statement["Action"] == action
    assert statement.get("Condition") == condition


def test_statements_are_removed_one_by_one(api, function):
    add(api, function)
    add(api, function, "sqs", "sqs.amazonaws.com")
    _, first = policy(api, function)
    assert error(api.remove_permission, FunctionName=function, StatementId="non-existent") == (
        "ResourceNotFoundException", "Statement non-existent is not found in resource policy.", 404)
    assert policy(api, function)[1] == first
    api.remove_permission(FunctionName=function, StatementId="sqs")
    document, second = policy(api, function)
    assert [statement["Sid"] for statement in document["Statement"]] == ["s3"] and second != first
    api.remove_permission(FunctionName=function, StatementId="s3")
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    assert error(api.get_policy, FunctionName=function) == missing


def test_each_qualifier_has_a_policy_of_its_own(api, function):
    add(api, function)
    own = policy(api, function)
    version = api.publish_version(FunctionName=function)["Version"]
    api.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    for qualifier in (version, "live"):
        assert error(api.get_policy, FunctionName=function, Qualifier=qualifier) == missing
        statement = add(api, function, Qualifier=qualifier)
        assert statement["Resource"] == "%s:%s" % (function_arn(function), qualifier)
        assert policy(api, function, Qualifier=qualifier)[0]["Statement"] == [statement]
    assert policy(api, function) == own

    api.delete_alias(FunctionName=function, Name="live")
    api.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    assert error(api.get_policy, FunctionName=function, Qualifier="live") == missing
    api.delete_function(FunctionName=function)
    assert error(api.get_policy, FunctionName=function) == missing


def test_revisions(api, function):
    mismatch = (
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetPolicy API to retrieve the latest Revision Id", 412,
    )
    given = {"FunctionName": function, "Principal": "s3.amazonaws.com", "Action": "lambda:InvokeFunction"}
    assert error(api.add_permission, **given, StatementId="a", RevisionId="wrong") == mismatch
    add(api, function)
    _, revision = policy(api, function)
    assert error(api.add_permission, **given, StatementId="a", RevisionId="wrong") == mismatch
    add(api, function, "a", RevisionId=revision)
    assert error(api.remove_permission, FunctionName=function, StatementId="a", RevisionId=revision) == mismatch
    api.remove_permission(FunctionName=function, StatementId="a", RevisionId=policy(api, function)[1])


def test_refusals(api, function):
    def refused(**change):
        given = {
            "FunctionName": function, "StatementId": "s3", "Principal": "s3.amazonaws.com",
            "Action": "lambda:InvokeFunction", **change,
        }
        return error(api.add_permission, **given)

    assert refused(StatementId="example.com") == (
        "ValidationException",
        "1 validation error detected: Value 'example.com' at 'statementId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)", 400)
    assert refused(FunctionName=function + ":alias-not-42", Qualifier="42") == (
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.", 400)
    assert refused(FunctionName=function + ":$LATEST") == (
        "InvalidParameterValueException", "We currently do not support adding policies for $LATEST.", 400)
    for principal in ("invalid.nonaws.com", "s3", "arn:aws:s3:::bucket", "12345", ".amazonaws.com", "a b"[:1]):
        assert refused(Principal=principal) == (
            "InvalidParameterValueException",
            "The provided principal was invalid. Please check the principal and try again.", 400)
    assert refused(FunctionName="doesnotexist") == (
        "ResourceNotFoundException", "Function not found: " + function_arn("doesnotexist"), 404)
    assert refused(Qualifier="alias-doesnotexist") == (
        "ResourceNotFoundException", "Cannot find alias arn: %s:alias-doesnotexist" % function_arn(function), 404)
    assert refused(Qualifier="42") == (
        "ResourceNotFoundException", "Function not found: %s:42" % function_arn(function), 404)
    assert refused(Qualifier="valid-with-$-but-doesnotexist") == (
        "ResourceNotFoundException",
        "Function not found: %s:valid-with-$-but-doesnotexist" % function_arn(function), 404)
    assert refused(Qualifier="invalid-qualifier-with-?-char")[0::2] == ("ValidationException", 400)
    assert refused(FunctionUrlAuthType="NONE") == (
        "InvalidParameterValueException", "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        400)
    add(api, function)
    assert refused() == (
        "ResourceConflictException",
        "The statement id (s3) provided already exists. "
        "Please provide a new statement id, or remove the existing statement.", 409)

    remove = api.remove_permission
    assert error(remove, FunctionName="doesnotexist", StatementId="s3") == (
        "ResourceNotFoundException", "No policy found for: " + function_arn("doesnotexist"), 404)
    assert error(remove, FunctionName=function, StatementId="s3", Qualifier="alias-doesnotexist") == (
        "ResourceNotFoundException", "Cannot find alias arn: %s:alias-doesnotexist" % function_arn(function), 404)
    api.remove_permission(FunctionName=function, StatementId="s3")
    assert error(remove, FunctionName=function, StatementId="s3") == (
        "ResourceNotFoundException", "No policy is associated with the given resource.", 404)


def test_a_policy_has_at_most_20480_bytes(api, function):
    arn = "arn:aws:s3:::" + "b" * 1000
    refusal = None
    for index in range(30):
        try:
            add(api, function, "s%d" % index, SourceArn=arn)
        except api.exceptions.PolicyLengthExceededException as error:
            refusal = error.response["Error"]["Message"]
            break
    assert refusal and refusal.startswith("The final policy size (2") and refusal.endswith("limit (20480).")
    assert len(json.dumps(policy(api, function)[0], separators=(",", ":"))) <= 20_480


def test_another_account_invokes_what_was_opened_to_it(martlet):
    server = martlet("--ephemeral").start()
    server.deploy("f", CODE)
    owner = server.client("lambda")
    stranger = server.client("lambda", key=OTHER_ACCOUNT)
    code, message, status = error(stranger.invoke, FunctionName=function_arn("f"))
    assert (code, status) == ("AccessDeniedException", 403)
    assert "arn:aws:iam::%s:root" % OTHER_ACCOUNT in message and "lambda:InvokeFunction" in message

    add(owner, "f", "other", OTHER_ACCOUNT)
    answer = stranger.invoke(FunctionName=function_arn("f"))
    assert json.loads(answer["Payload"].read()) == {"arn": function_arn("f")}
    assert error(stranger.get_function, FunctionName=function_arn("f"))[2] == 403

    version = owner.publish_version(FunctionName="f")["Version"]
    assert error(stranger.invoke, FunctionName=function_arn("f"), Qualifier=version)[2] == 403
    owner.remove_permission(FunctionName="f", StatementId="other")
    assert error(stranger.invoke, FunctionName=function_arn("f"))[2] == 403


def test_policies_survive_a_restart(martlet):
    server = martlet().start()
    server.deploy("f", CODE)
    add(server.client("lambda"), "f", "other", OTHER_ACCOUNT)
    before = policy(server.client("lambda"), "f")
    server.kill9()
    server.start()
    assert policy(server.client("lambda"), "f") == before
    answer = server.client("lambda", key=OTHER_ACCOUNT).invoke(FunctionName=function_arn("f"))
    assert json.loads(answer["Payload"].read()) == {"arn": function_arn("f")}


def test_the_aws_cli_adds_and_removes_permissions(server, function):
    server.aws(
        "lambda", "add-permission", "--function-name", function, "--statement-id", "s3", "--action",
        "lambda:InvokeFunction", "--principal", "s3.amazonaws.com", "--source-arn", "arn:aws:s3:::b",
        "--source-account", ACCOUNT)
    document = json.loads(server.aws("lambda", "get-policy", "--function-name", function)["Policy"])
    assert [statement["Sid"] for statement in document["Statement"]] == ["s3"]
    server.aws("lambda", "remove-permission", "--function-name", function, "--statement-id", "s3")
    assert server.aws("lambda", "get-policy", "--function-name", function, check=False).returncode != 0
