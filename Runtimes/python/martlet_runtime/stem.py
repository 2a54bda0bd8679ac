"""A stem: a runtime that is started before it is known for which function, and becomes that function's when it is told.

It finds a socket at the descriptor that `MARTLET_STEM` begins with. It writes a byte there when all is loaded, and reads its
environment from there when its code has been put at /var/task: one message, a NUL after each variable.

Where `MARTLET_ZYGOTE` names a module, this process is a zygote: stems are forked from it, and only they connect to anything.
"""

import os
import sys
from _socket import AF_UNIX, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SOCK_SEQPACKET, socket

_VARIABLE = "MARTLET_STEM"
_ZYGOTE = "MARTLET_ZYGOTE"


def wait(warm, connect):
    """Calls `warm` with a client that gives it some invocations; then waits until this process has a function.

    Gives what `connect` makes of the Runtime API's address.
    """
    descriptor = int(os.environ[_VARIABLE].partition(":")[0])
    zygote = os.environ.get(_ZYGOTE)
    if zygote:
        warm(_Rehearsal(16))
        _load()
        _fork(zygote)
        sys.modules["site"].execsitecustomize()
    client = connect(os.environ["AWS_LAMBDA_RUNTIME_API"])
    launcher = socket(AF_UNIX, SOCK_SEQPACKET, 0, descriptor)
    shown = _Shown()
    # What was forked has its own copy after of what an invocation writes to. One that was forked for a function that waits
    # has no time for that.
    if not (zygote and _is_awaited(launcher)):
        warm(_Rehearsal(2 if zygote else 16))
        _load()
        _rehearse_becoming(shown)
    orders = _ask(launcher)
    if not orders:
        os._exit(0)
    _become(orders)
    shown.show(orders)
    shown.close()
    os.chdir(os.environ.get("LAMBDA_TASK_ROOT", "/var/task"))
    # A function sees what it would see in a process of its own.
    del sys.modules[__name__]
    del sys.modules[__package__].stem
    return client


def _is_awaited(launcher):
    """Whether the orders are there already."""
    try:
        launcher.recv_into(bytearray(1), 1, MSG_PEEK | MSG_DONTWAIT)
    except OSError:
        return False
    return True


def _ask(launcher):
    """Says that this process is ready, and waits for its orders; empty: there will be none."""
    try:
        launcher.send(b"r")
        # How long the message is, without taking it: room for the longest would cost time and memory.
        size = launcher.recv_into(bytearray(1), 1, MSG_PEEK | MSG_TRUNC)
        orders = launcher.recv(size) if size else b""
    except OSError:
        orders = b""
    launcher.close()
    return orders


def _become(orders):
    """Makes the environment what the orders say, in their order; what stays the same is not touched."""
    data = os.environ._data
    variables = {}
    # The interpreter's own doing, where the C library has no such locale as LANG names.
    coerced = data.get(b"LC_CTYPE")
    if coerced is not None:
        variables[b"LC_CTYPE"] = coerced
    for variable in orders.split(b"\0"):
        name, mark, value = variable.partition(b"=")
        if mark:
            variables[name] = value
    for name in data:
        if name not in variables:
            os.unsetenv(name)
    for name, value in variables.items():
        if data.get(name) != value:
            os.putenv(name, value)
    data.clear()
    data.update(variables)


def _rehearse_becoming(shown):
    """Becomes something else, and what it is again: what that writes to is this process's own after."""
    names = [name for name in os.environ._data if name != b"LC_CTYPE"]
    orders = [name + b"=" + os.environ._data[name] for name in names]
    _become(b"\0".join(name + b"=" for name in names))
    _become(b"\0".join(orders))
    shown.show(b"\0".join(orders))


def _load():
    """Loads a module as a handler is loaded, from the last of the function's folders, and forgets it."""
    from importlib import import_module

    name = "martlet_rehearsed"
    import_module(name)
    del sys.modules[name]
    # What was found in folders that will have other contents.
    for path in list(sys.path_importer_cache):
        if path.startswith(("/var/task", "/opt")):
            del sys.path_importer_cache[path]
    exec(compile("def handler(event, context):\n    return event\n", name, "exec"), {})


def _fork(module):
    """Returns in the processes that are forked from this one, as often as the launcher says."""
    import _imp
    import gc

    # What is there now is garbage in none of them; and a collector that marks it would make copies of all of it.
    gc.collect()
    gc.freeze()
    del sys.modules["gc"]
    try:
        _imp.create_dynamic(type(sys.__spec__)("martlet_zygote", None, origin=module))
    except ImportError as error:
        if str(error) == "forked":
            return
    os._exit(1)


class _Shown:
    """What /proc/self/environ shows: the memory that the process's first variables are in, as far as there is room."""

    def __init__(self):
        self._memory = None
        try:
            with open("/proc/self/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            self._start, end = int(fields[47]), int(fields[48])
            self._size = end - self._start
            self._memory = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)
        except (OSError, ValueError, IndexError):
            pass

    def show(self, block):
        if self._memory is None:
            return
        if len(block) > self._size:
            block = b""
        try:
            os.pwrite(self._memory, block.ljust(self._size, b"\0"), self._start)
        except OSError:
            pass

    def close(self):
        if self._memory is not None:
            os.close(self._memory)


class _Rehearsal:
    """A client whose invocations nobody made."""

    def __init__(self, count):
        self._left = count

    def next(self):
        self._left -= 1
        if self._left < 0:
            return None
        headers = {
            "lambda-runtime-aws-request-id": "00000000-0000-0000-0000-000000000000",
            "lambda-runtime-deadline-ms": "0",
            "lambda-runtime-invoked-function-arn": "",
            "lambda-runtime-trace-id": "",
            "content-type": "application/json",
        }
        return headers, b'{"key": ["value", 1, 2.5, true, null]}'

    def respond(self, request_id, body, content_type):
        return self.next()
