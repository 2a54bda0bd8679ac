"""Lambda's control plane through boto3 and the aws CLI: shapes and errors as AWS answers them."""

import base64
import hashlib
import io
import json
import os
import stat
import threading
import urllib.request
import zipfile

import pytest
from martlet import ACCOUNT, OTHER_ACCOUNT, REGION, error, layer_arn, zip_package
from martlet import function_arn as arn

CODE = {"app.py": "def handler(event, context):\n    return {'version': 1, 'arn': context.invoked_function_arn}\n"}
CODE_2 = {"app.py": "def handler(event, context):\n    return {'version': 2, 'arn': context.invoked_function_arn}\n"}


@pytest.fixture
def function(deploy):
    return deploy(CODE)


def test_a_new_function_has_the_shape_of_aws(server, api, name):
    package = zip_package(CODE)
    created = api.create_function(
        FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=server.role(), Code={"ZipFile": package}
    )
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert created["FunctionArn"] == arn(name)
    assert created["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert created["CodeSize"] == len(package)
    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")
    assert created["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/" + name}
    assert "Environment" not in created and "LastUpdateStatus" not in created and "VpcConfig" not in created
    api.get_waiter("function_active_v2").wait(FunctionName=name)
    found = api.get_function(FunctionName=name)
    assert found["Configuration"]["State"] == "Active"
    assert found["Configuration"]["LastUpdateStatus"] == "Successful"
    assert found["Configuration"]["RevisionId"] != created["RevisionId"]
    assert "Tags" not in found and "Concurrency" not in found
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        assert answer.read() == package
    deleted = api.delete_function(FunctionName=name)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize(
    "parameters, code, message",
    [
        ({"Runtime": "python3.7"}, "InvalidParameterValueException", "The runtime parameter of python3.7 is no longer supported"),
        ({"Runtime": "nonsense"}, "InvalidParameterValueException", "Value nonsense at 'runtime' failed to satisfy constraint"),
        ({"Role": "r1"}, "ValidationException", "1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint"),
        ({"Timeout": 901}, "ValidationException", "1 validation error detected: Value '901' at 'timeout'"),
        ({"MemorySize": 10241}, "InvalidParameterValueException", "'MemorySize' value failed to satisfy constraint"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip uploaded file."),
        ({"Layers": [layer_arn("x:1")]}, "InvalidParameterValueException", "Layer version arn:aws:lambda:us-east-1:"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "Lambda was unable to configure"),
    ],
)
def test_refusals(api, name, parameters, code, message):
    given = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": "arn:aws:iam::%s:role/any" % ACCOUNT,
        "Code": {"ZipFile": zip_package(CODE)},
        **parameters,
    }
    found = error(api.create_function, **given)
    assert found[0] == code
    assert found[1].startswith(message)
    assert error(api.get_function, FunctionName=name)[0] == "ResourceNotFoundException"


def test_names_that_are_not_there(api, name):
    not_found = "ResourceNotFoundException"
    assert error(api.get_function, FunctionName=name) == (not_found, "Function not found: " + arn(name), 404)
    assert error(api.invoke, FunctionName=name) == (not_found, "Function not found: %s:$LATEST" % arn(name), 404)
    assert error(api.get_function, FunctionName=name, Qualifier="7")[1] == "Function not found: %s:7" % arn(name)
    assert error(api.get_function, FunctionName=arn(name).replace(REGION, "eu-west-1"))[1] == (
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    )
    assert error(api.get_function, FunctionName=name + ":1", Qualifier="2") == (
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
        400,
    )


def test_updates_versions_and_aliases(server, api, function):
    assert api.publish_version(FunctionName=function)["Version"] == "1"
    assert api.publish_version(FunctionName=function)["Version"] == "1"
    api.update_function_code(FunctionName=function, ZipFile=zip_package(CODE_2))
    api.get_waiter("function_updated_v2").wait(FunctionName=function)
    assert api.publish_version(FunctionName=function, Description="second")["Version"] == "2"
    assert [v["Version"] for v in api.list_versions_by_function(FunctionName=function)["Versions"]] == ["$LATEST", "1", "2"]
    alias = api.create_alias(
        FunctionName=function, Name="live", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
    )
    assert alias["AliasArn"] == arn(function + ":live")
    versions = {api.invoke(FunctionName=function, Qualifier="live")["ExecutedVersion"] for _ in range(40)}
    assert versions == {"1", "2"}
    api.update_alias(FunctionName=function, Name="live", FunctionVersion="2", RoutingConfig={})
    answer = server.invoke(arn(function + ":live"))
    assert answer == {"version": 2, "arn": arn(function + ":live")}
    assert server.invoke(function, Qualifier="1")["version"] == 1
    assert error(api.delete_function, FunctionName=function, Qualifier="2") == (
        "ResourceConflictException",
        "Unable to delete version because the following aliases reference it: [live]",
        409,
    )
    api.delete_alias(FunctionName=function, Name="live")
    api.delete_function(FunctionName=function, Qualifier="2")
    assert error(api.invoke, FunctionName=function, Qualifier="2")[0] == "ResourceNotFoundException"


def test_updated_configuration_is_used_at_once(api, function):
    revision = api.get_function_configuration(FunctionName=function)["RevisionId"]
    updated = api.update_function_configuration(FunctionName=function, Timeout=7, RevisionId=revision)
    assert (updated["LastUpdateStatus"], updated["LastUpdateStatusReasonCode"]) == ("InProgress", "Creating")
    api.get_waiter("function_updated_v2").wait(FunctionName=function)
    assert api.get_function_configuration(FunctionName=function)["Timeout"] == 7
    assert error(api.update_function_configuration, FunctionName=function, Timeout=8, RevisionId=revision)[::2] == (
        "PreconditionFailedException",
        412,
    )


def test_tags_and_pages(server, api, name):
    for number in range(3):
        server.deploy("%s-%d" % (name, number), CODE, Tags={"number": str(number)})
    assert api.list_tags(Resource=arn(name + "-1"))["Tags"] == {"number": "1"}
    api.tag_resource(Resource=arn(name + "-1"), Tags={"more": "x"})
    api.untag_resource(Resource=arn(name + "-1"), TagKeys=["number"])
    assert api.get_function(FunctionName=name + "-1")["Tags"] == {"more": "x"}
    pages = api.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    names = [f["FunctionName"] for page in pages for f in page["Functions"]]
    assert names == sorted(names)
    assert [found for found in names if found.startswith(name)] == ["%s-%d" % (name, number) for number in range(3)]


def test_invalid_events_are_refused_in_awss_words(api, function):
    assert error(api.invoke, FunctionName=function, Payload=b"n\x87r\x9e") == (
        "InvalidRequestContentException",
        "Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 start byte 0x87\n"
        " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 3]",
        400,
    )
    assert api.invoke(FunctionName=function, InvocationType="DryRun")["StatusCode"] == 204
    assert error(api.invoke, FunctionName=function, InvocationType="Event", Payload=b"{")[2] == 400


def test_other_accounts_have_their_own_functions(server, api, function):
    other = server.client("lambda", key=OTHER_ACCOUNT)
    assert error(other.get_function, FunctionName=function)[0] == "ResourceNotFoundException"
    assert error(other.get_function, FunctionName=arn(function))[::2] == ("AccessDeniedException", 403)


def test_file_modes_reach_the_function(server, api, name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for path, mode in (("app.py", 0o644), ("tool", 0o755)):
            info = zipfile.ZipInfo(path)
            info.external_attr = (stat.S_IFREG | mode) << 16
            body = "import os\ndef handler(e, c):\n    return {n: oct(os.stat(n).st_mode & 0o777) for n in ('app.py', 'tool')}\n"
            package.writestr(info, body if path == "app.py" else "#!/bin/sh\n")
        package.writestr("written.py", "")
    api.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role=server.role(),
        Code={"ZipFile": out.getvalue()},
    )
    api.get_waiter("function_active_v2").wait(FunctionName=name)
    assert server.invoke(name) == {"app.py": "0o644", "tool": "0o755"}


def test_the_aws_cli_waits_and_invokes(server, name, tmp_path):
    (tmp_path / "function.zip").write_bytes(zip_package(CODE))
    role = server.role()
    words = ["--function-name", name]
    server.aws(
        "lambda", "create-function", *words, "--runtime", "python3.12", "--handler", "app.handler", "--role", role,
        "--zip-file", "fileb://function.zip", cwd=tmp_path,
    )  # fmt: skip
    server.aws("lambda", "wait", "function-active-v2", *words)
    answer = server.aws("lambda", "invoke", *words, "answer.json", cwd=tmp_path)
    assert answer == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    assert json.loads((tmp_path / "answer.json").read_text())["version"] == 1
    assert server.aws("lambda", "list-aliases", *words) == {"Aliases": []}
    server.aws("lambda", "delete-function", *words)


def test_acknowledged_functions_survive_kill_9(martlet, name):
    server = martlet().start()
    api, acknowledged, over = server.client("lambda"), [], threading.Event()

    def create():
        number = 0
        while not over.is_set():
            try:
                api.create_function(
                    FunctionName="%s-%d" % (name, number),
                    Runtime="python3.12",
                    Handler="app.handler",
                    Role="arn:aws:iam::%s:role/any" % ACCOUNT,
                    Code={"ZipFile": zip_package({**CODE, "number.txt": str(number)})},
                )
            except Exception:
                return
            acknowledged.append(number)
            number += 1

    worker = threading.Thread(target=create)
    worker.start()
    while len(acknowledged) < 10 and worker.is_alive():
        over.wait(0.05)
    server.kill9()
    over.set()
    worker.join()
    server.start()
    api = server.client("lambda")
    assert len(acknowledged) >= 10
    for number in acknowledged:
        assert api.get_function(FunctionName="%s-%d" % (name, number))["Configuration"]["State"] == "Active"
    last = "%s-%d" % (name, acknowledged[-1])
    assert server.invoke(last)["version"] == 1
    assert not [entry for entry in os.listdir(server.data / "code") if entry.startswith(".incoming")]
