"""Logging, SnapStart, recursion, images."""

from replays.catalog import scenario
from replays.reasons import NO_RUNTIME
from replays.replay import answer_of

_NO_IMAGES = "Container images are not here yet."


def _logging(replay, first, second):
    name, api = replay.function, replay.api
    created = replay.create(MemorySize=256, Timeout=5, **({"LoggingConfig": first} if first else {}))
    replay.keep("create_response", replay.wrapped(created))
    replay.call("get_function_response", api.get_function, FunctionName=name)
    replay.call("function_config", api.get_function_configuration, FunctionName=name)
    replay.call("updated_config", api.update_function_configuration, FunctionName=name, LoggingConfig=second)
    replay.call("received_config", api.get_function_configuration, FunctionName=name)


@scenario("TestLoggingConfig::test_function_advanced_logging_configuration")
def logging_from_the_start(replay):
    _logging(replay, {"LogFormat": "JSON"}, {"LogGroup": "cool_lambda"})


@scenario("TestLoggingConfig::test_function_partial_advanced_logging_configuration_update")
def logging_by_parts(replay):
    parts = {
        "partial_config0": {"LogFormat": "JSON"},
        "partial_config1": {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"},
        "partial_config2": {"LogFormat": "JSON", "SystemLogLevel": "DEBUG"},
    }
    _logging(replay, None, parts[replay.parameter])


def _needs_runtime(runtime):
    return {} if runtime.startswith("python") else {"*": NO_RUNTIME}


def _create(replay, snap_start):
    handler = {"p": "handler.handler", "j": "echo.Handler", "d": "dotnet::Dotnet.Function::FunctionHandler"}[replay.parameter[0]]
    more = {"SnapStart": snap_start} if snap_start else {}
    created = answer_of(
        replay.create, Runtime=replay.parameter, Handler=handler, MemorySize=1024, Timeout=5, Environment=None, **more
    )
    replay.keep("create_function_response", created)


@scenario("TestLambdaSnapStart::test_snapstart_lifecycle", _needs_runtime)
def snap_start(replay):
    name, api = replay.function, replay.api
    _create(replay, {"ApplyOn": "None"})
    replay.call("get_function_response_latest", api.get_function, FunctionName=name)
    api.publish_version(FunctionName=name, Description="version1")
    replay.call("get_function_response_version_1", api.get_function, FunctionName=name, Qualifier="1")


@scenario("TestLambdaSnapStart::test_snapstart_update_function_configuration", _needs_runtime)
def snap_start_later(replay):
    _create(replay, None)
    update = replay.api.update_function_configuration
    replay.call("update_function_response", update, FunctionName=replay.function, SnapStart={"ApplyOn": "PublishedVersions"})


@scenario("TestLambdaRecursion::test_put_function_recursion_config_allow")
def recursion(replay):
    name, api = replay.function, replay.api
    replay.create()
    replay.call("put_recursion_config_response", api.put_function_recursion_config, FunctionName=name, RecursiveLoop="Allow")
    replay.call("get_recursion_config_response", api.get_function_recursion_config, FunctionName=name)


@scenario("TestLambdaRecursion::test_put_function_recursion_config_default_terminate")
def recursion_at_first(replay):
    replay.create()
    replay.call(
        "get_recursion_default_terminate_response", replay.api.get_function_recursion_config, FunctionName=replay.function
    )


def _image_uri(replay, number=1):
    return "%s.dkr.ecr.%s.amazonaws.com/repository-%d:latest" % (replay.account, replay.region, number)


def _create_image(replay, label, **more):
    replay.call(
        label, replay.api.create_function, FunctionName=replay.function, Role=replay.role, PackageType="Image",
        Code={"ImageUri": _image_uri(replay)}, Environment={"Variables": {"CUSTOM_ENV": "test"}}, **more,
    )  # fmt: skip


def _show_image(replay, suffix):
    name, api = replay.function, replay.api
    replay.call("get-function-code-" + suffix, api.get_function, FunctionName=name)
    replay.call("get-function-config-" + suffix, api.get_function_configuration, FunctionName=name)


@scenario("TestLambdaImages::test_lambda_image_crud", {"*": _NO_IMAGES})
def image(replay):
    name, api = replay.function, replay.api
    _create_image(replay, "create-image-response")
    _show_image(replay, "response")
    replay.call("image-to-zipfile-error", api.update_function_code, FunctionName=name, ZipFile=replay.package())
    replay.call("update-function-code-response", api.update_function_code, FunctionName=name, ImageUri=_image_uri(replay, 2))
    _show_image(replay, "response-after-update")


@scenario("TestLambdaImages::test_lambda_image_and_image_config_crud", {"*": _NO_IMAGES})
def image_with_configuration(replay):
    name, update = replay.function, replay.api.update_function_configuration
    config = {"EntryPoint": ["sh"], "Command": ["-c", "echo test"], "WorkingDirectory": "/app1"}
    _create_image(replay, "create-image-with-config-response", ImageConfig=config)
    _show_image(replay, "with-config-response")
    config = {"Command": ["-c", "echo test1"], "WorkingDirectory": "/app1"}
    replay.call("update-function-code-response", update, FunctionName=name, ImageConfig=config)
    _show_image(replay, "response-after-update")
    replay.call("update-function-code-delete-imageconfig-response", update, FunctionName=name, ImageConfig={})
    _show_image(replay, "response-after-delete-imageconfig")
