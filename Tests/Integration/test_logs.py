"""CloudWatch Logs through boto3 and the AWS CLI."""

import json
import os
import socket
import subprocess
import threading
import time

import boto3
import pytest
from botocore.exceptions import ClientError
from martlet import REGION, wait_until


def now():
    return int(time.time() * 1000)


@pytest.fixture
def logs(server):
    return server.client("logs")


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=name, tags={"env": "testing"})
    yield name
    logs.delete_log_group(logGroupName=name)


def put(logs, group, stream, *messages):
    start = now()
    events = [{"timestamp": start + index, "message": message} for index, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def error(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_group_is_shown_as_on_aws(logs, group):
    (shown,) = logs.describe_log_groups(logGroupNamePattern=group)["logGroups"]
    assert shown["arn"].endswith(":log-group:%s:*" % group)
    assert shown["logGroupArn"] + ":*" == shown["arn"]
    assert shown["logGroupClass"] == "STANDARD"
    assert shown["metricFilterCount"] == 0
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"env": "testing"}
    assert logs.list_tags_for_resource(resourceArn=shown["logGroupArn"])["tags"] == {"env": "testing"}


def test_errors_are_those_of_aws(logs, group):
    assert error(logs.create_log_group, logGroupName=group) == (
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )
    assert error(logs.get_log_events, logGroupName=group, logStreamName="x") == (
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
    assert error(logs.describe_log_streams, logGroupName="nothing") == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    assert error(logs.get_log_events, logGroupName=group, logStreamName="s", limit=10001) == (
        "InvalidParameterException",
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 10000",
    )
    assert error(logs.filter_log_events, logGroupName=group, nextToken="x") == (
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )


def test_events_come_back_in_pages(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    messages = ["line %d" % index for index in range(25)]
    assert len(put(logs, group, "s", *messages)["nextSequenceToken"]) == 56
    read, token = [], None
    while True:
        arguments = {"nextToken": token} if token else {}
        page = logs.get_log_events(logGroupName=group, logStreamName="s", limit=10, startFromHead=True, **arguments)
        read += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert read == messages
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern='"line 1"', PaginationConfig={"PageSize": 3})
    found = [event["message"] for page in pages for event in page["events"]]
    assert found == ["line 1"] + ["line %d" % index for index in range(10, 20)]


def test_ranges_and_patterns(logs, group):
    for stream in ("a1", "a2", "b1"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(logs, group, stream, json.dumps({"stream": stream, "code": 400}), "plain %s" % stream)

    def messages(**parameters):
        return sorted(event["message"] for event in logs.filter_log_events(logGroupName=group, **parameters)["events"])

    assert messages(filterPattern='{ $.code = 4* && $.stream != "b*" }', logStreamNamePrefix="a") == [
        '{"stream": "a1", "code": 400}',
        '{"stream": "a2", "code": 400}',
    ]
    assert messages(filterPattern="[word=plain, name=%^a[0-9]$%]") == ["plain a1", "plain a2"]
    assert messages(logStreamNames=["b1"], filterPattern="plain") == ["plain b1"]
    assert messages(endTime=now() - 3_600_000) == []


def test_what_is_acknowledged_survives(martlet):
    server = martlet().start()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    for index in range(20):
        put(logs, "g", "s", "line %d" % index)
    server.kill9()
    server.start()
    logs = server.client("logs")
    events = logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in events] == ["line %d" % index for index in range(20)]
    server.restart()
    logs = server.client("logs")
    assert len(logs.get_log_events(logGroupName="g", logStreamName="s")["events"]) == 20
    (stream,) = logs.describe_log_streams(logGroupName="g")["logStreams"]
    assert stream["lastEventTimestamp"] >= stream["firstEventTimestamp"]


class Feeder:
    """Puts two events again and again, as long as it is open."""

    def __init__(self, logs, group):
        self.logs, self.group = logs, group
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.wait(0.2):
            put(self.logs, self.group, "s", "ERROR seen", "hidden")

    def __enter__(self):
        self.logs.create_log_stream(logGroupName=self.group, logStreamName="s")
        self.thread.start()
        return self.logs.describe_log_groups(logGroupNamePrefix=self.group)["logGroups"][0]["logGroupArn"]

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def test_live_tail_by_host_prefix(server, logs, group, monkeypatch):
    """As an SDK does it: `stream-` before the host. Its name need not be in DNS for the test."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **keys: resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *more, **keys)
    )
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    client = session.client("logs", endpoint_url="http://logs.localhost:%d" % server.port)
    with Feeder(logs, group) as arn:
        answer = client.start_live_tail(logGroupIdentifiers=[arn], logStreamNames=["s"], logEventFilterPattern="ERROR")
        stream = answer["responseStream"]
        first = next(iter(stream))
        assert first["sessionStart"]["logGroupIdentifiers"] == [arn]
        seen = []
        for event in stream:
            seen += event["sessionUpdate"]["sessionResults"]
            if seen:
                break
        stream.close()
    assert {event["message"] for event in seen} == {"ERROR seen"}
    assert seen[0]["logStreamName"] == "s"


def test_live_tail_by_the_cli(server, logs, group):
    environment = {
        **server.clean_environment(),
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # `stream-127.0.0.1` is no name.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    with Feeder(logs, group) as arn:
        command = ["aws", "logs", "start-live-tail", "--log-group-identifiers", arn, "--log-event-filter-pattern", "ERROR"]
        tail = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, bufsize=0
        )
        try:
            os.set_blocking(tail.stdout.fileno(), False)
            shown = b""

            def read():
                nonlocal shown
                shown += tail.stdout.read() or b""
                return b"ERROR seen" in shown or tail.poll() is not None

            wait_until(read)
            assert b"ERROR seen" in shown, shown
            assert b"hidden" not in shown
        finally:
            tail.kill()
            tail.wait()
