"""Function URLs."""

from replays.catalog import scenario

_FAILED = "AWS failed here, with an internal error; the other operations answer the same request with InvalidParameterValueException."


@scenario("TestLambdaUrl::test_url_config_lifecycle")
def lifecycle(replay):
    name, api = replay.function, replay.api
    replay.create(Runtime="nodejs20.x", Handler="lambda_handler.handler")
    replay.call("url_creation", api.create_function_url_config, FunctionName=name, AuthType="NONE")
    replay.call("failed_duplication", api.create_function_url_config, FunctionName=name, AuthType="NONE")
    replay.call("get_url_config", api.get_function_url_config, FunctionName=name)
    replay.call("updated_url_config", api.update_function_url_config, FunctionName=name, AuthType="AWS_IAM")
    api.delete_function_url_config(FunctionName=name)
    replay.call("failed_getter", api.get_function_url_config, FunctionName=name)


@scenario("TestLambdaUrl::test_url_config_exceptions", {"delete_function_url_config_qualifier_alias_doesnotmatch_arn": _FAILED})
def exceptions(replay):
    name, api = replay.function, replay.api
    replay.create(Runtime="nodejs20.x", Handler="lambda_handler.handler")
    replay.call("fn_version_result", api.publish_version, FunctionName=name)
    replay.call("create_alias_result", api.create_alias, FunctionName=name, Name="urlalias", FunctionVersion="1")
    nobody = "doesnotexist"
    methods = {
        "create": api.create_function_url_config,
        "get": api.get_function_url_config,
        "delete": api.delete_function_url_config,
        "update": api.update_function_url_config,
    }
    for operation, method in methods.items():
        more = {"AuthType": "NONE"} if operation in ("create", "update") else {}

        def ask(suffix, function=name, qualifier=None):
            given = {"FunctionName": function, **more, **({"Qualifier": qualifier} if qualifier else {})}
            replay.call("%s_function_url_config_%s" % (operation, suffix), method, **given)

        ask("name_doesnotexist", nobody)
        ask("arn_doesnotexist", replay.function_arn(nobody))
        ask("name_doesnotexist_qualifier", nobody, "1")
        ask("qualifier_version", qualifier="1")
        ask("qualifier_version_doesnotexist", qualifier="2")
        ask("qualifier_alias_doesnotexist", qualifier="doesntexist")
        ask("qualifier_alias_doesnotmatch_arn", replay.function_arn() + ":doesnotmatch", "urlalias")
        ask("qualifier_latest", qualifier="$LATEST")
        if operation != "create":
            ask("config_doesnotexist")
