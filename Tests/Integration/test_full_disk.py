"""A full disk, through the real server: an error as AWS's clients know them, and all is well when there is room again."""

import contextlib
import os
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from martlet import TRUST, zip_package

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small file system")
ONCE = Config(retries={"max_attempts": 1})


@pytest.fixture
def server(martlet):
    """A server whose data folder is a file system of 32 MB, which nobody else sees."""
    server = martlet()
    server.data.mkdir()
    command = server.command
    server.command = lambda *words: [
        "unshare", "-m", "--propagation", "private", "sh", "-c",
        'mount -t tmpfs -o size=32m,mode=0700 none "$0" && exec "$@"', server.data, *command(*words),
    ]
    return server.start()


def fill(server):
    """Takes all the room that is left; gives what took it."""
    filler = Path("/proc/%d/root%s/filler" % (server.process.pid, server.data))
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return filler


def test_a_full_disk_is_an_error_and_no_end(server):
    api, logs, iam = (server.client(service, config=ONCE) for service in ("lambda", "logs", "iam"))
    role = server.role()
    server.deploy("before", {"app.py": "def handler(e, c): return 1"})

    def create(name):
        package = zip_package({"app.py": "def handler(e, c): return 2", "weight": os.urandom(2 << 20)})
        return api.create_function(
            FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=role, Code={"ZipFile": package}
        )

    filler = fill(server)
    refusals = []
    with pytest.raises(ClientError) as refused:
        create("during")
    refusals.append(refused.value.response)
    # What the database has taken into its log may still find room: not for ever.
    for service, call in {
        "logs": lambda i: logs.create_log_group(logGroupName="during-%d-%s" % (i, "x" * 400)),
        "iam": lambda i: iam.create_role(RoleName="during-%d" % i, AssumeRolePolicyDocument=TRUST, Description="x" * 900),
    }.items():
        with pytest.raises(ClientError) as refused:
            for i in range(5000):
                call(i)
        refusals.append(refused.value.response)
    for response in refusals:
        assert response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503, 507), response
        assert response["Error"]["Code"] and response["Error"]["Message"] and response["ResponseMetadata"]["RequestId"], response
    # It lives, and reads.
    assert server.process.poll() is None and server.is_ready()
    assert [f["FunctionName"] for f in api.list_functions()["Functions"]] == ["before"]
    assert api.invoke(FunctionName="before")["StatusCode"] == 200

    filler.unlink()
    create("after")
    logs.create_log_group(logGroupName="after")
    assert {f["FunctionName"] for f in api.list_functions()["Functions"]} == {"before", "after"}
    api.get_waiter("function_active_v2").wait(FunctionName="after", WaiterConfig={"Delay": 1})
    assert api.invoke(FunctionName="after")["Payload"].read() == b"2"
