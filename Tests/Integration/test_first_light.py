"""The first thing a user does: functions created, invoked, logged, updated and deleted with the aws CLI, and with boto3."""

import json

import pytest
from martlet import zip_package

PYTHON = """
import os
def handler(event, context):
    print("hello from", context.function_name)
    return {"got": event, "version": context.function_version, "region": os.environ["AWS_REGION"], "code": 1}
"""
NODE = """
exports.handler = async (event, context) => {
  console.log("hello from", context.functionName);
  return {got: event, version: context.functionVersion, region: process.env.AWS_REGION, code: 1};
};
"""
# As in the tutorial of AWS: there, sh is bash.
BASH = r"""#!/bin/sh
set -euo pipefail
API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation"
while true; do
  HEADERS="$(mktemp)"
  EVENT=$(curl -sS -L -D "$HEADERS" -X GET "$API/next")
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  echo "hello from $AWS_LAMBDA_FUNCTION_NAME"
  curl -sS -X POST "$API/$ID/response" -d "{\"got\": $EVENT, \"version\": \"$AWS_LAMBDA_FUNCTION_VERSION\", \"region\": \"$AWS_REGION\", \"code\": 1}" > /dev/null
done
"""
FAMILIES = {
    "python3.11": ("app.handler", {"app.py": PYTHON}),
    "nodejs20.x": ("index.handler", {"index.js": NODE}),
    "provided.al2023": ("function.handler", {"bootstrap": BASH}),
}


@pytest.mark.parametrize("runtime", FAMILIES)
def test_a_functions_life_with_the_aws_cli(server, name, runtime, tmp_path):
    handler, files = FAMILIES[runtime]
    (tmp_path / "one.zip").write_bytes(zip_package(files))
    (tmp_path / "two.zip").write_bytes(zip_package({n: t.replace("code\": 1", "code\": 2").replace("code\\\": 1", "code\\\": 2").replace("code: 1", "code: 2") for n, t in files.items()}))
    aws = server.aws

    created = aws(
        "lambda", "create-function", "--function-name", name, "--runtime", runtime, "--handler", handler, "--role", server.role(),
        "--zip-file", "fileb://%s/one.zip" % tmp_path, "--memory-size", "256", "--timeout", "20",
    )
    assert created["State"] == "Pending" and created["StateReasonCode"] == "Creating"
    aws("lambda", "wait", "function-active-v2", "--function-name", name)

    def invoke(*more):
        out = tmp_path / "out.json"
        meta = aws("lambda", "invoke", "--function-name", name, "--payload", '{"n": 1}', *more, out)
        return meta, json.loads(out.read_text())

    meta, answer = invoke("--log-type", "Tail", "--query", "[StatusCode, ExecutedVersion, FunctionError]")
    assert meta == [200, "$LATEST", None]
    assert answer == {"got": {"n": 1}, "version": "$LATEST", "region": "us-east-1", "code": 1}

    published = aws("lambda", "publish-version", "--function-name", name)
    assert published["Version"] == "1"
    aws("lambda", "wait", "published-version-active", "--function-name", name, "--qualifier", "1")
    aws("lambda", "create-alias", "--function-name", name, "--name", "live", "--function-version", "1")

    aws("lambda", "update-function-code", "--function-name", name, "--zip-file", "fileb://%s/two.zip" % tmp_path)
    aws("lambda", "wait", "function-updated-v2", "--function-name", name)
    assert invoke()[1]["code"] == 2
    meta, answer = invoke("--qualifier", "live")
    assert meta["ExecutedVersion"] == "1" and answer["code"] == 1 and answer["version"] == "1"

    aws("lambda", "update-function-configuration", "--function-name", name, "--environment", "Variables={AB=b}", "--timeout", "9")
    aws("lambda", "wait", "function-updated-v2", "--function-name", name)
    assert aws("lambda", "get-function-configuration", "--function-name", name)["Environment"] == {"Variables": {"AB": "b"}}

    events = aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/" + name)["events"]
    text = "".join(e["message"] for e in events)
    assert text.count("hello from " + name) >= 3 and "START RequestId: " in text and "REPORT RequestId: " in text

    assert name in [f["FunctionName"] for f in aws("lambda", "list-functions")["Functions"]]
    aws("lambda", "delete-alias", "--function-name", name, "--name", "live")
    aws("lambda", "delete-function", "--function-name", name)
    gone = aws("lambda", "get-function", "--function-name", name, check=False)
    assert gone.returncode != 0 and "ResourceNotFoundException" in gone.stderr


@pytest.mark.parametrize("runtime", FAMILIES)
def test_the_same_with_boto3(server, name, runtime):
    handler, files = FAMILIES[runtime]
    api = server.deploy(name, files, runtime=runtime, handler=handler, Timeout=20)
    result = api.invoke(FunctionName=name, Payload=b'{"n": 2}', LogType="Tail")
    assert json.load(result["Payload"])["got"] == {"n": 2}
    assert "FunctionError" not in result
    version = api.publish_version(FunctionName=name)["Version"]
    alias = api.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    assert json.load(api.invoke(FunctionName=alias["AliasArn"])["Payload"])["version"] == version
    api.delete_function(FunctionName=name)
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.invoke(FunctionName=name)


def test_the_programs_own_commands(server, name):
    server.deploy(name, {"app.py": PYTHON})
    done = server.run("invoke", name, "--payload", '{"n": 3}', "--log")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["got"] == {"n": 3}
    assert "REPORT RequestId" in done.stderr
    logs = server.run("logs", name)
    assert "hello from " + name in logs.stdout, logs.stderr
    assert server.run("status").stdout.startswith("Martlet ")
    assert "AWS_ENDPOINT_URL=http://localhost:%d" % server.port in server.run("env").stdout
    assert "python3.11" in server.run("runtimes").stdout
    assert server.run("version").stdout.startswith("martlet ")
    assert server.run("invoke", "nobody").returncode == 1
