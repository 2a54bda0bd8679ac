"""Code signing configurations."""

from replays.catalog import scenario


def _create(replay):
    answer = replay.call(
        "create_code_signing_config", replay.api.create_code_signing_config, Description="Testing CodeSigning Config",
        AllowedPublishers={"SigningProfileVersionArns": [replay.arn("/signing-profiles/test", service="signer")]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )  # fmt: skip
    return answer["CodeSigningConfig"]["CodeSigningConfigArn"]


@scenario("TestCodeSigningConfig::test_function_code_signing_config")
def lifecycle(replay):
    name, api = replay.function, replay.api
    replay.create()
    arn = _create(replay)
    policies = {"UntrustedArtifactOnDeployment": "Warn"}
    replay.call("update_code_signing_config", api.update_code_signing_config, CodeSigningConfigArn=arn, CodeSigningPolicies=policies)
    replay.call("get_code_signing_config", api.get_code_signing_config, CodeSigningConfigArn=arn)
    replay.call("put_function_code_signing_config", api.put_function_code_signing_config, CodeSigningConfigArn=arn, FunctionName=name)
    replay.call("get_function_code_signing_config", api.get_function_code_signing_config, FunctionName=name)
    (listed,) = api.list_code_signing_configs()["CodeSigningConfigs"]
    replay.keep("list_code_signing_configs", listed)
    label = "list_functions_by_code_signing_config"
    replay.call(label, api.list_functions_by_code_signing_config, CodeSigningConfigArn=arn)
    replay.call("delete_function_code_signing_config", api.delete_function_code_signing_config, FunctionName=name)
    replay.call("delete_code_signing_config", api.delete_code_signing_config, CodeSigningConfigArn=arn)


@scenario("TestCodeSigningConfig::test_code_signing_not_found_excs")
def not_found(replay):
    name, api, nobody = replay.function, replay.api, "csc-test-doesnotexist"
    replay.create()
    arn = _create(replay)
    wrong = replay.arn("code-signing-config:csc-0123456789abcdef0")
    replay.known(csc_arn_invalid=wrong.replace(replay.account, "111111111111"))

    def ask(label, method, csc=None, function=None, **more):
        given = {"CodeSigningConfigArn": csc, "FunctionName": function, **more}
        replay.call(label, method, **{key: value for key, value in given.items() if value is not None})

    ask("delete_csc_notfound", api.delete_code_signing_config, wrong)
    ask("nothing_to_delete_response", api.delete_function_code_signing_config, function=name)
    ask("delete_function_csc_fnnotfound", api.delete_function_code_signing_config, function=nobody)
    ask("put_function_csc_invalid_fnname", api.put_function_code_signing_config, arn, nobody)
    ask("put_function_csc_invalid_csc_arn", api.put_function_code_signing_config, wrong, name)
    ask("put_function_csc_invalid_both", api.put_function_code_signing_config, wrong, nobody)
    ask("update_csc_invalid_csc_arn", api.update_code_signing_config, wrong, Description="new-description")
    ask("update_csc_noupdates", api.update_code_signing_config, wrong)
    ask("update_csc_noupdate_response", api.update_code_signing_config, arn)
    ask("get_csc_invalid", api.get_code_signing_config, wrong)
    ask("get_function_csc_fnwithoutcsc", api.get_function_code_signing_config, function=name)
    ask("get_function_csc_nonexistingfn", api.get_function_code_signing_config, function=nobody)
    ask("list_functions_by_csc_fnwithoutcsc", api.list_functions_by_code_signing_config, arn)
    ask("list_functions_by_csc_invalid_cscarn", api.list_functions_by_code_signing_config, wrong)
