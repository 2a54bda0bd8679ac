"""Asynchronous invocation: events are queued durably, run, tried again by the clock, given up, and told of."""

import http.client
import json
import os
import threading

import pytest
from martlet import ACCOUNT, OTHER_ACCOUNT, REGION, database, error, function_arn, kills, wait_until, zip_package
from queued import NOTE, clock, make_notes, metric, notes

ECHO = NOTE + "def handler(event, context): note(json.dumps([context.aws_request_id, event]))"
FAILING = NOTE + """
def handler(event, context):
    note(context.aws_request_id)
    raise ValueError("no")
"""
ROUNDS = 200 if os.environ.get("MARTLET_LONG") == "1" else 6


@pytest.fixture
def server(martlet):
    server = martlet("--ephemeral").start()
    make_notes(server)
    return server


def send(api, name, event=None, **more):
    answer = api.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event or {}), **more)
    assert answer["StatusCode"] == 202 and answer["Payload"].read() == b""
    assert "ExecutedVersion" not in answer
    return answer["ResponseMetadata"]["RequestId"]


class Sender:
    """Sends events over one connection, faster than boto3 can."""

    def __init__(self, server, name):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        self.path = "/2015-03-31/functions/%s/invocations" % name

    def send(self, event):
        try:
            self.connection.request("POST", self.path, json.dumps(event), {"X-Amz-Invocation-Type": "Event"})
            answer = self.connection.getresponse()
            answer.read()
        except http.client.HTTPException as error:
            raise OSError from error
        assert answer.status == 202


def records(server):
    return [json.loads(text)[1] for text in notes(server)]


def test_the_cli_sends_an_event(server):
    server.deploy("f", {"app.py": ECHO})
    answer = server.aws(
        "lambda", "invoke", "--function-name", "f", "--invocation-type", "Event", "--payload", '{"a": 1}', "out.json",
        *(["--cli-binary-format", "raw-in-base64-out"] if "aws-cli/2" in server.aws("--version") else []))
    assert answer["StatusCode"] == 202
    clock(server, advance=0)
    (noted,) = notes(server)
    assert json.loads(noted)[1] == {"a": 1}
    assert metric(server, "AsyncEventsReceived", "f") == 1
    assert metric(server, "AsyncEventsDropped", "f") == 0


def test_errors_are_tried_again_after_one_and_two_minutes(server):
    api = server.deploy("f", {"app.py": FAILING})
    request = send(api, "f")
    clock(server, advance=0)
    assert notes(server) == [request]
    clock(server, advance=59)
    assert notes(server) == [request]
    # The second retry is due two minutes after the first one has failed: both happen on the way.
    clock(server, advance=200)
    assert notes(server) == [request] * 3
    clock(server, advance=6 * 3600)
    assert notes(server) == [request] * 3
    assert metric(server, "AsyncEventsDropped", "f") == 1


@pytest.mark.parametrize("fails, condition", [(False, "Success"), (True, "RetriesExhausted")])
def test_a_function_is_told_of_invocations(server, fails, condition):
    api = server.deploy("told", {"app.py": ECHO})
    server.deploy("f", {"app.py": FAILING if fails else NOTE + "def handler(event, context): return {'answer': event}"})
    kept = api.put_function_event_invoke_config(
        FunctionName="f", MaximumRetryAttempts=1,
        DestinationConfig={"OnSuccess": {"Destination": function_arn("told")}, "OnFailure": {"Destination": function_arn("told")}},
    )
    assert kept["FunctionArn"] == function_arn("f") + ":$LATEST" and kept["MaximumRetryAttempts"] == 1
    request = send(api, "f", {"x": "ü"})
    clock(server, advance=300)
    record = next(r for _, r in map(json.loads, (n for n in notes(server) if n.startswith("["))))
    assert record["version"] == "1.0"
    assert record["requestContext"] == {
        "requestId": request, "functionArn": function_arn("f") + ":$LATEST", "condition": condition,
        "approximateInvokeCount": 2 if fails else 1,
    }
    assert record["requestPayload"] == {"x": "ü"}
    if fails:
        assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
        assert record["responsePayload"]["errorMessage"] == "no"
    else:
        assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
        assert record["responsePayload"] == {"answer": {"x": "ü"}}


def test_a_destination_in_another_account_has_to_permit_it(server):
    api = server.deploy("f", {"app.py": NOTE + "def handler(event, context): pass"})
    server.deploy("mine", {"app.py": ECHO})
    # Made up, as many are; it is not at home in that account for it.
    foreign = "arn:aws:iam::%s:role/anything" % OTHER_ACCOUNT
    api.update_function_configuration(FunctionName="f", Role=foreign)
    theirs = server.client("lambda", key=OTHER_ACCOUNT)
    theirs.create_function(
        FunctionName="theirs", Runtime="python3.12", Handler="app.handler", Role=foreign, Code={"ZipFile": zip_package({"app.py": ECHO})})
    told = "arn:aws:lambda:%s:%s:function:theirs" % (REGION, OTHER_ACCOUNT)

    def tell(target):
        api.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": target}})
        send(api, "f")
        clock(server, advance=0)

    tell(told)
    assert (metric(server, "DestinationDeliveryFailures", "f"), metric(server, "AsyncEventsReceived", "theirs")) == (1, 0)
    theirs.add_permission(FunctionName="theirs", StatementId="s", Principal=ACCOUNT, Action="lambda:InvokeFunction")
    tell(told)
    tell(function_arn("mine"))
    assert metric(server, "DestinationDeliveryFailures", "f") == 1
    assert metric(server, "AsyncEventsReceived", "theirs") == metric(server, "AsyncEventsReceived", "mine") == 1


def test_configurations_with_the_cli(server):
    server.deploy("f", {"app.py": ECHO})
    put = server.aws("lambda", "put-function-event-invoke-config", "--function-name", "f", "--maximum-event-age-in-seconds", 60)
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}} and "MaximumRetryAttempts" not in put
    updated = server.aws("lambda", "update-function-event-invoke-config", "--function-name", "f", "--maximum-retry-attempts", 0)
    assert (updated["MaximumEventAgeInSeconds"], updated["MaximumRetryAttempts"]) == (60, 0)
    assert server.aws("lambda", "get-function-event-invoke-config", "--function-name", "f") == updated
    listed = server.aws("lambda", "list-function-event-invoke-configs", "--function-name", "f")
    assert listed == {"FunctionEventInvokeConfigs": [updated]}
    server.aws("lambda", "delete-function-event-invoke-config", "--function-name", "f")
    refused = server.aws("lambda", "get-function-event-invoke-config", "--function-name", "f", check=False)
    assert "doesn't have an EventInvokeConfig" in refused.stderr


def test_what_is_not_here_yet_says_so(server):
    api = server.deploy("f", {"app.py": ECHO})
    bus = "arn:aws:events:%s:%s:event-bus/default" % (REGION, ACCOUNT)
    code, message, status = error(
        api.put_function_event_invoke_config, FunctionName="f", DestinationConfig={"OnFailure": {"Destination": bus}})
    assert (code, status) == ("NotImplemented", 501) and "Amazon EventBridge" in message


def test_an_event_has_at_most_a_megabyte(server):
    api = server.deploy("f", {"app.py": NOTE + "def handler(event, context): note(str(len(event)))"})
    send(api, "f", "x" * ((1 << 20) - 2))
    code, message, status = error(
        api.invoke, FunctionName="f", InvocationType="Event", Payload=json.dumps("x" * ((1 << 20) - 1)))
    assert status == 413 and "1048576" in message
    clock(server, advance=0)
    assert notes(server) == [str((1 << 20) - 2)]


def test_a_function_that_invokes_itself_is_stopped(server):
    code = NOTE + """
def handler(event, context):
    note(str(event["round"]))
    urllib.request.urlopen(urllib.request.Request(
        "%s/2015-03-31/functions/%s/invocations" % (os.environ["AWS_ENDPOINT_URL"], context.function_name),
        json.dumps({"round": event["round"] + 1}).encode(),
        {"X-Amz-Invocation-Type": "Event", "X-Amzn-Trace-Id": os.environ["_X_AMZN_TRACE_ID"]})).read()
"""
    api = server.deploy("f", {"app.py": code})
    assert api.get_function_recursion_config(FunctionName="f")["RecursiveLoop"] == "Terminate"
    send(api, "f", {"round": 1})
    clock(server, advance=0)
    assert notes(server) == [str(n) for n in range(1, 17)]
    assert metric(server, "AsyncEventsDropped", "f") == 1


@pytest.mark.parametrize("reserved", [0, 1])
def test_reserved_concurrency_holds_for_events(server, reserved):
    api = server.deploy("told", {"app.py": ECHO})
    server.deploy("f", {"app.py": NOTE + "def handler(event, context): note('begin'); time.sleep(0.02); note('end')"})
    api.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=reserved)
    api.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnFailure": {"Destination": function_arn("told")}})
    for _ in range(8):
        send(api, "f")
    clock(server, advance=600)
    if reserved:
        assert notes(server) == ["begin", "end"] * 8
    else:
        assert [r["requestContext"]["condition"] for r in records(server)] == ["ZeroReservedConcurrency"] * 8
        assert all("responseContext" not in r for r in records(server))


def test_invoke_async_works_still(server):
    api = server.deploy("f", {"app.py": ECHO})
    assert api.invoke_async(FunctionName="f", InvokeArgs=b'{"old": true}')["Status"] == 202
    clock(server, advance=0)
    assert records(server) == [{"old": True}]


def test_an_alias_takes_its_events_where_it_points(server):
    api = server.deploy("f", {"app.py": ECHO})
    api.publish_version(FunctionName="f")
    api.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    api.put_function_event_invoke_config(FunctionName="f", Qualifier="live", MaximumRetryAttempts=0)
    code = NOTE + "def handler(event, context): note(context.function_version + ' ' + context.invoked_function_arn); raise ValueError"
    api.update_function_code(FunctionName="f", ZipFile=zip_package({"app.py": code}), Publish=True)
    api.update_alias(FunctionName="f", Name="live", FunctionVersion="2")
    api.get_waiter("published_version_active").wait(FunctionName="f", Qualifier="2")
    send(api, "f", Qualifier="live")
    clock(server, advance=600)
    assert notes(server) == ["2 %s:live" % function_arn("f")]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_every_event_that_was_taken_is_run(martlet, engine, figure):
    server = martlet(*database(engine)).start()
    make_notes(server)
    name = "f-" + os.urandom(3).hex()
    api = server.deploy(name, {"app.py": NOTE + "def handler(event, context): note(event)"})
    taken, numbers, seconds = [], iter(range(10**9)), 0

    def sender(stop):
        connection = Sender(server, name)
        # All notes are one stream, in which PostgreSQL lets a hundred be written in a second.
        for _ in range(50 if engine == "postgres" else 150):
            if stop.is_set():
                return
            event = str(next(numbers))
            try:
                connection.send(event)
                taken.append(event)
            except OSError:
                return

    for duration in kills(server, ROUNDS, [sender] * 4, 0.1, 0.8):
        seconds += duration
    # On PostgreSQL, what a dead process had claimed is taken over when its lease has run out. A function whose note could not be
    # written has failed, and is tried again.
    def all_run():
        server.get("/_martlet/clock", method="POST", body=b'{"advance": 120}')
        return set(taken) <= set(notes(server))

    wait_until(all_run, timeout=600 if ROUNDS > 6 else 120, interval=1)
    run = notes(server)
    figure("events taken", "%d, %.0f/s" % (len(taken), len(taken) / seconds))
    figure("run more than once", len(run) - len(set(run)))
    api.delete_function(FunctionName=name)
    server.client("logs").delete_log_group(logGroupName="notes")


def resident(server):
    """The server's anonymous memory, in megabytes."""
    status = open("/proc/%d/status" % server.process.pid).read()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon"))) / 1024


@pytest.mark.long
def test_a_long_queue_takes_no_more_memory_than_a_short_one(martlet, figure):
    server = martlet().start()
    api = server.deploy("f", {"app.py": "import time\ndef handler(event, context): time.sleep(5)"}, Timeout=10)
    api.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    memory = {}
    sent = 0
    for count in (1_000, 100_000):
        share = (count - sent) // 4

        def send_all():
            connection = Sender(server, "f")
            for _ in range(share):
                connection.send("x" * 200)

        threads = [threading.Thread(target=send_all) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sent = count
        memory[count] = resident(server)
        figure("MB with %d events" % count, round(memory[count], 1))
    assert memory[100_000] < memory[1_000] + 16
