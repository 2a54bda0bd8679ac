"""Runs the aws CLI without starting it each time, which takes longer than what it does: a process that has loaded it is forked for every
command. With `MARTLET_LONG=1` every command is a program of its own.
"""

import atexit
import contextlib
import importlib.util
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_TIMEOUT = 120
_starting = threading.Lock()
_server = None


def run(words, environment, folder, input=None):
    """The finished process of a command, as `subprocess.run` gives it with captured texts."""
    if os.environ.get("MARTLET_LONG") == "1" or importlib.util.find_spec("awscli") is None:
        beside = Path(sys.executable).with_name("aws")
        program = str(beside) if beside.exists() else shutil.which("aws")
        return subprocess.run([program, *words], env=environment, cwd=folder, input=input, capture_output=True, text=True, timeout=_TIMEOUT)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        given.write((input or "").encode())
        given.seek(0)
        status = _forked(json.dumps([words, environment, str(folder)]).encode(), [given.fileno(), output.fileno(), errors.fileno()])
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(["aws", *words], status, *texts)


def _forked(request, descriptors):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT)
        connection.connect(_address())
        socket.send_fds(connection, [len(request).to_bytes(4, "big")], descriptors)
        connection.sendall(request)
        answer = connection.recv(1)
    assert answer, "the aws CLI died"
    return answer[0]


def _address():
    global _server
    with _starting:
        if _server is None:
            folder = tempfile.mkdtemp(prefix="martlet-aws-")
            path = folder + "/socket"
            process = subprocess.Popen([sys.executable, __file__, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert process.stdout.readline() == "ready\n"
            _server = path
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            # It ends with its input.
            atexit.register(process.stdin.close)
        return _server


# In the process of its own


def _serve(path):
    import signal

    import awscli.clidriver
    import awscli.handlers  # noqa: F401
    import botocore.loaders
    import botocore.session

    # What commands load, too: the descriptions of services are most of it.
    loader = botocore.loaders.create_loader(os.environ["AWS_DATA_PATH"])
    botocore.session.create_loader = lambda _: loader
    for name in ("cli", "endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(name)
    for service in ("iam", "lambda", "logs", "s3", "sns", "sqs", "sts"):
        for kind in ("service-2", "paginators-1", "endpoint-rule-set-1"):
            loader.load_service_model(service, kind)
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        awscli.clidriver.create_clidriver().main(["sts", "no-such-operation"])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    print("ready", flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _answer(connection, awscli.clidriver.main)
        connection.close()


def _answer(connection, main):
    head, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
    request = b""
    while len(request) < int.from_bytes(head, "big"):
        request += connection.recv(1 << 16)
    words, environment, folder = json.loads(request)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # It has found its own data when it was loaded.
    data = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update({**environment, "AWS_DATA_PATH": data})
    os.chdir(folder)
    sys.argv = ["aws", *words]
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, closefd=False) for number, mode in enumerate("rww"))
    status = 1
    try:
        status = main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    connection.sendall(bytes([(status or 0) & 255]))
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
