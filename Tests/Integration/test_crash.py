"""kill -9 at random moments under load: whatever was acknowledged is there after the restart."""

import functools
import os
import random
import time

import pytest
from botocore.config import Config
from martlet import TRUST, database, kills, zip_package

NO_RETRIES = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=20)
PACKAGE = zip_package({"app.py": "def handler(e, c): return 1\n"})
ROUNDS = 200 if os.environ.get("MARTLET_LONG") == "1" else 8


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_acknowledged_writes_survive(martlet, engine, figure):
    server = martlet(*database(engine)).start()
    role = server.role("crash")
    acknowledged = {"functions": {}, "groups": set(), "events": {}, "roles": set()}
    numbers = iter(range(10**9))
    tag = os.urandom(3).hex()
    # Making a client takes longer than a round.
    clients = {s: server.client(s, config=NO_RETRIES) for s in ("lambda", "logs", "iam")}

    def writer(kind, stop):
        random_ = random.Random()
        while not stop.is_set():
            name = "%s-%d" % (tag, next(numbers))
            try:
                if kind == "functions":
                    made = clients["lambda"].create_function(
                        FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=role, Code={"ZipFile": PACKAGE},
                        Description=name, Environment={"Variables": {"NAME": name}},
                    )
                    acknowledged["functions"][name] = made["RevisionId"]
                elif kind == "logs":
                    clients["logs"].create_log_group(logGroupName=name)
                    acknowledged["groups"].add(name)
                    clients["logs"].create_log_stream(logGroupName=name, logStreamName="s")
                    for i in range(random_.randrange(1, 5)):
                        clients["logs"].put_log_events(
                            logGroupName=name, logStreamName="s",
                            logEvents=[{"timestamp": int(time.time() * 1000), "message": "%s %d" % (name, i)}],
                        )
                        acknowledged["events"].setdefault(name, []).append("%s %d" % (name, i))
                else:
                    clients["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
                    acknowledged["roles"].add(name)
            except Exception:
                if stop.is_set():
                    return

    work = [functools.partial(writer, kind) for kind in ("functions", "logs", "logs", "roles")]
    for _ in kills(server, ROUNDS, work, 0.05, 0.6, ready=lambda: all(acknowledged.values())):
        pass

    assert all(acknowledged.values()), acknowledged
    api, logs, iam = (server.client(s) for s in ("lambda", "logs", "iam"))
    for name in acknowledged["functions"]:
        found = api.get_function(FunctionName=name)["Configuration"]
        assert found["Description"] == name and found["Environment"]["Variables"] == {"NAME": name}
    for name in acknowledged["groups"]:
        assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"], name
    for name, messages in acknowledged["events"].items():
        found = [e["message"] for e in logs.get_log_events(logGroupName=name, logStreamName="s", startFromHead=True)["events"]]
        assert [m for m in messages if m not in found] == []
    roles = {r["RoleName"] for page in iam.get_paginator("list_roles").paginate() for r in page["Roles"]}
    assert acknowledged["roles"] <= roles
    figure("kills", ROUNDS)
    for kind, names in acknowledged.items():
        figure("acknowledged " + kind, len(names))
    name = next(iter(acknowledged["functions"]))
    api.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert api.invoke(FunctionName=name)["StatusCode"] == 200

