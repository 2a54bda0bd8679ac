"""Layers through boto3 and the aws CLI, and what functions see of them."""

import base64
import hashlib
import json
import urllib.request
import zipfile

import pytest
from martlet import OTHER_ACCOUNT, error, layer_arn, zip_package


@pytest.fixture
def publish(server, name):
    """Publishes a layer of files; gives its version's ARN."""
    return lambda layer, files: server.publish_layer("%s-%s" % (name, layer), files)


@pytest.fixture
def run(server, deploy):
    """Deploys the test's function and invokes it once, giving its answer."""
    return lambda files, event=None, **more: server.invoke(deploy(files, **{"Timeout": 20, "MemorySize": 256, **more}), event)


def test_a_layer_has_the_shape_of_aws(api, name):
    package = zip_package({"python/x.py": "X = 1\n"})
    made = api.publish_layer_version(
        LayerName=name, Description="d", LicenseInfo="MIT", Content={"ZipFile": package},
        CompatibleRuntimes=["python3.12", "java8"], CompatibleArchitectures=["x86_64", "arm64"],
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    arn = layer_arn(name)
    assert (made["LayerArn"], made["LayerVersionArn"], made["Version"]) == (arn, arn + ":1", 1)
    assert made["Content"]["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert made["Content"]["CodeSize"] == len(package)
    with urllib.request.urlopen(made["Content"]["Location"]) as download:
        assert download.read() == package
    for found in (api.get_layer_version(LayerName=name, VersionNumber=1), api.get_layer_version_by_arn(Arn=arn + ":1"),
                  api.get_layer_version(LayerName=arn, VersionNumber=1)):
        with urllib.request.urlopen(found["Content"]["Location"]) as download:
            assert download.read() == package
        for key in ("LayerArn", "LayerVersionArn", "Description", "CreatedDate", "Version", "CompatibleRuntimes", "LicenseInfo", "CompatibleArchitectures"):
            assert found[key] == made[key]
    listed = api.list_layer_versions(LayerName=name, CompatibleRuntime="java8", CompatibleArchitecture="arm64")["LayerVersions"]
    assert [item["LayerVersionArn"] for item in listed] == [arn + ":1"] and "Content" not in listed[0]
    layers = [layer for page in api.get_paginator("list_layers").paginate() for layer in page["Layers"]]
    assert [layer["LatestMatchingVersion"]["Version"] for layer in layers if layer["LayerName"] == name] == [1]


def test_errors_are_those_of_aws(api, name):
    code, message, status = error(api.list_layers, CompatibleRuntime="runtimedoesnotexist")
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith("1 validation error detected: Value 'runtimedoesnotexist' at 'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum value set: [ruby3.5, ruby2.6,")
    code, message, status = error(api.list_layers, CompatibleArchitecture="archdoesnotexist")
    assert message == "1 validation error detected: Value 'archdoesnotexist' at 'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]"
    arn = layer_arn(name)
    pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
    assert error(api.get_layer_version_by_arn, Arn=arn) == (
        "ValidationException",
        "1 validation error detected: Value '%s' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern: %s" % (arn, pattern), 400)
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    assert error(api.get_layer_version_by_arn, Arn=arn + ":1") == missing
    assert error(api.get_layer_version, LayerName=name, VersionNumber=1) == missing
    assert error(api.get_layer_version, LayerName=name, VersionNumber=0) == ("InvalidParameterValueException", "Layer Version Cannot be less than 1", 400)
    assert api.delete_layer_version(LayerName=name, VersionNumber=15)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert api.list_layer_versions(LayerName=name)["LayerVersions"] == []
    code, message, _ = error(api.publish_layer_version, LayerName=name, Content={"ZipFile": zip_package({"a": "b"})}, CompatibleRuntimes=["invalidruntime"])
    assert code == "ValidationException" and message.startswith("1 validation error detected: Value '[invalidruntime]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, python3.14,")


def test_what_cannot_be_attached(server, api, name, publish):
    server.deploy(name, {"app.py": "def handler(event, context): pass\n"})
    update = lambda *layers: error(api.update_function_configuration, FunctionName=name, Layers=list(layers))
    one = publish("a", {"x": "1"})
    base = one.rsplit(":", 1)[0]
    assert update(*["%s%d:1" % (base, number) for number in range(6)]) == ("InvalidParameterValueException", "Cannot reference more than 5 layers.", 400)
    assert update(base + ":7") == ("InvalidParameterValueException", "Layer version %s:7 does not exist." % base, 400)
    code, message, status = update(base)
    assert (code, status) == ("ValidationException", 400) and "at 'layers' failed to satisfy constraint: Member must satisfy constraint: [" in message
    foreign = layer_arn("x:1", OTHER_ACCOUNT)
    code, message, status = update(foreign)
    assert (code, status) == ("AccessDeniedException", 403)
    assert message.endswith("is not authorized to perform: lambda:GetLayerVersion on resource: %s because no resource-based policy allows the lambda:GetLayerVersion action" % foreign)


def test_python_finds_its_layers_and_later_ones_win(server, api, name, publish, run):
    layers = [
        publish("a", {"python/shared.py": "WHO = 'a'\n", "python/only_a.py": "WHO = 'a'\n", "data/a.txt": "a"}),
        publish("b", {"python/shared.py": "WHO = 'b'\n", "bin/tool": "#!/bin/sh\necho tool\n"}),
        publish("c", {"python/lib/python3.12/site-packages/deep.py": "WHO = 'c'\n", "data/a.txt": "c"}),
    ]
    files = {
        "app.py": """
import os, subprocess, sys
def handler(event, context):
    import deep, only_a, shared
    try:
        open("/opt/new", "w")
        written = True
    except OSError as failure:
        written = failure.strerror
    return [shared.WHO, only_a.WHO, deep.WHO, open("/opt/data/a.txt").read(), subprocess.run(["tool"], capture_output=True, text=True).stdout, written, sorted(os.listdir("/opt"))]
""",
    }
    answer = run(files, Layers=layers)
    assert answer == ["b", "a", "c", "c", "tool\n", "Read-only file system", ["bin", "data", "python"]]
    found = api.get_function_configuration(FunctionName=name)["Layers"]
    assert [layer["Arn"] for layer in found] == layers and all(set(layer) == {"Arn", "CodeSize"} for layer in found)
    assert api.get_function(FunctionName=name)["Configuration"]["Layers"] == found
    version = api.publish_version(FunctionName=name)
    assert version["Layers"] == found
    # The other way round; the published version keeps its own. Deleted layers work on.
    api.update_function_configuration(FunctionName=name, Layers=[layers[1], layers[0], layers[2]])
    api.get_waiter("function_updated_v2").wait(FunctionName=name)
    for layer in layers:
        base, number = layer.rsplit(":", 1)
        api.delete_layer_version(LayerName=base, VersionNumber=int(number))
    assert server.invoke(name)[0] == "a"
    assert server.invoke(name, Qualifier=version["Version"])[0] == "b"
    api.update_function_configuration(FunctionName=name, Layers=[])
    api.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert "Layers" not in api.get_function_configuration(FunctionName=name)


def test_node_finds_its_layers(publish, run):
    layer = publish("n", {
        "nodejs/node_modules/plain/index.js": "exports.who = 'plain'\n",
        "nodejs/node18/node_modules/versioned/index.js": "exports.who = 'versioned'\n",
    })
    files = {"index.js": "exports.handler = async () => [require('plain').who, require('versioned').who]\n"}
    assert run(files, runtime="nodejs18.x", handler="index.handler", Layers=[layer]) == ["plain", "versioned"]


def test_a_wrapper_from_a_layer_starts_the_runtime(publish, run):
    layer = publish("w", {"wrapper": "#!/bin/sh\nexport WRAPPED=\"$#\"\nexec \"$@\"\n"})
    files = {"app.py": "import os\ndef handler(event, context): return int(os.environ['WRAPPED'])\n"}
    assert run(files, Layers=[layer], Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}}) >= 2


def test_a_custom_runtime_is_a_layer(publish, run):
    bootstrap = """#!/usr/bin/env python3
import os, urllib.request
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(base + "next") as event:
        id, body = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    answer = open("/var/task/prefix").read().encode() + body
    urllib.request.urlopen(urllib.request.Request(base + id + "/response", data=answer)).read()
"""
    layer = publish("p", {"bootstrap": bootstrap})
    assert run({"prefix": "1"}, 7, runtime="provided.al2023", Layers=[layer]) == 17


def test_permissions_open_a_layer_to_another_account(server, api, name):
    arn = server.publish_layer(name, {"python/x.py": "X = 9\n"})
    other = server.client("lambda", key=OTHER_ACCOUNT)
    package = zip_package({"app.py": "import x\ndef handler(event, context): return x.X\n"})
    make = dict(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role="arn:aws:iam::%s:role/r" % OTHER_ACCOUNT, Code={"ZipFile": package}, Layers=[arn])
    assert error(other.create_function, **make)[0] == "AccessDeniedException"
    allowed = api.add_layer_version_permission(LayerName=name, VersionNumber=1, StatementId="other", Action="lambda:GetLayerVersion", Principal=OTHER_ACCOUNT)
    assert allowed["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert json.loads(allowed["Statement"]) == {
        "Sid": "other", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % OTHER_ACCOUNT}, "Action": "lambda:GetLayerVersion", "Resource": arn}
    policy = api.get_layer_version_policy(LayerName=name, VersionNumber=1)
    assert json.loads(policy["Policy"])["Statement"] == [json.loads(allowed["Statement"])] and policy["RevisionId"] == allowed["RevisionId"]
    other.create_function(**make)
    other.get_waiter("function_active_v2").wait(FunctionName=name)
    assert server.invoke(name, key=OTHER_ACCOUNT) == 9
    api.remove_layer_version_permission(LayerName=name, VersionNumber=1, StatementId="other", RevisionId=policy["RevisionId"])
    assert error(api.get_layer_version_policy, LayerName=name, VersionNumber=1) == ("ResourceNotFoundException", "No policy is associated with the given resource.", 404)
    # What has it keeps it.
    assert server.invoke(name, key=OTHER_ACCOUNT) == 9


def test_the_aws_cli_publishes_and_attaches(server, name, tmp_path):
    archive = tmp_path / "layer.zip"
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("python/hello.py", "WORD = 'hello'\n")
    made = server.aws("lambda", "publish-layer-version", "--layer-name", name, "--zip-file", "fileb://%s" % archive, "--compatible-runtimes", "python3.12")
    server.deploy(name, {"app.py": "import hello\ndef handler(event, context): return hello.WORD\n"})
    server.aws("lambda", "update-function-configuration", "--function-name", name, "--layers", made["LayerVersionArn"])
    server.aws("lambda", "wait", "function-updated-v2", "--function-name", name)
    server.aws("lambda", "invoke", "--function-name", name, str(tmp_path / "out"))
    assert json.loads((tmp_path / "out").read_text()) == "hello"
    assert server.aws("lambda", "list-layer-versions", "--layer-name", name)["LayerVersions"][0]["Version"] == 1
    server.aws("lambda", "delete-layer-version", "--layer-name", name, "--version-number", "1")
    assert server.aws("lambda", "list-layer-versions", "--layer-name", name)["LayerVersions"] == []


def test_layers_survive_a_restart(martlet):
    server = martlet().start()
    layers = [server.publish_layer("l%d" % number, {"python/x%d.py" % number: "X = %d\n" % number}) for number in range(2)]
    server.deploy("f", {"app.py": "import x0, x1\ndef handler(event, context): return [x0.X, x1.X]\n"}, Layers=layers)
    assert server.invoke("f") == [0, 1]
    server.restart()
    assert server.invoke("f") == [0, 1]
