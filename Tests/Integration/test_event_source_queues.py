"""Event source mappings of queues: functions that run with a queue's messages, in batches, as on AWS."""

import json
import os
import random
import threading
import time

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from martlet import ACCOUNT, REGION, error, wait_until
from queued import NOTE, clock, make_notes, metric, notes

ROUNDS = 100 if os.environ.get("MARTLET_LONG") == "1" else 3
WORKER = NOTE + """
def handler(event, context):
    for record in event["Records"]:
        if record["body"] == "poison":
            raise ValueError("poison")
    for record in event["Records"]:
        note(record["body"])
"""
REPORTER = NOTE + """
def handler(event, context):
    failures = []
    for record in event["Records"]:
        if record["body"] == "poison":
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            note(record["body"])
    return {"batchItemFailures": failures}
"""
COUNTER = NOTE + "def handler(event, context): note(str(len(event['Records'])))"


@pytest.fixture
def server(martlet):
    server = martlet("--ephemeral").start()
    make_notes(server)
    return server


def arn(name):
    return "arn:aws:sqs:%s:%s:%s" % (REGION, ACCOUNT, name)


class Queue:
    def __init__(self, server, name="q", **attributes):
        self.api, self.arn = server.client("sqs"), arn(name)
        self.url = self.api.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def send(self, *bodies, **more):
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": body, **more} for n, body in enumerate(bodies[start : start + 10])]
            answer = self.api.send_message_batch(QueueUrl=self.url, Entries=entries)
            assert not answer.get("Failed"), answer

    @property
    def counts(self):
        """Messages that are visible, in flight, delayed."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        found = self.api.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return tuple(int(found[name]) for name in names)

    def wait_empty(self, timeout=60):
        wait_until(lambda: self.counts == (0, 0, 0), timeout)


def mapped(server, queue, source=WORKER, name="f", timeout=3, **more):
    """Deploys the function and maps the queue to it; gives Lambda's client and the mapping's id."""
    api = server.deploy(name, {"app.py": source}, Timeout=timeout)
    return api, api.create_event_source_mapping(FunctionName=name, EventSourceArn=queue.arn, **more)["UUID"]


def wait_state(api, uuid, state):
    wait_until(lambda: api.get_event_source_mapping(UUID=uuid)["State"] == state)


def wait_notes(server, wanted):
    wait_until(lambda: sorted(notes(server)) == sorted(wanted))


def test_poisoned_messages_end_as_dead_letters_and_the_rest_is_processed(server):
    letters = Queue(server, "letters")
    policy = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 2})
    queue = Queue(server, VisibilityTimeout="5", RedrivePolicy=policy)
    mapped(server, queue, REPORTER, FunctionResponseTypes=["ReportBatchItemFailures"])
    queue.send("1", "poison", "2")
    wait_notes(server, ["1", "2"])
    # What is poisoned holds up nothing.
    queue.send("3")
    wait_notes(server, ["1", "2", "3"])
    for _ in range(2):
        wait_until(lambda: queue.counts[0] == 0)
        clock(server, advance=6)
    message = wait_until(lambda: letters.api.receive_message(QueueUrl=letters.url, WaitTimeSeconds=1).get("Messages"))[0]
    assert message["Body"] == "poison"
    queue.wait_empty()


def test_a_function_that_fails_keeps_its_batch_until_the_visibility_timeout(server):
    queue = Queue(server, VisibilityTimeout="600")
    mapped(server, queue, NOTE + """
def handler(event, context):
    note(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
    assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"
""")
    queue.send("a")
    wait_until(lambda: notes(server) == ["1"])
    assert queue.counts[1] == 1
    clock(server, advance=500)
    assert queue.counts[1] == 1 and notes(server) == ["1"]
    clock(server, advance=100)
    queue.wait_empty()
    assert notes(server) == ["1", "2"]


def test_filters_delete_what_they_leave_out(server):
    queue = Queue(server)
    pattern = {"body": {"n": [{"numeric": [">=", 5]}], "kind": [{"anything-but": "x"}]}}
    api, uuid = mapped(
        server, queue, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}, {"Pattern": json.dumps({"body": ["plain"]})}]},
        MetricsConfig={"Metrics": ["EventCount"]})
    taken = [json.dumps({"n": 5, "kind": "y"}), "plain"]
    queue.send(*taken, json.dumps({"n": 4, "kind": "y"}), json.dumps({"n": 6, "kind": "x"}), "other")
    wait_notes(server, taken)
    queue.wait_empty()
    metrics = json.loads(server.get("/_martlet/metrics")[2])["metrics"]
    counts = {m["name"]: m["sum"] for m in metrics if m["dimensions"] == {"EventSourceMappingUUID": uuid}}
    assert counts == {"PolledEventCount": 5, "FilteredOutEventCount": 3, "InvokedEventCount": 2, "DeletedEventCount": 5}


@pytest.mark.parametrize("count, batches", [(35, ["35"]), (120, ["100", "20"])])
def test_windows_gather_large_batches(server, count, batches):
    queue = Queue(server)
    queue.send(*(str(n) for n in range(count)))
    began = time.monotonic()
    mapped(server, queue, COUNTER, BatchSize=100, MaximumBatchingWindowInSeconds=1)
    wait_until(lambda: sum(map(int, notes(server))) == count)
    assert notes(server) == batches
    assert time.monotonic() - began > 0.9


def test_large_messages_are_cut_into_several_events(server):
    queue = Queue(server)
    mapped(server, queue, COUNTER)
    for _ in range(4):
        # As many bytes as may be, each of which needs two in JSON.
        queue.send('"' * 1_000_000)
    queue.wait_empty()
    assert sum(map(int, notes(server))) == 4 and all(int(n) <= 3 for n in notes(server))


def test_groups_of_a_fifo_queue_keep_their_order(server):
    queue = Queue(server, "q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    mapped(server, queue, WORKER, BatchSize=3)
    wanted = {group: ["%s%02d" % (group, n) for n in range(15)] for group in "abc"}
    for n in range(15):
        for group in "abc":
            queue.send(wanted[group][n], MessageGroupId=group)
    queue.wait_empty()
    found = notes(server)
    assert {group: [note for note in found if note[0] == group] for group in "abc"} == wanted


def test_no_more_run_than_the_mapping_says(server):
    queue = Queue(server)
    source = NOTE + "def handler(event, context):\n    note('+')\n    time.sleep(0.2)\n    note('-')"
    mapped(server, queue, source, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    queue.send(*"abcdefgh")
    queue.wait_empty()
    found = notes(server)
    running = [found[: n + 1].count("+") - found[: n + 1].count("-") for n in range(len(found))]
    assert len(found) == 16 and max(running) == 2
    assert metric(server, "Throttles", "f") == 0


def test_reserved_concurrency_is_kept_and_throttles_are_waited_out(server):
    queue = Queue(server, VisibilityTimeout="120")
    api, _ = mapped(server, queue, BatchSize=1)
    queue.wait_empty()
    api.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    queue.send("a")
    wait_until(lambda: queue.counts[1] == 1)
    api.delete_function_concurrency(FunctionName="f")
    queue.wait_empty()
    assert notes(server) == ["a"]


def test_a_mapping_is_disabled_enabled_changed_and_deleted(server):
    queue = Queue(server)
    api, uuid = mapped(server, queue)
    wait_state(api, uuid, "Enabled")
    assert api.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    wait_state(api, uuid, "Disabled")
    queue.send("1")
    clock(server, advance=60)
    assert queue.counts[0] == 1
    assert api.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    wait_state(api, uuid, "Enabled")
    wait_notes(server, ["1"])
    server.deploy("g", {"app.py": COUNTER})
    assert api.update_event_source_mapping(UUID=uuid, FunctionName="g", BatchSize=5)["State"] == "Updating"
    wait_state(api, uuid, "Enabled")
    queue.send("2")
    wait_notes(server, ["1", "1"])
    api.delete_event_source_mapping(UUID=uuid)
    wait_until(lambda: api.list_event_source_mappings()["EventSourceMappings"] == [])
    queue.send("3")
    clock(server, advance=60)
    assert queue.counts[0] == 1


def test_disabling_waits_for_what_runs(server):
    queue = Queue(server)
    api, uuid = mapped(server, queue, NOTE + "def handler(event, context):\n    note('+')\n    time.sleep(1)\n    note('-')")
    wait_state(api, uuid, "Enabled")
    queue.send("a")
    wait_notes(server, ["+"])
    api.update_event_source_mapping(UUID=uuid, Enabled=False)
    assert api.get_event_source_mapping(UUID=uuid)["State"] == "Disabling"
    assert error(api.update_event_source_mapping, UUID=uuid, Enabled=True)[0] == "ResourceInUseException"
    wait_state(api, uuid, "Disabled")
    assert notes(server) == ["+", "-"] and queue.counts == (0, 0, 0)


def test_the_source_is_checked(server):
    queue = Queue(server, VisibilityTimeout="10")
    api = server.deploy("f", {"app.py": WORKER}, Timeout=11)
    create = api.create_event_source_mapping
    assert error(create, FunctionName="f", EventSourceArn=queue.arn) == (
        "InvalidParameterValueException", "Queue visibility timeout: 10 seconds is less than Function timeout: 11 seconds", 400)
    assert error(create, FunctionName="f", EventSourceArn=arn("none"))[1].endswith("The specified queue does not exist.")


def test_what_is_delayed_comes_by_the_moved_clock(server):
    queue = Queue(server)
    mapped(server, queue)
    queue.send("later", DelaySeconds=600)
    clock(server, advance=590)
    assert queue.counts == (0, 0, 1)
    clock(server, advance=11)
    wait_notes(server, ["later"])


def test_a_loop_is_stopped(server):
    letters = Queue(server, "letters")
    queue = Queue(server, RedrivePolicy=json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 5}))
    # As SDKs do it, the function passes its trace on.
    source = NOTE + """
def handler(event, context):
    note("round")
    body = json.dumps({"QueueUrl": os.environ["QUEUE"], "MessageBody": "again"})
    urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], body.encode(), {
        "X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0",
        "X-Amzn-Trace-Id": os.environ["_X_AMZN_TRACE_ID"]})).read()
"""
    api = server.deploy("f", {"app.py": source}, Environment={"Variables": {"QUEUE": queue.url}})
    api.create_event_source_mapping(FunctionName="f", EventSourceArn=queue.arn)
    queue.send("begin")
    wait_until(lambda: letters.counts[0] == 1)
    assert notes(server) == ["round"] * 16
    queue.wait_empty()


def test_every_message_survives_kill9(martlet, figure):
    """Whatever was sent is processed at least once, whenever the process dies."""
    server = martlet().start()
    make_notes(server)
    queue = Queue(server, VisibilityTimeout="3")
    mapped(server, queue, NOTE + "def handler(event, context): note(' '.join(r['body'] for r in event['Records']))")
    sent, sqs = [], server.client("sqs", config=Config(retries={"total_max_attempts": 1}, read_timeout=10))
    numbers = iter(range(10**9))

    def sender(stop):
        while not stop.is_set():
            body = str(next(numbers))
            try:
                sqs.send_message(QueueUrl=queue.url, MessageBody=body)
                sent.append(body)
            except (BotoCoreError, ClientError):
                stop.wait(0.01)

    for round_ in range(ROUNDS):
        stop = threading.Event()
        threads = [threading.Thread(target=sender, args=(stop,), daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(random.Random(round_).uniform(0.3, 1.0))
        server.kill9()
        stop.set()
        for thread in threads:
            thread.join(60)
        server.start()
    queue.wait_empty(120)
    processed = [body for note in notes(server) for body in note.split()]
    assert set(sent) <= set(processed), sorted(set(sent) - set(processed), key=int)
    figure("messages processed, and of those more than once", (len(set(processed)), len(processed) - len(set(processed))))
