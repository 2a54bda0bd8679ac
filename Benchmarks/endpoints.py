"""What is measured: Martlet, and AWS's Runtime Interface Emulator."""

import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

import boto3

HERE = Path(__file__).resolve().parent
EVENT = b'{"name":"martlet"}'
FUNCTIONS = {"python": ("app.py", "app.handler"), "node": ("app.js", "app.handler"), "native": ("bootstrap", "bootstrap")}


class Unsupported(Exception):
    """Why an endpoint has no figure here."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(home, **more):
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(home), **more}


def end(process):
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Martlet:
    """A server with an empty data folder."""

    name = "martlet"

    def __init__(self, binary, python, code):
        """`python` is the runtime of the functions in Python. Those for Node.js run on the version that is here."""
        self.binary, self.code = binary, code
        self.runtimes = {"python": python, "node": None, "native": "provided.al2023"}
        for line in subprocess.run([binary, "runtimes"], capture_output=True, text=True, check=True).stdout.splitlines():
            if line.startswith("nodejs") and " Node.js " in line and "nearest version" not in line:
                self.runtimes["node"] = self.runtimes["node"] or line.split()[0]

    def start(self):
        """Milliseconds until it is ready."""
        self.folder = Path(tempfile.mkdtemp(prefix="martlet-bench-"))
        self.port = free_port()
        command = [self.binary, "up", "--port", str(self.port), "--data", str(self.folder / "data")]
        began = time.perf_counter()
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, "NO_COLOR": "1"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/_martlet/health")
                if connection.getresponse().read() is not None:
                    break
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - began > 60:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")) from None
                time.sleep(0.001)
        elapsed = (time.perf_counter() - began) * 1000
        session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
        url = "http://127.0.0.1:%d" % self.port
        self.api = session.client("lambda", region_name="us-east-1", endpoint_url=url)
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self.role = session.client("iam", region_name="us-east-1", endpoint_url=url).create_role(
            RoleName="bench", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )["Role"]["Arn"]
        return elapsed

    def stop(self):
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def deploy(self, kind):
        """A new function, never invoked: port and path to invoke it, and how to remove it."""
        if not self.runtimes[kind]:
            raise Unsupported("no version of Node.js that AWS has is on this machine")
        file, handler = FUNCTIONS[kind]
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as z:
            info = zipfile.ZipInfo(file)
            info.external_attr = 0o100755 << 16
            z.writestr(info, (self.code / file).read_bytes())
        name = "bench-" + uuid.uuid4().hex[:12]
        self.api.create_function(
            FunctionName=name, Runtime=self.runtimes[kind], Handler=handler, Role=self.role, MemorySize=1769, Timeout=30,
            Code={"ZipFile": package.getvalue()},
        )
        deadline = time.monotonic() + 60
        while (state := self.api.get_function_configuration(FunctionName=name)["State"]) != "Active":
            if state == "Failed" or time.monotonic() > deadline:
                raise RuntimeError("the function's state is " + state)
            time.sleep(0.02)
        path = "/2015-03-31/functions/%s/invocations" % name
        return self.port, path, lambda: self.api.delete_function(FunctionName=name)


class Emulator:
    """AWS's Runtime Interface Emulator: a program that runs one function."""

    name = "emulator"

    def __init__(self, binary, python, code):
        self.binary, self.python, self.code = binary, python, code

    def start(self):
        raise Unsupported("it starts with its function")

    def stop(self):
        pass

    def deploy(self, kind):
        file, handler = FUNCTIONS[kind]
        if kind == "node":
            raise Unsupported("AWS's client for Node.js is not on PyPI")
        folder = Path(tempfile.mkdtemp(prefix="martlet-bench-"))
        shutil.copy(self.code / file, folder / file)
        program = [str(folder / file)] if kind == "native" else [self.python, "-m", "awslambdaric", handler]
        port = free_port()
        command = [self.binary, "--log-level", "error", "--runtime-interface-emulator-address", "127.0.0.1:%d" % port]
        command += ["--runtime-api-address", "127.0.0.1:%d" % free_port(), *program]
        environment = clean_environment(
            folder, LAMBDA_TASK_ROOT=str(folder), PYTHONPATH=str(folder), _HANDLER=handler, AWS_LAMBDA_FUNCTION_TIMEOUT="30",
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE="1769",
        )
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

        def remove():
            end(process)
            shutil.rmtree(folder, ignore_errors=True)

        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port, "/2015-03-31/functions/function/invocations", remove
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    remove()
                    raise RuntimeError("the emulator did not start") from None
                time.sleep(0.002)
