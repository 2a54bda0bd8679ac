"""Concurrency as on AWS: limits, reserved and provisioned concurrency, and what a machine without room says."""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from martlet import ONCE, binary, wait_until

SLEEPER = """
import os, time
born = time.time()

def handler(event, context):
    time.sleep(event.get("sleep", 0))
    if event.get("exit"):
        os._exit(1)
    return {"pid": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "born": born}
"""


def deploy(server, name, source=SLEEPER, **more):
    return server.deploy(name, {"app.py": source}, runtime="python3.11", Timeout=30, **more)


def invoke(api, name, **event):
    result = api.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(result["Payload"].read())


def throttled(api, name, **event):
    with pytest.raises(api.exceptions.TooManyRequestsException) as caught:
        invoke(api, name, **event)
    return caught.value.response


def run_together(api, name, count, **event):
    """Invokes so many at the same time; gives the answers and the reasons of refusals."""

    def one(_):
        try:
            return invoke(api, name, **event), None
        except api.exceptions.TooManyRequestsException as error:
            return None, error.response["Reason"]

    with ThreadPoolExecutor(count) as threads:
        results = list(threads.map(one, range(count)))
    return [answer for answer, _ in results if answer], [reason for _, reason in results if reason]


def wait_ready(api, name, qualifier):
    """The state of a configuration that is not in progress any more."""

    def settled():
        state = api.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
        return state["Status"] != "IN_PROGRESS" and state

    return wait_until(settled)


def test_a_function_with_nothing_reserved_for_it_answers_429(server, api, name):
    deploy(server, name)
    assert invoke(api, name)["type"] == "on-demand"
    assert api.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)["ReservedConcurrentExecutions"] == 0
    answer = throttled(api, name)
    assert answer["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["Type"] == "User" and answer["message"] == "Rate Exceeded." and "retryAfterSeconds" not in answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert api.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    api.delete_function_concurrency(FunctionName=name)
    assert "Concurrency" not in api.get_function(FunctionName=name)
    assert invoke(api, name)["type"] == "on-demand"


def test_no_more_run_than_are_reserved(server, api, name):
    deploy(server, name)
    api.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    answers, reasons = run_together(api, name, 3, sleep=1)
    assert len(answers) == 2 and reasons == ["ReservedFunctionConcurrentInvocationLimitExceeded"]
    # Those that have ended make room.
    assert len(run_together(api, name, 2, sleep=0.2)[0]) == 2
    settings = api.get_account_settings()["AccountLimit"]
    assert settings["ConcurrentExecutions"] - settings["UnreservedConcurrentExecutions"] >= 2


def test_an_accounts_limit_is_shared(martlet):
    server = martlet("--ephemeral", "--account-concurrency", "2").start()
    api = server.client("lambda", config=ONCE)
    deploy(server, "one")
    deploy(server, "two")
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(invoke, api, "one", sleep=2) for _ in range(2)]
        time.sleep(0.5)
        answer = throttled(api, "two")
        assert answer["Reason"] == "ConcurrentInvocationLimitExceeded"
        assert all(future.result()["type"] == "on-demand" for future in running)
    assert invoke(api, "two")
    limit = api.get_account_settings()["AccountLimit"]
    assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (2, 2)
    # Of so few nothing can be reserved, as on AWS.
    with pytest.raises(api.exceptions.InvalidParameterValueException, match=r"minimum value of \[2\]"):
        api.put_function_concurrency(FunctionName="one", ReservedConcurrentExecutions=1)


def test_provisioned_environments_are_there_before_they_are_needed(server, api, name):
    deploy(server, name, Publish=True)
    put = api.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=2)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 202 and put["Status"] == "IN_PROGRESS"
    ready = wait_ready(api, name, "1")
    assert ready["Status"] == "READY" and "StatusReason" not in ready
    assert [ready[key + "ProvisionedConcurrentExecutions"] for key in ("Requested", "Allocated", "Available")] == [2, 2, 2]
    before = time.time()
    versioned = "%s:1" % name
    result = api.invoke(FunctionName=versioned, Payload=b"{}", LogType="Tail")
    answer = json.loads(result["Payload"].read())
    assert answer["type"] == "provisioned-concurrency" and answer["born"] < before
    assert "Init Duration" not in base64.b64decode(result["LogResult"]).decode()
    # What is too much for them spills over.
    answers, reasons = run_together(api, versioned, 3, sleep=1)
    assert not reasons
    assert sorted(answer["type"] for answer in answers) == ["on-demand"] + 2 * ["provisioned-concurrency"]
    assert invoke(api, name)["type"] == "on-demand"
    metrics = json.loads(server.get("/_martlet/metrics")[2])["metrics"]
    found = {
        metric["name"]: metric
        for metric in metrics
        if metric["dimensions"] == {"FunctionName": name, "Resource": versioned} and metric["account"] == "000000000000"
    }
    assert found["Invocations"]["sum"] >= 1 and found["Errors"]["sum"] == 0
    assert found["ProvisionedConcurrentExecutions"]["maximum"] <= 2
    assert found["ProvisionedConcurrencyInvocations"]["sum"] >= 1
    # One that dies is replaced.
    assert invoke(api, versioned, exit=True)["errorType"] == "Runtime.ExitError"
    wait_until(
        lambda: api.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")["AvailableProvisionedConcurrentExecutions"] == 2
    )
    api.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
    assert api.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
    assert invoke(api, versioned)["type"] == "on-demand"


def test_provisioned_environments_are_made_again_after_a_restart(martlet):
    server = martlet().start()
    api = server.client("lambda", config=ONCE)
    deploy(server, "f", Publish=True)
    api.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    api.put_provisioned_concurrency_config(FunctionName="f", Qualifier="live", ProvisionedConcurrentExecutions=1)
    api.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    first = wait_ready(api, "f", "live")
    server.kill9()
    server.start()
    again = wait_ready(api, "f", "live")
    assert {**again, "ResponseMetadata": None} == {**first, "ResponseMetadata": None}
    assert invoke(api, "f:live")["type"] == "provisioned-concurrency"
    # Everything that is reserved is provisioned: nothing else may run.
    assert throttled(api, "f")["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    listed = api.list_provisioned_concurrency_configs(FunctionName="f")["ProvisionedConcurrencyConfigs"]
    assert [(item["FunctionArn"].split(":function:")[1], item["Status"]) for item in listed] == [("f:live", "READY")]


def test_an_alias_takes_its_environments_to_another_version(server, api, name):
    deploy(server, name, Publish=True)
    api.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    api.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    assert wait_ready(api, name, "live")["Status"] == "READY"
    api.update_function_configuration(FunctionName=name, Timeout=20)
    api.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert api.publish_version(FunctionName=name)["Version"] == "2"
    api.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    moved = api.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert moved["Status"] == "IN_PROGRESS" and moved["AllocatedProvisionedConcurrentExecutions"] == 1
    assert wait_ready(api, name, "live")["Status"] == "READY"
    result = api.invoke(FunctionName=name, Qualifier="live", Payload=b"{}")
    assert result["ExecutedVersion"] == "2"
    assert json.loads(result["Payload"].read())["type"] == "provisioned-concurrency"
    api.delete_alias(FunctionName=name, Name="live")
    with pytest.raises(api.exceptions.ResourceNotFoundException, match="Cannot find alias arn"):
        api.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")


def test_what_cannot_be_initialised_has_failed(server, api, name):
    deploy(server, name, "raise ValueError('no')", Publish=True)
    api.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    state = wait_ready(api, name, "1")
    assert (state["Status"], state["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    assert state["AvailableProvisionedConcurrentExecutions"] == 0
    api.delete_function(FunctionName=name)


def test_a_machine_without_memory_says_so(martlet):
    server = martlet("--ephemeral", "--memory-reserve", "100000000").start()
    api = server.client("lambda", config=ONCE)
    deploy(server, "f", Publish=True)
    message = r"^.*This machine has no memory for another execution environment: it needs \d+ MB, and of the \d+ MB that are left 100000000 MB are kept in reserve; no environment is idle\.$"
    with pytest.raises(api.exceptions.ServiceException, match=message):
        invoke(api, "f")
    # It does not count as running.
    for _ in range(3):
        with pytest.raises(api.exceptions.ServiceException):
            invoke(api, "f")
    counts = json.loads(server.run("status", "--json").stdout)["dataPlane"]["counts"]
    assert counts["invocations"] == counts["coldStarts"] == 0
    api.put_provisioned_concurrency_config(FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1)
    state = wait_ready(api, "f", "1")
    assert state["Status"] == "FAILED" and "no memory" in state["StatusReason"]


@pytest.fixture
def small_container():
    """A control group with a limit of 600 MB, below this process's own; gives its folder."""
    made = None
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        place, limit = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes") if "memory" in controllers.split(",") else ("/sys/fs/cgroup", "memory.max")
        folder = Path(place + path.rstrip("/")) / ("martlet-test-" + os.urandom(4).hex())
        if controllers not in ("", "memory"):
            continue
        try:
            folder.mkdir()
            made = folder
            (folder / limit).write_text(str(600 << 20))
        except OSError:
            if made:
                made.rmdir()
            made = None
            continue
        break
    if not made:
        pytest.skip("this machine lets nobody make a control group with a limit")
    yield made

    def gone():
        try:
            made.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return False
        return True

    wait_until(gone)


def test_the_limit_of_a_container_is_what_counts(small_container, martlet):
    server = martlet("--ephemeral", "--memory-reserve", "700")
    server.command = lambda *words: [
        "/bin/sh", "-c", 'echo $$ > "$0"/cgroup.procs && exec "$@"', str(small_container), str(binary()), *map(str, words),
    ]
    server.start()
    api = server.client("lambda", config=ONCE)
    deploy(server, "f")
    with pytest.raises(api.exceptions.ServiceException, match=r"of the \d{1,3} MB that are left \d+ MB are kept in reserve"):
        invoke(api, "f")
    seen = json.loads(server.run("status", "--json").stdout)["machineMemory"]
    assert seen["total"] == 600 << 20 and 0 < seen["available"] < 600 << 20 and seen["limitedBy"] == str(small_container)
    for words in (("status",), ("doctor",)):
        assert "MB left of 600 MB, the limit of %s" % small_container in server.run(*words).stdout
    server.stop()


def test_metrics_count_what_ran(server, api, name):
    deploy(server, name)
    for _ in range(3):
        invoke(api, name)
    assert invoke(api, name, exit=True)["errorType"] == "Runtime.ExitError"
    api.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    throttled(api, name)

    def total(metric):
        found = json.loads(server.get("/_martlet/metrics")[2])["metrics"]
        return sum(m["sum"] for m in found if m["name"] == metric and m["dimensions"] == {"FunctionName": name})

    wait_until(lambda: total("Invocations") == 4)
    assert (total("Errors"), total("Throttles")) == (1, 1)
    assert total("Duration") > 0 and total("ConcurrentExecutions") >= 1
