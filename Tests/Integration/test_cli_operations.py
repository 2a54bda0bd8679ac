"""The aws CLI does all of it: every operation of Lambda and SQS that is implemented, called once with the CLI's own code."""

import json

import conformance
import pytest
from martlet import ACCOUNT, REGION, function_arn, layer_arn, wait_until, zip_package

CODE = {"app.py": "def handler(event, context):\n    return event\n"}


@pytest.fixture
def aws_lambda(server, aws_command):
    return aws_command(server, "lambda")


@pytest.fixture
def aws_sqs(server, aws_command):
    return aws_command(server, "sqs")


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


def test_every_operation_of_sqs(aws_sqs, name):
    arn = "arn:aws:sqs:%s:%s:%s" % (REGION, ACCOUNT, name)
    url = aws_sqs("create-queue", "--queue-name", name)["QueueUrl"]
    queue = ["--queue-url", url]
    dead = aws_sqs("create-queue", "--queue-name", name + "-dead")["QueueUrl"]
    policy = json.dumps({"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn + "-dead", "maxReceiveCount": "1"})})
    aws_sqs("set-queue-attributes", *queue, "--attributes", policy)
    assert aws_sqs("get-queue-attributes", *queue, "--attribute-names", "QueueArn")["Attributes"] == {"QueueArn": arn}
    assert aws_sqs("get-queue-url", "--queue-name", name)["QueueUrl"] == url
    assert aws_sqs("list-queues", "--queue-name-prefix", name)["QueueUrls"] == [url, dead]
    assert aws_sqs("list-dead-letter-source-queues", "--queue-url", dead)["queueUrls"] == [url]
    aws_sqs("tag-queue", *queue, "--tags", "a=b")
    assert aws_sqs("list-queue-tags", *queue) == {"Tags": {"a": "b"}}
    aws_sqs("untag-queue", *queue, "--tag-keys", "a")
    aws_sqs("add-permission", *queue, "--label", "l", "--aws-account-ids", "222222222222", "--actions", "SendMessage")
    aws_sqs("remove-permission", *queue, "--label", "l")

    aws_sqs("send-message", *queue, "--message-body", "one")
    aws_sqs("send-message-batch", *queue, "--entries", "Id=2,MessageBody=two")
    received = aws_sqs("receive-message", *queue, "--max-number-of-messages", "10")["Messages"]
    first, second = [message["ReceiptHandle"] for message in received]
    aws_sqs("change-message-visibility", *queue, "--receipt-handle", first, "--visibility-timeout", "60")
    entry = "Id=a,ReceiptHandle=%s" % second
    aws_sqs("change-message-visibility-batch", *queue, "--entries", entry + ",VisibilityTimeout=60")
    aws_sqs("delete-message", *queue, "--receipt-handle", first)
    assert aws_sqs("delete-message-batch", *queue, "--entries", entry) == {"Successful": [{"Id": "a"}]}
    aws_sqs("purge-queue", *queue)

    aws_sqs("send-message", "--queue-url", dead, "--message-body", "three")
    move = ["--source-arn", arn + "-dead", "--destination-arn", arn, "--max-number-of-messages-per-second", "1"]
    aws_sqs("send-message", "--queue-url", dead, "--message-body", "four")
    handle = aws_sqs("start-message-move-task", *move)["TaskHandle"]
    assert "Results" in aws_sqs("list-message-move-tasks", "--source-arn", arn + "-dead")
    aws_sqs("cancel-message-move-task", "--task-handle", handle)
    for one in (url, dead):
        aws_sqs("delete-queue", "--queue-url", one)
    assert {conformance.snake(one).replace("_", "-") for one in conformance.implemented("sqs")} - aws_sqs.called == set()


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
