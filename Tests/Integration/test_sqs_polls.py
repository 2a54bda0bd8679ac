"""SQS through boto3: polls that wait."""

import threading
import time

import pytest
from botocore.config import Config
from martlet import ONCE, wait_until
from queued import bodies, clock, connected, make_queue


@pytest.fixture
def own(martlet):
    """A server of the test's own, whose clock it may move."""
    return martlet("--ephemeral").start()


@pytest.fixture
def sqs(server):
    return server.client("sqs", config=ONCE)


def test_a_long_poll_ends_with_a_message_or_its_time(server, sqs, name):
    url = make_queue(sqs, name, ReceiveMessageWaitTimeSeconds=1)
    began = time.monotonic()
    assert bodies(sqs, url) == []
    assert time.monotonic() - began > 0.9
    answers = []
    waiting = [threading.Thread(target=lambda: answers.extend(bodies(server.client("sqs"), url, 1, WaitTimeSeconds=20))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    # They are woken: none waits for the end of its poll.
    for thread in waiting:
        thread.join(15)
    assert sorted(answers) == ["0", "1", "2"]


def half_closed(server):
    """The server's connections whose clients have gone, but not the server."""
    with open("/proc/net/tcp") as connections:
        rows = [line.split() for line in list(connections)[1:]]
    return [row for row in rows if row[1].endswith(":%04X" % server.port) and row[3] == "08"]


def test_a_long_poll_whose_client_has_gone_takes_nothing(server, sqs, name):
    url = make_queue(sqs, name)
    impatient = server.client("sqs", config=Config(retries={"total_max_attempts": 1}, read_timeout=0.3))
    with pytest.raises(Exception):
        impatient.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    # A half-closed connection is given a moment, HTTPLimits.abandonedCall; then the server closes it too.
    wait_until(lambda: not half_closed(server))
    sqs.send_message(QueueUrl=url, MessageBody="left")
    assert bodies(sqs, url) == ["left"]


def test_a_long_poll_does_not_hold_up_the_end(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q")
    answers, poller = [], connected(own)
    waiting = threading.Thread(target=lambda: answers.append(bodies(poller, url, WaitTimeSeconds=20)))
    waiting.start()
    time.sleep(0.3)
    own.stop()
    waiting.join(10)
    assert answers == [[]]


def test_a_long_poll_sees_the_clock_move(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q")
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=900)
    answers, poller = [], connected(own)
    waiting = threading.Thread(target=lambda: answers.extend(bodies(poller, url, WaitTimeSeconds=20)))
    waiting.start()
    time.sleep(0.2)
    clock(own, advance=900)
    waiting.join(10)
    assert answers == ["later"]
