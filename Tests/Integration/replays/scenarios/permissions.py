"""Resource policies."""

from replays.catalog import scenario
from replays.reasons import OLD_SHAPE

_OLD_MESSAGE = (
    "Recorded in 2022; a recording of 2025 (TestLambdaRevisions) has the answer to the same request name GetPolicy instead of "
    "GetFunction/GetAlias."
)
_OLD_REVISION = (
    "Recorded in 2022, when publishing a version gave the policy another revision; by test_lambda_permission_fn_versioning, of 2025, it does not."
)
_INVOKE = {"Action": "lambda:InvokeFunction"}


def _add(replay, label, sid="s3", principal="s3.amazonaws.com", function=None, **more):
    given = {"FunctionName": function or replay.function, "StatementId": sid, "Principal": principal, **_INVOKE, **more}
    if label is None:
        return replay.api.add_permission(**given)
    return replay.call(label, replay.api.add_permission, **given)


def _policy(replay, label, **more):
    return replay.call(label, replay.api.get_policy, FunctionName=replay.function, **more)


def _bucket(replay):
    return "arn:aws:s3:::" + replay.name("bucket")


@scenario("TestLambdaPermissions::test_add_lambda_permission_aws")
def of_a_bucket(replay):
    replay.keep("create_lambda", replay.wrapped(replay.create()))
    _add(replay, "add_permission", SourceArn=_bucket(replay))
    _policy(replay, "get_policy")


@scenario("TestLambdaPermissions::test_add_lambda_permission_fields")
def members(replay):
    replay.create()
    user = "arn:aws:iam::%s:user/%s" % (replay.account, replay.name("user"))
    replay.known(user_arn=user.replace(replay.account, "111111111111"))
    account = {"SourceAccount": replay.account}
    _add(replay, "add_permission_principal_wildcard", "wilcard", "*", **account)
    _add(replay, "add_permission_principal_service", "lambda", "lambda.amazonaws.com", **account)
    _add(replay, "add_permission_principal_account", "account-id", replay.account)
    _add(replay, "add_permission_principal_arn", "user-arn", user, **account)
    _add(
        replay, "add_permission_optional_fields", "urlPermission", "*", Action="lambda:InvokeFunctionUrl", SourceArn=_bucket(replay),
        PrincipalOrgID="o-1234567890", FunctionUrlAuthType="NONE", **account,
    )  # fmt: skip
    token = "amzn1.ask.skill.xxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
    _add(replay, "add_permission_alexa_skill", "alexaSkill", "*", EventSourceToken=token)


@scenario("TestLambdaPermissions::test_create_multiple_lambda_permissions")
def several(replay):
    replay.create()
    _add(replay, "add_permission_response_1", "logs", "logs.amazonaws.com")
    _add(replay, "add_permission_response_2", "kinesis", "kinesis.amazonaws.com")
    _policy(replay, "policy_after_2_add")


@scenario("TestLambdaPermissions::test_lambda_permission_fn_versioning")
def of_versions_and_aliases(replay):
    name, api, source = replay.function, replay.api, {"SourceArn": _bucket(replay)}
    replay.create()
    _add(replay, "add_permission", **source)
    _policy(replay, "get_policy")
    replay.call("publish_version_result", api.publish_version, FunctionName=name)
    replay.call("get_function_result_after_publishing", api.get_function, FunctionName=name)
    _policy(replay, "get_policy_after_publishing_latest")
    _policy(replay, "get_policy_after_publishing_new_version", Qualifier="1")
    _add(replay, None, Qualifier="1", **source)
    _policy(replay, "get_policy_version", Qualifier="1")
    alias = {"FunctionName": name, "Name": "permission-alias"}
    replay.call("create_alias_response", api.create_alias, FunctionVersion="1", **alias)
    replay.call("get_alias", api.get_alias, **alias)
    _add(replay, "add_permission_alias_revision_exception", Qualifier="permission-alias", RevisionId="wrong", **source)
    _add(replay, None, Qualifier="permission-alias", **source)
    _policy(replay, "get_policy_alias", Qualifier="permission-alias")
    _policy(replay, "get_policy_after_adding_to_new_version")
    _add(replay, None, "s3_2", **source)
    _policy(replay, "get_policy_after_adding_2")


@scenario(
    "TestLambdaPermissions::test_lambda_permission_versioning",
    {"get_policy_after_publishing_latest": _OLD_REVISION, "get_policy_after_adding_to_new_version": _OLD_REVISION},
)
def of_the_function_alone(replay):
    source = {"SourceArn": _bucket(replay)}
    replay.create()
    _add(replay, "add_permission", **source)
    _policy(replay, "get_policy")
    replay.api.publish_version(FunctionName=replay.function)
    _policy(replay, "get_policy_after_publishing_latest")
    _policy(replay, "get_policy_after_publishing_new_version", Qualifier="1")
    _add(replay, None, Qualifier="1", **source)
    _policy(replay, "get_policy_after_adding_to_new_version")
    _add(replay, None, "s3_2", **source)
    _policy(replay, "get_policy_after_adding_2")


@scenario(
    "TestLambdaPermissions::test_lambda_permission_revisions",
    {
        "add_permission_revision_id_doesnotmatch": _OLD_MESSAGE,
        "remove_permission_fn_revision_id_doesnotmatch": _OLD_MESSAGE,
        "get_function_fn8": OLD_SHAPE,
        "get_function_fn8_v1": OLD_SHAPE,
        "get_function_fn9": OLD_SHAPE,
        "get_function_fn9_v1": OLD_SHAPE,
    },
)
def revisions(replay):
    name, api, source = replay.function, replay.api, {"SourceArn": _bucket(replay)}
    replay.create(Runtime="python3.8")
    _add(replay, None, **source)
    _add(replay, "add_permission_revision_id_doesnotmatch", "s3_2", RevisionId="wrong", **source)
    _add(replay, None, "s3_2", **source)
    label = "remove_permission_fn_revision_id_doesnotmatch"
    replay.call(label, api.remove_permission, FunctionName=name, StatementId="s3_2", RevisionId="wrong")
    api.publish_version(FunctionName=name)
    _add(replay, None, "s3_2", Qualifier="1", **source)
    api.update_function_configuration(FunctionName=name, Runtime="python3.9")
    replay.settle()
    _policy(replay, "get_policy_after_publish_version")
    _policy(replay, "get_policy_v1_after_publish_version", Qualifier="1")
    replay.call("get_function_fn8", api.get_function, FunctionName=name)
    replay.call("get_function_fn8_v1", api.get_function, FunctionName=name, Qualifier="1")
    _add(replay, None, "s3_3", Qualifier="1", **source)
    replay.call("get_function_fn9", api.get_function, FunctionName=name)
    replay.call("get_function_fn9_v1", api.get_function, FunctionName=name, Qualifier="1")
    _policy(replay, "get_policy_v1_after_add_permission9", Qualifier="1")


@scenario("TestLambdaRevisions::test_function_revisions_permissions")
def wrong_revision(replay):
    replay.create()
    _add(replay, "add_permission_revision_exception", RevisionId="wrong")


@scenario("TestLambdaPermissions::test_permission_exceptions")
def exceptions(replay):
    name, api = replay.function, replay.api
    source = {"SourceArn": _bucket(replay)}
    replay.known(function_name=name)
    replay.create()

    def remove(label, function=name, sid="s3", **more):
        replay.call(label, api.remove_permission, FunctionName=function, StatementId=sid, **more)

    _add(replay, "add_permission_invalid_statement_id", "example.com")
    _add(replay, "add_permission_fn_qualifier_mismatch", function=name + ":alias-1", Qualifier="alias-2", **source)
    _add(replay, "add_permission_fn_qualifier_latest", Qualifier="$LATEST", **source)
    _add(replay, "add_permission_principal_invalid", principal="invalid.nonaws.com", **source)
    replay.call("get_policy_fn_doesnotexist", api.get_policy, FunctionName="doesnotexist")
    _policy(replay, "get_policy_fn_version_doesnotexist", Qualifier="1")
    _add(replay, "add_permission_fn_doesnotexist", function="doesnotexist", **source)
    remove("remove_permission_policy_doesnotexist")
    _add(replay, "add_permission_fn_alias_doesnotexist", Qualifier="alias-doesnotexist", **source)
    _add(replay, "add_permission_fn_version_doesnotexist", Qualifier="42", **source)
    _add(replay, "add_permission_fn_qualifier_invalid", Qualifier="invalid-qualifier-with-?-char", **source)
    _add(replay, "add_permission_fn_qualifier_valid_doesnotexist", Qualifier="valid-with-$-but-doesnotexist", **source)
    _add(replay, None, **source)
    _add(replay, "add_permission_conflicting_statement_id", **source)
    remove("remove_permission_fn_doesnotexist", "doesnotexist")
    remove("remove_permission_fn_alias_doesnotexist", Qualifier="alias-doesnotexist")


@scenario("TestLambdaPermissions::test_remove_multi_permissions")
def removal(replay):
    name, api = replay.function, replay.api
    replay.create()

    def remove(sid, label=None):
        if label is None:
            return api.remove_permission(FunctionName=name, StatementId=sid)
        return replay.call(label, api.remove_permission, FunctionName=name, StatementId=sid)

    _add(replay, "add_permission_1")
    _add(replay, "add_permission_2", "sqs", "sqs.amazonaws.com", SourceArn=_bucket(replay))
    _policy(replay, "policy_after_2_add")
    remove("non-existent", "remove_permission_exception_nonexisting_sid")
    remove("sqs")
    answer = _policy(replay, "policy_after_removal")
    # Of a revision that is not the policy's, nothing is removed.
    replay.keep("policy_after_removal_attempt", api.get_policy(FunctionName=name))
    api.remove_permission(FunctionName=name, StatementId="s3", RevisionId=answer["RevisionId"])
    _policy(replay, "get_policy_exception_removed_all")
