"""`martlet status` and `GET /_martlet/status`: what was seen of functions, environments and stems."""

import json

import pytest
from martlet import ACCOUNT, ONCE, REGION, grow_stems, wait_until

CODE = """
import time
def handler(e, c):
    if e == "fail":
        raise ValueError("no")
    if e == "burn":
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            pass
    if e == "hold":
        handler.held = bytearray(40 << 20)
    if e == "sleep":
        time.sleep(10)
    return e
"""


def status(server, *words):
    return json.loads(server.run("status", "--json", *words).stdout)["dataPlane"]


def test_what_invocations_did_is_seen(martlet):
    server = martlet("--stems", "2").start()
    api = server.deploy("seen", {"app.py": CODE}, runtime="python3.11", MemorySize=128, Timeout=1)
    for payload in ("one", "two", "hold", "burn", "fail", "sleep"):
        api.invoke(FunctionName="seen", Payload=json.dumps(payload))
    api.invoke(FunctionName="seen", Payload=b"3")
    # The environment that was ended for its time-out takes a moment to go.
    wait_until(lambda: status(server)["counts"]["invocations"] == 7 and status(server)["environmentCounts"]["total"] == 1)
    seen = status(server)
    assert seen["counts"] == {"invocations": 7, "errors": 2, "timeouts": 1, "coldStarts": 2, "throttles": 0}
    (function,) = seen["functions"]
    assert function["name"] == "seen" and function["version"] == "$LATEST" and function["counts"] == seen["counts"]
    assert function["duration"]["count"] == 7 and 1000 <= function["duration"]["max"] < 3000
    assert 0 < function["duration"]["p50"] < function["duration"]["p99"] <= function["duration"]["max"]
    assert function["initialization"]["count"] == 2 and function["initialization"]["p50"] > 0
    assert 40 << 20 <= function["maxMemoryUsed"] <= 128 << 20 and function["memorySize"] == 128
    # A third of a second of work with a fourteenth of a processor.
    assert function["processor"]["throttledPeriods"] > 5 and function["processor"]["throttled"] > 0.1
    (environment,) = seen["environments"]
    assert environment["state"] in ("idle", "frozen") and environment["counts"]["invocations"] == 1
    assert 0 < environment["memory"] <= environment["maxMemoryUsed"] < 40 << 20
    assert seen["environmentCounts"]["total"] == 1 and seen["environmentCounts"]["idleMemory"] == environment["memory"]
    last, before = seen["lastInvocations"]
    assert last["times"]["outcome"] == "success" and last["times"]["start"] > 0 and last["times"]["initialization"] > 0
    assert last["times"]["total"] >= sum(last["times"][part] for part in ("start", "initialization", "delivery", "run")) - 0.01
    assert before["times"]["outcome"] == "timeout" and before["times"]["run"] >= 1000 and before["times"]["total"] >= 1000

    text = server.run("status").stdout
    assert "invocations: 7, 2 with an error, 1 of them timed out; 2 cold starts" in text
    for word in ("Function ", "Last 15 minutes of ", "Environment ", "Last invocation of", "failed init ", "total", "Stems of", "idle cost: environments "):
        assert word in text, text
    wait_until(lambda: "frozen" in server.run("status").stdout)


def test_the_metrics_of_the_last_minutes(martlet):
    server = martlet("--stems", "off").start()
    api = server.client("lambda", config=ONCE)
    for name in ("refused", "works"):
        server.deploy(name, {"app.py": CODE}, runtime="python3.11")
    for payload in ("one", "fail", "two"):
        api.invoke(FunctionName="works", Payload=json.dumps(payload))
    api.put_function_concurrency(FunctionName="refused", ReservedConcurrentExecutions=0)
    with pytest.raises(api.exceptions.TooManyRequestsException):
        api.invoke(FunctionName="refused")
    wait_until(lambda: status(server)["counts"]["invocations"] == 3)
    recent = json.loads(server.run("status", "--json").stdout)["recent"]
    where = {"account": ACCOUNT, "region": REGION}
    assert recent == {
        "functionCount": 2,
        "functions": [
            {**where, "name": "works", "invocations": 3, "errors": 1, "throttles": 0, "concurrentExecutions": 1},
            {**where, "name": "refused", "invocations": 0, "errors": 0, "throttles": 1, "concurrentExecutions": 0},
        ],
    }
    assert status(server)["counts"]["throttles"] == 1
    lines = server.run("status").stdout.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("Last 15 minutes of "))
    assert [line.split() for line in lines[at + 1 : at + 3]] == [["works", "3", "1", "0", "1"], ["refused", "0", "0", "1", "0"]]


def test_stems_show_what_they_hold(martlet):
    server = martlet("--stems", "3").start()
    grow_stems(server, count=2)
    wait_until(lambda: status(server)["stems"]["memory"] > 0)
    stems = status(server)["stems"]
    (kind,) = stems["kinds"]
    assert kind["name"] == "python3.11" and kind["count"] >= 2 and kind["memory"] == stems["memory"]
    assert 1 << 20 < kind["memory"] / kind["count"] < 64 << 20


def test_names_are_limited_and_counts_are_not(martlet):
    server = martlet("--stems", "off").start()
    for i in range(3):
        server.deploy("f%d" % i, {"app.py": CODE}, runtime="python3.11").invoke(FunctionName="f%d" % i)
    wait_until(lambda: status(server)["counts"]["invocations"] == 3)
    some = json.loads(server.get("/_martlet/status?limit=1")[2])["dataPlane"]
    assert len(some["functions"]) == len(some["environments"]) == len(some["lastInvocations"]) == 1
    assert some["functionCount"] == 3 and some["environmentCounts"]["total"] == 3
    assert some["functions"][0]["name"] == "f2"
    for query in ("?limit=many", "?limit=-1", "?limit=", "?"):
        assert server.get("/_martlet/status" + query)[0] == 200


def test_only_the_owner_may_ask(martlet):
    server = martlet("--auth", "iam").start()
    assert server.get("/_martlet/status")[0] in (400, 403) and server.get("/_martlet/metrics")[0] in (400, 403)
    assert server.get("/_martlet/health")[0] == 200
    assert status(server)["counts"]["invocations"] == 0
    other = server.run("status", "--data", "/nowhere")
    assert other.returncode == 0 and "only a root key may ask" in other.stdout
    open_ = martlet().start()
    assert open_.get("/_martlet/status", headers={"Origin": "https://elsewhere.example"})[0] == 403


def test_a_reset_forgets(martlet):
    server = martlet("--allow-reset", "--stems", "off").start()
    server.deploy("f", {"app.py": CODE}, runtime="python3.11").invoke(FunctionName="f")
    assert server.get("/_martlet/reset", method="POST")[0] == 200
    wait_until(lambda: status(server)["environmentCounts"]["total"] == 0)
