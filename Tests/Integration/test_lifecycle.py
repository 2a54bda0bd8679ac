"""Ends at any moment: whoever dies, the caller gets the right answer, and nothing of it stays."""

import json
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from leftovers import RESERVED_DESCRIPTORS, Holdings, descriptors, family, groups, launcher, loops, resident, runtimes, sandboxes, zombies
from martlet import grow_stems, stems, wait_until

LONG = os.environ.get("MARTLET_LONG") == "1"
ONCE = Config(retries={"max_attempts": 0}, read_timeout=30, connect_timeout=10)
# Each phase takes long enough to be hit: the import, and the handler.
SLOW = "import time\ntime.sleep(0.015)\ndef handler(e, c):\n    time.sleep(0.015)\n    return e\n"
QUICK = "def handler(e, c):\n    return e\n"
# Milliseconds after an invocation was sent; a cold start from nothing takes the longest.
MOMENTS = [i * 0.5 for i in range(160)] if LONG else [0, 3, 7, 13, 22, 32, 45, 70]
FEW_MOMENTS = MOMENTS[::4] if LONG else [0, 5, 14, 40]

KILLED = "Runtime exited with error: signal: killed"


def outcome(api, name, payload=b'"hello"'):
    """`answered`, `killed` (the function's own error), or what the server said."""
    try:
        answer = api.invoke(FunctionName=name, Payload=payload)
    except ClientError as error:
        return error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]
    except BotoCoreError as error:
        return "no connection (%s)" % type(error).__name__
    body = json.load(answer["Payload"])
    if "FunctionError" in answer:
        assert answer["FunctionError"] == "Unhandled" and body["errorType"] == "Runtime.ExitError", body
        assert body["errorMessage"].endswith("Error: " + KILLED), body
        return "killed"
    assert body == "hello"
    return "answered"


def recover(api, name, dying=1):
    """At once, without waiting until somebody has noticed the end: an event may have gone to each dying environment."""
    for _ in range(dying):
        if outcome(api, name) != "killed":
            break
    assert outcome(api, name) == "answered"


def change(api, name, text):
    """Makes the next invocation a cold start."""
    api.update_function_configuration(FunctionName=name, Description=text)
    api.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.01, "MaxAttempts": 1000})


class Invocation:
    """One that runs beside the test."""

    def __init__(self, api, name):
        self.result = None
        self.thread = threading.Thread(target=self.run, args=(api, name), daemon=True)
        self.thread.start()

    def run(self, api, name):
        self.result = outcome(api, name)

    def join(self):
        self.thread.join(40)
        assert not self.thread.is_alive(), "no answer"
        return self.result


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


# A start after an end


@pytest.mark.parametrize("end", ["kill9", "stop"])
def test_a_start_follows_an_end_at_once(martlet, end):
    server = martlet().start()
    grow_stems(server)
    api = server.deploy("f", {"app.py": SLOW}, runtime="python3.11")
    for _ in range(10 if LONG else 3):
        running = [Invocation(server.client("lambda", config=ONCE), "f") for _ in range(4)]
        time.sleep(0.02)
        getattr(server, end)()
        server.start()
        assert outcome(server.client("lambda", config=ONCE), "f") == "answered"
        for invocation in running:
            invocation.join()
    assert "another launcher" not in server.log
    server.stop()
    assert groups(server) == []


def test_a_second_server_on_the_same_data_is_refused_meanwhile(martlet):
    """What waits is a launcher whose Martlet is gone, and no other."""
    server = martlet().start()
    server.deploy("f", {"app.py": QUICK}, runtime="python3.11")
    command = server.command("up", "--port", "0", "--data", server.data)
    began = time.monotonic()
    done = subprocess.run(command, env=server.clean_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "is in use" in done.stderr and time.monotonic() - began < 5
    assert outcome(server.client("lambda", config=ONCE), "f") == "answered"


def test_no_process_is_left_unreaped(martlet):
    server = martlet().start()
    grow_stems(server)
    api = server.deploy("f", {"app.py": "import os\ndef handler(e, c):\n    os._exit(1)\n"}, runtime="python3.11")
    for _ in range(5):
        assert "FunctionError" in api.invoke(FunctionName="f")
    wait_until(lambda: zombies(server) == [])
    pids = family(server.process.pid)
    server.stop()
    # Nothing was left to process 1 either: the launcher had ended, and was waited for, before the server did.
    assert [pid for pid in pids if os.path.exists("/proc/%d" % pid)] == []


# The function's own processes


@pytest.mark.parametrize("start", ["from nothing", "in a stem"])
@pytest.mark.parametrize("victim", ["runtime", "sandbox"])
def test_a_runtime_killed_at_any_moment(martlet, victim, start, figure):
    server = martlet("--stems", "off" if start == "from nothing" else "2").start()
    api = server.deploy("f", {"app.py": SLOW}, runtime="python3.11")
    assert outcome(api, "f") == "answered"
    seen = {}
    for round_, moment in enumerate(MOMENTS if start == "from nothing" else FEW_MOMENTS):
        change(api, "f", str(round_))
        if start == "in a stem":
            wait_until(lambda: stems(server)["ready"] >= 1)
        before = set(sandboxes(server))
        invocation = Invocation(server.client("lambda", config=ONCE), "f")
        time.sleep(moment / 1000)
        # From nothing it is the one that was not there before; stems are all of them victims.
        victims = sandboxes(server) if start == "in a stem" else [p for p in sandboxes(server) if p not in before]
        for pid in victims:
            for inside in family(pid) if victim == "runtime" else []:
                kill(inside)
            if victim == "sandbox":
                kill(pid)
        result = invocation.join()
        # It was initialised once more, or had answered already; or it was killed while it handled the event. A sandbox that
        # is not there yet is the platform's, and so is the fault.
        expected = ["answered", "killed"] + ["ServiceException: An execution environment could not be started."] * (victim == "sandbox")
        assert result in expected, "%s ms: %s" % (moment, result)
        seen[result] = seen.get(result, 0) + 1
        recover(api, "f", dying=max(1, len(victims)))
    figure("outcomes", seen)
    # The warm environment.
    for moment in FEW_MOMENTS:
        invocation = Invocation(server.client("lambda", config=ONCE), "f")
        time.sleep(moment / 2000)
        for pid in sandboxes(server):
            kill(pid)
        assert invocation.join() in ("answered", "killed")
        recover(api, "f")
    wait_until(lambda: zombies(server) == [])
    holdings = Holdings(server)
    server.stop()
    holdings.expect_nothing_left()


def test_a_runtime_killed_while_it_is_idle_or_frozen(martlet):
    server = martlet("--stems", "off").start()
    api = server.deploy("f", {"app.py": QUICK}, runtime="python3.11")
    for pause in (0, 0.05, 0.4, 0.4):
        assert outcome(api, "f") == "answered"
        time.sleep(pause)
        for pid in runtimes(server):
            kill(pid)
        recover(api, "f")


# The launcher


def test_the_launcher_killed_at_any_moment(martlet, figure):
    server = martlet()
    seen = {}
    for round_, moment in enumerate(MOMENTS[:: 1 if LONG else 2]):
        server.start("--stems", "2" if round_ % 2 else "off")
        if round_ % 2:
            grow_stems(server, count=1)
        names = ["l%d-%d" % (round_, i) for i in range(3)]
        for name in names:
            server.deploy(name, {"app.py": SLOW}, runtime="python3.11")
        warm = server.deploy("w%d" % round_, {"app.py": SLOW}, runtime="python3.11")
        assert outcome(warm, "w%d" % round_) == "answered"
        running = [Invocation(server.client("lambda", config=ONCE), name) for name in names + ["w%d" % round_]]
        time.sleep(moment / 1000)
        holdings = Holdings(server)
        kill(launcher(server))
        for invocation in running:
            result = invocation.join()
            lost = result.startswith("ServiceException: ") and "launcher" in result
            assert result in ("answered", "killed") or lost, "%s ms: %s" % (moment, result)
            seen["lost" if lost else result] = seen.get("lost" if lost else result, 0) + 1
        # It says so from now on, and goes on with all that needs no sandbox.
        # An event may go to an environment that is just dying.
        again = wait_until(lambda: (said := outcome(server.client("lambda", config=ONCE), names[0])) != "killed" and said)
        assert again.startswith("ServiceException: ") and "restart Martlet" in again, again
        assert server.get("/_martlet/health")[0] == 200
        assert server.run("status").returncode == 0
        # Its folders of control groups stay until the next start, which cleans up.
        holdings.pids = [pid for pid in holdings.pids if pid != server.process.pid]
        wait_until(lambda: zombies(server) == [])
        assert server.stop() == 0
        holdings.expect_nothing_left(groups_too=False)
    figure("outcomes", seen)
    holdings = Holdings(server.start())
    server.stop()
    holdings.expect_nothing_left()


# Martlet


def test_martlet_killed_at_any_moment(martlet, figure):
    server = martlet()
    seen = {}
    server.start()
    server.deploy("f", {"app.py": SLOW}, runtime="python3.11")
    server.deploy("warm", {"app.py": SLOW}, runtime="python3.11")
    for round_, moment in enumerate(MOMENTS):
        api = server.client("lambda", config=ONCE)
        if round_ % 2:
            grow_stems(server)
        assert outcome(api, "warm") == "answered"
        running = [Invocation(server.client("lambda", config=ONCE), name) for name in ("f", "f", "warm")]
        time.sleep(moment / 1000)
        holdings = Holdings(server)
        server.kill9()
        for invocation in running:
            result = invocation.join()
            assert result == "answered" or result.startswith("no connection"), "%s ms: %s" % (moment, result)
            seen[result] = seen.get(result, 0) + 1
        # At once: the old launcher is still cleaning up.
        server.start()
        assert outcome(server.client("lambda", config=ONCE), "f") == "answered", "%s ms" % moment
        wait_until(lambda: not holdings.gone(groups_too=False).get("processes"))
    figure("outcomes", seen)
    holdings = Holdings(server)
    server.stop()
    holdings.expect_nothing_left()


def test_both_killed_at_once(martlet):
    """Nobody cleans up: the next start does."""
    server = martlet()
    for round_ in range(10 if LONG else 2):
        server.start()
        grow_stems(server)
        api = server.deploy("b%d" % round_, {"app.py": SLOW}, runtime="python3.11")
        running = [Invocation(server.client("lambda", config=ONCE), "b%d" % round_) for _ in range(2)]
        time.sleep(0.01 * round_)
        holdings = Holdings(server)
        kill(launcher(server))
        server.kill9()
        for invocation in running:
            invocation.join()
        holdings.expect_nothing_left(groups_too=False)
        server.start()
        assert outcome(server.client("lambda", config=ONCE), "b%d" % round_) == "answered"
        holdings = Holdings(server)
        server.stop()
        holdings.expect_nothing_left()


# Many environments

CHURN = """
import os, time
def handler(e, c):
    if e == "exit":
        os._exit(3)
    if e == "hang":
        time.sleep(30)
    if e == "spawn":
        for _ in range(3):
            if os.fork() == 0:
                time.sleep(300)
    if e == "leak":
        open("/tmp/file", "wb").write(bytes(1 << 20))
    return e
"""
BROKEN = "import os\nos._exit(2)\ndef handler(e, c): return e\n"


@pytest.mark.parametrize("kept", ["off", "auto"])
def test_thousands_of_environments_leave_nothing_behind(martlet, kept, figure):
    """Ends of every kind, several at a time: each environment goes wholly, and Martlet and its launcher do not grow."""
    server = martlet("--stems", kept).start()
    count, lanes = (10_000, 8) if LONG else (80, 4)
    api = server.deploy("broken", {"app.py": BROKEN}, runtime="python3.11")
    for lane in range(lanes):
        server.deploy("churn%d" % lane, {"app.py": CHURN}, runtime="python3.11", Timeout=1)
    counted = {"invocations": 0, "errors": 0}
    lock = threading.Lock()

    def lane(number, rounds):
        api = server.client("lambda", config=ONCE)
        name = "churn%d" % number
        for round_ in range(rounds):
            kind = ["exit", "update", "spawn", "leak", "update", "exit", "broken", "update"][round_ % 8]
            if round_ % 40 == 7:
                kind = "hang"
            expected = kind in ("exit", "hang", "broken")
            if kind in ("update", "spawn", "leak"):
                change(api, name, str(round_))
            answer = api.invoke(FunctionName="broken" if kind == "broken" else name, Payload=json.dumps(kind))
            assert ("FunctionError" in answer) == expected, (kind, answer["Payload"].read())
            if not expected:
                assert json.load(answer["Payload"]) == kind
            with lock:
                counted["invocations"] += 1
                counted["errors"] += expected

    def churn(rounds):
        with ThreadPoolExecutor(lanes) as pool:
            for done in [pool.submit(lane, number, rounds) for number in range(lanes)]:
                done.result()

    def settle():
        """Without the functions' own environments: those of every lane end with their function's change."""
        for number in range(lanes):
            change(api, "churn%d" % number, "settle" + str(time.monotonic()))
        wait_until(lambda: json.loads(server.get("/_martlet/health")[2])["environments"]["total"] == 0)

    def held():
        # As many stems as there may be belong to the server, each with a few of everything.
        return {
            "processes": len(family(server.process.pid)), "groups": len(groups(server)), "loops": loops(server),
            "launcher's descriptors": descriptors(launcher(server)), "descriptors": descriptors(server.process.pid),
        }

    churn(max(2, count // lanes // 10))
    settle()
    memory = {"martlet": resident(server.process.pid), "launcher": resident(launcher(server))}
    churn(count // lanes)
    settle()
    grown = {
        "martlet": resident(server.process.pid) - memory["martlet"], "launcher": resident(launcher(server)) - memory["launcher"],
    }
    figure("growth of resident memory (%s, %d environments), bytes" % (kept, count), grown)
    assert grown["martlet"] < (48 << 20 if LONG else 32 << 20) and grown["launcher"] < 4 << 20, grown
    status = json.loads(server.run("status", "--json").stdout)
    assert status["dataPlane"]["counts"]["invocations"] == counted["invocations"]
    assert status["dataPlane"]["counts"]["errors"] == counted["errors"]
    figure("cold starts (%s)" % kept, status["dataPlane"]["counts"]["coldStarts"])

    if kept == "off":
        # The launcher, its gateway, and what makes disks; their groups' own folders; spare disks for /tmp.
        bounds = {"processes": 8, "groups": 8, "loops": 40, "launcher's descriptors": 140 + RESERVED_DESCRIPTORS, "descriptors": 120}
    else:
        most = stems(server)["ready"] + stems(server)["starting"] + 8
        bounds = {
            "processes": 2 * most + 8, "groups": 8 * most, "loops": most + 40,
            "launcher's descriptors": 16 * most + 140 + RESERVED_DESCRIPTORS, "descriptors": 8 * most + 120,
        }
    for what, most in bounds.items():
        wait_until(lambda: held()[what] <= most, timeout=30)
    assert zombies(server) == []
    holdings = Holdings(server)
    server.stop()
    holdings.expect_nothing_left()
