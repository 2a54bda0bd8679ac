"""Configurations of function URLs, and who may use them."""

import json

import requests
from function_urls import (  # noqa: F401
    ECHO, FORBIDDEN, by_name, by_path, create, echo, place, signed)
from martlet import ACCOUNT, OTHER_ACCOUNT, TRUST, error, function_arn, zip_package


def test_the_life_of_a_configuration(api, echo):
    created = api.create_function_url_config(FunctionName=echo, AuthType="NONE")
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert created["FunctionArn"] == function_arn(echo) and "InvokeMode" not in created and "Cors" not in created
    place(created["FunctionUrl"])
    assert error(api.create_function_url_config, FunctionName=echo, AuthType="NONE") == (
        "ResourceConflictException",
        "Failed to create function url config for [functionArn = %s]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function" % function_arn(echo), 409)
    got = api.get_function_url_config(FunctionName=echo)
    assert got["InvokeMode"] == "BUFFERED" and got["FunctionUrl"] == created["FunctionUrl"]
    updated = api.update_function_url_config(FunctionName=echo, AuthType="AWS_IAM")
    assert updated["AuthType"] == "AWS_IAM" and "InvokeMode" not in updated
    assert updated["FunctionUrl"] == created["FunctionUrl"]
    api.delete_function_url_config(FunctionName=echo)
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    for operation in (api.get_function_url_config, api.delete_function_url_config, api.update_function_url_config):
        assert error(operation, FunctionName=echo) == missing
    assert create(api, echo, public=False) != created["FunctionUrl"]


def test_modes_and_cors_are_kept(api, echo):
    cors = {
        "AllowCredentials": False, "AllowHeaders": ["x-a"], "AllowMethods": ["GET", "POST"], "AllowOrigins": ["*"],
        "ExposeHeaders": ["x-b"], "MaxAge": 300,
    }
    created = api.create_function_url_config(FunctionName=echo, AuthType="NONE", InvokeMode="BUFFERED", Cors=cors)
    assert created["InvokeMode"] == "BUFFERED" and created["Cors"] == cors
    assert api.update_function_url_config(FunctionName=echo, InvokeMode="RESPONSE_STREAM")["Cors"] == cors
    assert api.update_function_url_config(FunctionName=echo)["InvokeMode"] == "RESPONSE_STREAM"
    assert api.update_function_url_config(FunctionName=echo, Cors={"AllowOrigins": ["http://a"]})["Cors"] == {
        "AllowOrigins": ["http://a"]}
    assert error(api.update_function_url_config, FunctionName=echo, InvokeMode="UNKNOWN") == (
        "ValidationException",
        "1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: "
        "Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]", 400)


def test_functions_and_aliases_have_urls_and_versions_have_not(api, echo):
    version = api.publish_version(FunctionName=echo)["Version"]
    api.create_alias(FunctionName=echo, Name="live", FunctionVersion=version)
    operations = {
        api.create_function_url_config: ("Function does not exist", {"AuthType": "NONE"}),
        api.update_function_url_config: ("Function does not exist", {"AuthType": "NONE"}),
        api.get_function_url_config: ("The resource you requested does not exist.", {}),
        api.delete_function_url_config: ("The resource you requested does not exist.", {}),
    }
    for operation, (message, more) in operations.items():
        for name in ("doesnotexist", function_arn("doesnotexist")):
            assert error(operation, FunctionName=name, **more) == ("ResourceNotFoundException", message, 404)
        assert error(operation, FunctionName=echo, Qualifier="no-alias", **more)[:2] == (
            "ResourceNotFoundException", message)
        for qualifier in (version, "2", "$LATEST"):
            assert error(operation, FunctionName=echo, Qualifier=qualifier, **more) == (
                "ValidationException",
                "1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)" % qualifier, 400)
        assert error(operation, FunctionName=function_arn(echo) + ":live", Qualifier="other", **more)[:2] == (
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.")
    own = create(api, echo, public=False)
    aliased = api.create_function_url_config(FunctionName=echo, AuthType="AWS_IAM", Qualifier="live")
    assert aliased["FunctionArn"] == function_arn(echo) + ":live"
    assert api.get_function_url_config(FunctionName=echo + ":live")["FunctionUrl"] == aliased["FunctionUrl"] != own

    listed = api.list_function_url_configs(FunctionName=echo)["FunctionUrlConfigs"]
    assert [entry["FunctionUrl"] for entry in listed] == [own, aliased["FunctionUrl"]]
    first = api.list_function_url_configs(FunctionName=echo, MaxItems=1)
    second = api.list_function_url_configs(FunctionName=echo, MaxItems=1, Marker=first["NextMarker"])
    assert first["FunctionUrlConfigs"] + second["FunctionUrlConfigs"] == listed and "NextMarker" not in second


def test_a_public_url_needs_both_permissions(server, api, echo):
    url = create(api, echo, public=False)

    def asked():
        answer = requests.get(by_path(server, url))
        if answer.status_code == 403:
            assert answer.json() == FORBIDDEN
            assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
        return answer.status_code

    assert asked() == 403
    api.add_permission(
        FunctionName=echo, StatementId="url", Principal="*", Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="AWS_IAM")
    api.add_permission(
        FunctionName=echo, StatementId="function", Principal="*", Action="lambda:InvokeFunction",
        InvokedViaFunctionUrl=True)
    assert asked() == 403
    api.remove_permission(FunctionName=echo, StatementId="url")
    api.add_permission(
        FunctionName=echo, StatementId="url", Principal="*", Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="NONE")
    assert asked() == 200
    api.remove_permission(FunctionName=echo, StatementId="function")
    assert asked() == 403
    # The URL opens nothing else.
    stranger = server.client("lambda", key=OTHER_ACCOUNT)
    assert error(stranger.invoke, FunctionName=function_arn(echo))[2] == 403


def test_a_url_that_is_not_there(server):
    for path in ("/_lambda-url/%s/" % ("a" * 32), "/_lambda-url/x", "/_lambda-url/", "/_lambda-url/%2e%2e/health"):
        answer = requests.get(server.url + path)
        assert (answer.status_code, answer.json()) == (404, {"Message": None})


def test_the_url_of_an_alias_ends_with_the_alias(server, api, echo):
    version = api.publish_version(FunctionName=echo)["Version"]
    api.create_alias(FunctionName=echo, Name="live", FunctionVersion=version)
    url = create(api, echo, Qualifier="live")
    assert by_name(server, url)[0].status == 200
    api.delete_alias(FunctionName=echo, Name="live")
    response, content = by_name(server, url)
    assert response.status == 403 and json.loads(content) == FORBIDDEN
    assert response.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    api.delete_function(FunctionName=echo)
    assert by_name(server, url)[0].status == 404


def test_a_url_with_iam_wants_a_signature(server, api, echo):
    url = create(api, echo, auth="AWS_IAM", public=False)
    path = by_path(server, url, "/p?a=1")
    answer = requests.get(path)
    assert (answer.status_code, answer.json()) == (403, FORBIDDEN)
    api.add_permission(
        FunctionName=echo, StatementId="url", Principal="*", Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="AWS_IAM")
    api.add_permission(FunctionName=echo, StatementId="f", Principal="*", Action="lambda:InvokeFunction")
    assert requests.get(path).status_code == 403
    answer = signed(server, path)
    assert answer.status_code == 200
    context = answer.json()["requestContext"]
    assert context["accountId"] == ACCOUNT
    assert context["authorizer"] == {
        "iam": {
            "accessKey": "test", "accountId": ACCOUNT, "callerId": ACCOUNT, "cognitoIdentity": None,
            "principalOrgId": None, "userArn": "arn:aws:iam::%s:root" % ACCOUNT, "userId": ACCOUNT,
        }
    }
    api.remove_permission(FunctionName=echo, StatementId="f")
    assert signed(server, path).status_code == 200
    assert signed(server, path, key=OTHER_ACCOUNT).status_code == 403


def test_signatures_are_verified_where_they_count(martlet):
    server = martlet("--auth", "iam").start()
    lines = dict(line.removeprefix("export ").split("=", 1) for line in server.run("env").stdout.splitlines() if "=" in line)
    key = lines["AWS_ACCESS_KEY_ID"], lines["AWS_SECRET_ACCESS_KEY"]
    client = server.client("lambda", *key)
    role = server.client("iam", *key).create_role(
        RoleName="r", AssumeRolePolicyDocument=TRUST)
    client.create_function(
        FunctionName="f", Runtime="python3.11", Handler="app.handler", Role=role["Role"]["Arn"],
        Code={"ZipFile": zip_package(ECHO)})
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    url = create(client, "f", auth="AWS_IAM", public=False)
    path = by_path(server, url, "/p%20q?b=2&a=1")
    assert signed(server, path, *key).status_code == 200
    assert signed(server, path, *key, method="POST", body=b"{}").status_code == 200
    assert requests.get(path).json() == FORBIDDEN
    for wrong in (
        dict(key=key[0], secret="wrong"), dict(key="AKIAUNKNOWN", secret=key[1]),
        dict(key=key[0], secret=key[1], region="eu-west-1"), dict(key=key[0], secret=key[1], service="s3"),
    ):
        answer = signed(server, path, **wrong)
        assert answer.status_code == 403 and answer.json()["Message"], wrong
    # In this mode as in the other one, a public URL is public.
    client.delete_function_url_config(FunctionName="f")
    public = create(client, "f")
    assert requests.get(by_path(server, public)).status_code == 200


def test_the_aws_cli_makes_a_public_url(server, echo):
    server.aws("lambda", "create-function-url-config", "--function-name", echo, "--auth-type", "NONE")
    for words in (
        ("--statement-id", "a", "--action", "lambda:InvokeFunctionUrl", "--function-url-auth-type", "NONE"),
        ("--statement-id", "b", "--action", "lambda:InvokeFunction", "--invoked-via-function-url"),
    ):
        server.aws("lambda", "add-permission", "--function-name", echo, "--principal", "*", *words)
    url = server.aws("lambda", "get-function-url-config", "--function-name", echo)["FunctionUrl"]
    assert by_name(server, url)[0].status == 200
    server.aws("lambda", "update-function-url-config", "--function-name", echo, "--auth-type", "AWS_IAM")
    assert by_name(server, url)[0].status == 403
    assert len(server.aws("lambda", "list-function-url-configs", "--function-name", echo)["FunctionUrlConfigs"]) == 1
    server.aws("lambda", "delete-function-url-config", "--function-name", echo)
    assert by_name(server, url)[0].status == 404


def test_urls_survive_a_restart(martlet):
    server = martlet().start()
    server.deploy("f", ECHO)
    url = create(server.client("lambda"), "f")
    server.kill9()
    server.start()
    assert server.client("lambda").get_function_url_config(FunctionName="f")["FunctionUrl"] == url
    assert by_name(server, url)[0].status == 200
