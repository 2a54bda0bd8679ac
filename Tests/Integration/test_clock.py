"""The platform's clock: read, moved, moved back, and kept over a restart."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from martlet import TRUST
from queued import clock


def parse(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_recorded_timestamps_follow(martlet):
    server = martlet("--ephemeral").start()
    assert abs(clock(server)["offset"]) < 0.001
    moved = clock(server, advance=86_400)
    assert parse(moved["now"]) - parse(moved["real"]) == timedelta(days=1)
    made = server.client("iam").create_role(RoleName="later", AssumeRolePolicyDocument=TRUST)["Role"]
    assert made["CreateDate"] - datetime.now(timezone.utc) > timedelta(hours=23)
    # Signatures and credentials keep real time.
    expires = server.client("sts").get_session_token()["Credentials"]["Expiration"]
    assert expires - datetime.now(timezone.utc) < timedelta(hours=13)
    assert clock(server, resume=True)["offset"] == 0


def test_urls_of_packages_keep_real_time(martlet):
    server = martlet("--ephemeral").start()
    api = server.deploy("f", {"app.py": "def handler(e, c): return 1"})
    url = api.get_function(FunctionName="f")["Code"]["Location"]
    clock(server, advance=86_400)
    for location in (url, api.get_function(FunctionName="f")["Code"]["Location"]):
        assert server.get(location.removeprefix(server.url))[0] == 200


def test_moves_at_once_are_made_one_after_the_other(martlet):
    server = martlet("--ephemeral").start()
    server.deploy("f", {"app.py": "def handler(e, c): raise ValueError()"}).invoke(FunctionName="f", InvocationType="Event")
    with ThreadPoolExecutor() as pool:
        offsets = list(pool.map(lambda seconds: clock(server, advance=seconds)["offset"], (200, 60, 60, 7)))
    assert 327 <= round(max(offsets)) == round(clock(server)["offset"]) <= 328, offsets
    assert len(set(map(round, offsets))) == 4


def test_a_function_goes_on_by_real_time(martlet):
    server = martlet("--ephemeral").start()
    server.deploy("f", {"app.py": "import time\ndef handler(e, c): return [time.time(), c.get_remaining_time_in_millis()]"})
    clock(server, set="2031-05-06T07:08:09Z")
    seen, rest = server.invoke("f")
    assert abs(seen - datetime.now().timestamp()) < 60 and 0 < rest <= 3000
    events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert events and all(datetime.fromtimestamp(e["timestamp"] / 1000, timezone.utc).year == 2031 for e in events)


def test_a_moved_clock_stays_moved(martlet):
    server = martlet().start()
    before = clock(server, set="2035-01-01T00:00:00Z")
    server.kill9()
    server.start()
    after = clock(server)
    assert timedelta(0) <= parse(after["now"]) - parse(before["now"]) < timedelta(minutes=2)
    clock(server, resume=True)
    server.restart()
    assert clock(server)["offset"] == 0


def test_retention_follows(martlet):
    server = martlet("--ephemeral").start()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    now = int(datetime.now().timestamp() * 1000)
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": now, "message": "old"}])
    assert logs.filter_log_events(logGroupName="g")["events"]
    clock(server, advance=2 * 86_400)
    assert not logs.filter_log_events(logGroupName="g")["events"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"advance": -1}', b'{"advance": "x"}', b'{"set": "yesterday"}', b'{"set": "9999-99-99T00:00:00Z"}',
             b'{"advance": 1e300}', b'{"advance": 1, "resume": true}', b'{"advance": true}', b'{"set": true}', b'{"resume": false}', b'{"set": -1e9}'])
def test_nonsense_is_refused(martlet, body):
    server = martlet("--ephemeral").start()
    status, _, answer = server.get("/_martlet/clock", method="POST", body=body)
    assert status == 400 and json.loads(answer)["message"]
    assert clock(server)["offset"] == 0


def test_the_command(martlet):
    server = martlet("--ephemeral").start()
    done = server.run("clock", "--advance", "2d")
    assert done.returncode == 0 and "real time" in done.stdout, done
    assert 172_799 < clock(server)["offset"] < 172_801
    assert server.run("clock", "--resume").returncode == 0
    assert server.run("clock").stdout.count("T") == 1
    for duration in ("soon", "nan", "inf", "1e999s", "-3m"):
        assert "unit" in server.run("clock", "--advance=" + duration).stderr
    assert "RFC 3339" in server.run("clock", "--set", "tomorrow").stderr
    assert "9999" in server.run("clock", "--advance", "9999999d").stderr
    assert server.run("clock", "--advance", "1s", "--resume").returncode != 0


def test_moves_at_the_same_time_add_up(martlet):
    server = martlet("--ephemeral").start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: clock(server, advance=60), range(16)))
    assert 959 < clock(server)["offset"] < 961


def test_a_reset_takes_queued_events_along(martlet):
    server = martlet("--ephemeral").start()
    api = server.deploy("f", {"app.py": "import time\ndef handler(e, c): time.sleep(0.2)"})
    clock(server, advance=3600)
    for _ in range(20):
        api.invoke(FunctionName="f", InvocationType="Event")
    assert server.get("/_martlet/reset", method="POST")[0] == 200
    assert clock(server)["offset"] == 0
    assert not api.list_functions()["Functions"]
    api = server.deploy("f", {"app.py": "def handler(e, c): return e"})
    api.invoke(FunctionName="f", InvocationType="Event")
    clock(server, advance=0)
    logs = server.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert sum(e["message"].startswith("START") for e in logs) == 1
