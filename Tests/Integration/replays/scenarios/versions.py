"""Versions."""

from replays.catalog import scenario

_SETTLES = "GetFunction answers when a change has settled, so that waiters end at once: the state between is not shown."
_PLAIN = {"Handler": "index.handler", "Timeout": None, "Environment": None}


@scenario("TestLambdaVersions::test_publish_version_on_create")
def publish_on_create(replay):
    name, api = replay.function, replay.api
    replay.keep("create_response", replay.create(Publish=True, **_PLAIN))
    replay.call("get_function_result", api.get_function, FunctionName=name)
    replay.call("get_function_version_result", api.get_function, FunctionName=name, Qualifier="1")
    replay.call("get_function_latest_result", api.get_function, FunctionName=name, Qualifier="$LATEST")
    replay.call("list_versions_result", api.list_versions_by_function, FunctionName=name)
    replay.call("repeated_publish_response", api.publish_version, FunctionName=name)
    replay.call("list_versions_result_after_publish", api.list_versions_by_function, FunctionName=name)


@scenario("TestLambdaVersions::test_publish_with_wrong_sha256")
def publish_with_wrong_digest(replay):
    name, api = replay.function, replay.api
    created = replay.keep("create_response", replay.create(**_PLAIN))
    replay.call("get_fn_response", api.get_function, FunctionName=name)
    replay.call("publish_wrong_sha256_exc", api.publish_version, FunctionName=name, CodeSha256="somenonexistentsha256")
    replay.call("publish_result", api.publish_version, FunctionName=name, CodeSha256=created["CodeSha256"])


@scenario(
    "TestLambdaVersions::test_publish_with_update",
    {"get_function_version_result": _SETTLES, "get_function_latest_result": _SETTLES},
)
def publish_with_update(replay):
    name, api = replay.function, replay.api
    replay.keep("create_response", replay.create(**_PLAIN))
    replay.call("get_function_result", api.get_function, FunctionName=name)
    package = replay.package("nodejs20.x")
    replay.call("update_function_code_result", api.update_function_code, FunctionName=name, ZipFile=package, Publish=True)
    replay.call("get_function_version_result", api.get_function, FunctionName=name, Qualifier="1")
    replay.call("get_function_latest_result", api.get_function, FunctionName=name, Qualifier="$LATEST")
