"""A mixed load with faults, at whose end every answer is accounted for and nothing is left. See Benchmarks/README.md."""

import collections
import json
import os
import random
import signal
import sys
import threading
import time
import uuid
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import endpoints
from endpoints import Package

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests/Integration"))

import leftovers  # noqa: E402

#: How often each kind of event is sent, and what should become of it.
EVENTS = {
    "echo": (40, "answered"),
    "big": (5, "answered"),
    "print": (10, "answered"),
    "sleep": (10, "answered"),
    "write": (8, "answered"),
    "spawn": (3, "answered"),
    "fail": (6, "failed"),
    "exit": (4, "exited"),
    "hang": (1, "timed out"),
}
LANES = 12
FUNCTIONS = 6
#: What may come and go with demand: stems, spare disks, connections, and what an allocator keeps.
SLACK = {"processes": 80, "control groups": 320, "descriptors": 400, "launcher's descriptors": 800, "resident MB": 48}


class Server(endpoints.Martlet):
    """Retries would hide what is counted here."""

    def client(self, service):
        session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
        url = "http://127.0.0.1:%d" % self.port
        config = Config(retries={"max_attempts": 0}, read_timeout=60)
        return session.client(service, region_name=endpoints.REGION, endpoint_url=url, config=config)


class Soak:
    def __init__(self, options):
        self.options = options
        self.server = Server(options.binary, options.python)
        self.process = None
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.counts, self.faults = collections.Counter(), []
        self.names = ["soak-%d" % number for number in range(FUNCTIONS)]
        code = (endpoints.HERE / "functions/soaked.py").read_bytes()
        self.package = Package("python", {"app.py": code}, "app.handler", memory=512, timeout=2)

    @property
    def data(self):
        return self.server.folder / "data"

    def note(self, what):
        with self.lock:
            self.counts[what] += 1

    def fault(self, text):
        with self.lock:
            self.counts["faults"] += 1
            if len(self.faults) < 20:
                self.faults.append(text)

    # The load

    def lane(self, number):
        api = self.server.client("lambda")
        choice = random.Random(number)
        kinds = list(EVENTS)
        weights = [EVENTS[kind][0] for kind in kinds]
        while not self.over.is_set():
            try:
                dice = choice.random()
                if dice < 0.01:
                    self.change(api, choice)
                elif dice < 0.02:
                    self.come_and_go(api)
                else:
                    self.invoke(api, choice.choice(self.names), choice.choices(kinds, weights)[0], choice)
            except (ClientError, BotoCoreError, RuntimeError, ValueError, KeyError) as error:
                self.fault("%s: %s" % (type(error).__name__, error))

    def invoke(self, api, name, kind, choice):
        event = {"kind": kind, "n": choice.randrange(10**9), "name": "martlet"}
        if kind == "big":
            event["text"] = "x" * choice.randrange(1 << 20)
        expected = EVENTS[kind][1]
        answer = api.invoke(FunctionName=name, Payload=json.dumps(event))
        body = json.load(answer["Payload"])
        found = "answered"
        if "FunctionError" in answer:
            type_ = body.get("errorType")
            found = {"ValueError": "failed", "Sandbox.Timedout": "timed out"}.get(type_, type_)
            if type_ == "Runtime.ExitError":
                found = "killed" if body["errorMessage"].endswith("signal: killed") else "exited"
        self.note("invocations")
        self.note(found)
        if found == "answered" and body != event:
            self.fault("another's answer, or a spoiled one: %r" % str(body)[:100])
        # Any of them may be killed from outside, and nothing else may come instead.
        if found not in (expected, "killed"):
            self.fault("%s: %s instead of %s: %s" % (kind, found, expected, str(body)[:200]))

    def change(self, api, choice):
        name = choice.choice(self.names)
        try:
            if choice.random() < 0.5:
                api.update_function_code(FunctionName=name, ZipFile=self.package.zip())
            else:
                api.update_function_configuration(FunctionName=name, Description=uuid.uuid4().hex)
            self.note("updates")
        except ClientError as error:
            # Two lanes change the same function.
            if error.response["Error"]["Code"] != "ResourceConflictException":
                raise

    def come_and_go(self, api):
        target = self.server.deploy(self.package, api)
        self.invoke(api, target.name, "echo", random.Random())
        api.delete_function(FunctionName=target.name)
        self.note("functions made and deleted")

    def killer(self):
        choice = random.Random(1)
        while not self.over.wait(choice.uniform(0.5, 2)):
            victims = leftovers.runtimes(self, "python")
            if victims:
                try:
                    os.kill(choice.choice(victims), signal.SIGKILL)
                    self.note("kills")
                except ProcessLookupError:
                    pass

    def load(self, seconds):
        self.over.clear()
        threads = [threading.Thread(target=self.lane, args=(number,), daemon=True) for number in range(LANES)]
        threads.append(threading.Thread(target=self.killer, daemon=True))
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.over.set()
        for thread in threads:
            thread.join(90)
            if thread.is_alive():
                self.fault("an invocation has no answer")

    # Before and after

    def deploy(self):
        api = self.server.api
        for name in self.names:
            api.create_function(
                FunctionName=name, Runtime=self.server.runtimes["python"], Handler=self.package.handler, Role=self.server.role,
                MemorySize=self.package.memory, Timeout=self.package.timeout, Code={"ZipFile": self.package.zip()},
            )
            api.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})

    def status(self):
        answer = self.server.get("/_martlet/status?limit=1")["dataPlane"]
        return answer["counts"], answer["environmentCounts"]["total"]

    def settle(self):
        """Until no function's environment is left."""
        for name in self.names:
            self.server.api.delete_function(FunctionName=name)
        deadline = time.monotonic() + 30
        while (left := self.status()[1]) > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        if left > 0:
            self.fault("%d environments of deleted functions are left" % left)

    def held(self):
        launcher = leftovers.launcher(self)
        return {
            "processes": len(leftovers.family(self.process.pid)),
            "control groups": len(leftovers.groups(self)),
            "loop devices": leftovers.loops(self),
            "descriptors": leftovers.descriptors(self.process.pid),
            "launcher's descriptors": leftovers.descriptors(launcher),
            "resident MB": leftovers.resident(self.process.pid) >> 20,
            "launcher's resident MB": leftovers.resident(launcher) >> 20,
        }

    def compare(self, before, after):
        counts, _ = self.status()
        for ours, theirs in (("invocations", "invocations"), ("timed out", "timeouts")):
            if self.counts[ours] != counts[theirs]:
                self.fault("%d %s were answered, and Martlet has counted %d" % (self.counts[ours], ours, counts[theirs]))
        errors = self.counts["invocations"] - self.counts["answered"]
        if errors != counts["errors"]:
            self.fault("%d errors were answered, and Martlet has counted %d" % (errors, counts["errors"]))
        if self.counts["killed"] > self.counts["kills"]:
            self.fault("%(killed)d invocations were killed by %(kills)d kills" % self.counts)
        for what, value in after.items():
            if value > before[what] + SLACK.get(what, 40):
                self.fault("%s grew from %d to %d" % (what, before[what], value))
        if zombies := leftovers.zombies(self):
            self.fault("nobody has reaped %s" % zombies)

    def run(self):
        self.server.start()
        self.process = self.server.process
        try:
            # Everything has been there once: what grows from here on grows for ever.
            self.deploy()
            self.load(min(20, self.options.seconds / 4))
            self.settle()
            before = self.held()
            self.deploy()
            self.load(self.options.seconds)
            self.settle()
            after = self.held()
            self.compare(before, after)
            holdings = leftovers.Holdings(self)
        finally:
            endpoints.end(self.process)
        try:
            holdings.expect_nothing_left()
        except AssertionError as error:
            self.fault(str(error))
        log = (self.server.folder / "log").read_text(errors="replace")
        self.server.remove()
        report = {
            "seconds": self.options.seconds, "counts": dict(sorted(self.counts.items())), "before": before, "after": after,
            "faults": self.faults,
        }
        print(json.dumps(report, indent=2))
        if self.faults:
            print(log[-3000:], file=sys.stderr)
        return 1 if self.faults else 0


def run(options):
    return Soak(options).run()
