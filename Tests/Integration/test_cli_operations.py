"""The aws CLI does all of it: every operation of Lambda that is implemented, called once with the CLI's own code."""

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout

import conformance
import pytest
from martlet import ACCOUNT, REGION, function_arn, layer_arn, wait_until, zip_package

CODE = {"app.py": "def handler(event, context):\n    return event\n"}


@pytest.fixture
def aws_lambda(server, tmp_path, monkeypatch):
    """Runs a command of `aws lambda` within this process, and gives what it printed; notes which operations were called."""
    driver = pytest.importorskip("awscli.clidriver")
    # The CLI has put the place of its own data there.
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_DATA_PATH"]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    called, cli = set(), driver.create_clidriver()

    def run(command, *words, output="json"):
        called.add(command)
        out, errors = io.StringIO(), io.StringIO()
        # The driver writes bytes of answers to the buffer beneath.
        with redirect_stdout(out), redirect_stderr(errors):
            status = cli.main(["lambda", command, *map(str, words), "--output", output])
        assert status == 0, "%s: %s%s" % (command, out.getvalue(), errors.getvalue())
        return json.loads(out.getvalue()) if out.getvalue().strip() else None

    run.called = called
    return run


def test_every_implemented_operation(server, aws_lambda, name, tmp_path):
    for number in (1, 2):
        (tmp_path / ("%d.zip" % number)).write_bytes(zip_package({**CODE, "n": str(number)}))
    role = server.role()
    here = conformance.implemented("lambda")
    fn = ["--function-name", name]

    def settle():
        aws_lambda("get-function-configuration", *fn)

    aws_lambda(
        "create-function", *fn, "--runtime", "python3.12", "--handler", "app.handler", "--role", role, "--zip-file", "fileb://1.zip"
    )
    assert aws_lambda("get-function", *fn)["Configuration"]["State"] == "Active"
    assert name in [function["FunctionName"] for function in aws_lambda("list-functions")["Functions"]]
    (tmp_path / "event.json").write_text('{"n": 1}')
    aws_lambda("invoke", *fn, "--payload", "file://event.json", "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == {"n": 1}
    assert aws_lambda("invoke-async", *fn, "--invoke-args", "event.json")["Status"] == 202

    # Versions and aliases.
    assert aws_lambda("publish-version", *fn)["Version"] == "1"
    aws_lambda("update-function-code", *fn, "--zip-file", "fileb://2.zip")
    settle()
    aws_lambda("update-function-configuration", *fn, "--timeout", "9")
    settle()
    assert len(aws_lambda("list-versions-by-function", *fn)["Versions"]) == 2
    aws_lambda("create-alias", *fn, "--name", "live", "--function-version", "1")
    aws_lambda("update-alias", *fn, "--name", "live", "--description", "x")
    assert aws_lambda("get-alias", *fn, "--name", "live")["Description"] == "x"
    assert len(aws_lambda("list-aliases", *fn)["Aliases"]) == 1

    # Concurrency.
    aws_lambda("put-function-concurrency", *fn, "--reserved-concurrent-executions", "2")
    assert aws_lambda("get-function-concurrency", *fn) == {"ReservedConcurrentExecutions": 2}
    aws_lambda("delete-function-concurrency", *fn)
    live = [*fn, "--qualifier", "live"]
    aws_lambda("put-provisioned-concurrency-config", *live, "--provisioned-concurrent-executions", "1")
    aws_lambda("get-provisioned-concurrency-config", *live)
    assert len(aws_lambda("list-provisioned-concurrency-configs", *fn)["ProvisionedConcurrencyConfigs"]) == 1
    aws_lambda("delete-provisioned-concurrency-config", *live)
    assert aws_lambda("get-account-settings")["AccountLimit"]["ConcurrentExecutions"] == 1000

    # Tags.
    aws_lambda("tag-resource", "--resource", function_arn(name), "--tags", "a=b")
    assert aws_lambda("list-tags", "--resource", function_arn(name)) == {"Tags": {"a": "b"}}
    aws_lambda("untag-resource", "--resource", function_arn(name), "--tag-keys", "a")

    # Asynchronous invocation.
    aws_lambda("put-function-event-invoke-config", *fn, "--maximum-retry-attempts", "0")
    aws_lambda("update-function-event-invoke-config", *fn, "--maximum-event-age-in-seconds", "60")
    assert aws_lambda("get-function-event-invoke-config", *fn)["MaximumEventAgeInSeconds"] == 60
    assert len(aws_lambda("list-function-event-invoke-configs", *fn)["FunctionEventInvokeConfigs"]) == 1
    aws_lambda("delete-function-event-invoke-config", *fn)

    # Loops and runtimes.
    aws_lambda("put-function-recursion-config", *fn, "--recursive-loop", "Allow")
    assert aws_lambda("get-function-recursion-config", *fn) == {"RecursiveLoop": "Allow"}
    aws_lambda("put-runtime-management-config", *fn, "--update-runtime-on", "FunctionUpdate")
    assert aws_lambda("get-runtime-management-config", *fn)["UpdateRuntimeOn"] == "FunctionUpdate"

    # Code signing.
    profile = "arn:aws:signer:%s:%s:/signing-profiles/test/abc" % (REGION, ACCOUNT)
    made = aws_lambda("create-code-signing-config", "--allowed-publishers", "SigningProfileVersionArns=" + profile)
    csc = ["--code-signing-config-arn", made["CodeSigningConfig"]["CodeSigningConfigArn"]]
    aws_lambda("get-code-signing-config", *csc)
    aws_lambda("update-code-signing-config", *csc, "--description", "x")
    assert csc[1] in [one["CodeSigningConfigArn"] for one in aws_lambda("list-code-signing-configs")["CodeSigningConfigs"]]
    aws_lambda("put-function-code-signing-config", *csc, *fn)
    assert aws_lambda("get-function-code-signing-config", *fn)["CodeSigningConfigArn"] == csc[1]
    assert aws_lambda("list-functions-by-code-signing-config", *csc) == {"FunctionArns": [function_arn(name)]}
    aws_lambda("delete-function-code-signing-config", *fn)
    aws_lambda("delete-code-signing-config", *csc)

    # Layers.
    layer = ["--layer-name", name]
    assert aws_lambda("publish-layer-version", *layer, "--zip-file", "fileb://1.zip")["Version"] == 1
    version = [*layer, "--version-number", "1"]
    aws_lambda("get-layer-version", *version)
    aws_lambda("get-layer-version-by-arn", "--arn", layer_arn(name + ":1"))
    assert name in [one["LayerName"] for one in aws_lambda("list-layers")["Layers"]]
    assert len(aws_lambda("list-layer-versions", *layer)["LayerVersions"]) == 1
    aws_lambda(
        "add-layer-version-permission", *version, "--statement-id", "s", "--action", "lambda:GetLayerVersion", "--principal", "*"
    )
    assert '"Sid":"s"' in aws_lambda("get-layer-version-policy", *version)["Policy"]
    aws_lambda("remove-layer-version-permission", *version, "--statement-id", "s")
    aws_lambda("delete-layer-version", *version)

    if "AddPermission" in here:
        aws_lambda(
            "add-permission", *fn, "--statement-id", "s", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com"
        )
        assert json.loads(aws_lambda("get-policy", *fn)["Policy"])["Statement"][0]["Sid"] == "s"
        aws_lambda("remove-permission", *fn, "--statement-id", "s")
    if "CreateFunctionUrlConfig" in here:
        url = aws_lambda("create-function-url-config", *fn, "--auth-type", "NONE")["FunctionUrl"]
        assert aws_lambda("get-function-url-config", *fn)["FunctionUrl"] == url
        aws_lambda("update-function-url-config", *fn, "--auth-type", "AWS_IAM")
        assert [one["FunctionUrl"] for one in aws_lambda("list-function-url-configs", *fn)["FunctionUrlConfigs"]] == [url]
        aws_lambda("delete-function-url-config", *fn)
    if "CreateEventSourceMapping" in here:
        _mapping(aws_lambda, name)

    aws_lambda("delete-alias", *fn, "--name", "live")
    aws_lambda("delete-function", *fn)
    # The CLI has no command for answers that stream.
    missing = {conformance.snake(one).replace("_", "-") for one in here} - aws_lambda.called - {"invoke-with-response-stream"}
    assert missing == set()


def _mapping(aws_lambda, name):
    """A mapping of a broker of one's own, which needs no other service while it is disabled."""
    made = aws_lambda(
        "create-event-source-mapping", "--function-name", name, "--no-enabled", "--topics", "topic", "--source-access-configurations",
        "Type=BASIC_AUTH,URI=arn:aws:secretsmanager:%s:%s:secret:x" % (REGION, ACCOUNT), "--self-managed-event-source",
        json.dumps({"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka:1000"]}}),
    )  # fmt: skip
    mapping = ["--uuid", made["UUID"]]
    wait_until(lambda: aws_lambda("get-event-source-mapping", *mapping)["State"] != "Creating", interval=0.1)
    assert len(aws_lambda("list-event-source-mappings", "--function-name", name)["EventSourceMappings"]) == 1
    aws_lambda("update-event-source-mapping", *mapping, "--batch-size", "2")
    wait_until(lambda: aws_lambda("get-event-source-mapping", *mapping)["State"] != "Updating", interval=0.1)
    aws_lambda("delete-event-source-mapping", *mapping)
