"""Our Python bootstrap and AWS's own client, `awslambdaric`, give the same answers to the same handlers."""

import sys
from pathlib import Path

import interpreters
import pytest
from fake_runtime_api import Function

pytest.importorskip("awslambdaric")

CODE = """
import collections, datetime, decimal, logging
Point = collections.namedtuple("Point", "x y")

class Odd(Exception):
    def __str__(self):
        return ""

def inner(kind):
    raise kind("text é")

values = {
    "plain": {"a": [1, 2.5, None, True, "é\\u2028\\U0001f600/"], "b": {"c": ()}},
    "decimal": {"d": decimal.Decimal("1.10"), "n": decimal.Decimal("NaN"), "i": decimal.Decimal("Infinity")},
    "point": Point(1, [Point(2, 3)]),
    "keys": {1: 2, None: 3, True: 4, 1.5: 5},
    "bytes": b"\\x00\\xff",
    "inner": {"b": b"abc"},
    "set": {1},
    "date": datetime.date(2026, 1, 1),
    "tuplekey": {(1, 2): 3},
    "nan": [float("nan"), float("inf")],
}

def handler(event, context):
    if event == "raise":
        inner(ValueError)
    if event == "odd":
        raise Odd
    if event == "nested":
        try:
            inner(KeyError)
        except KeyError as error:
            raise RuntimeError("outer") from error
    if event == "log":
        logging.getLogger().warning("text")
        logging.warning("two\\nlines")
    return values.get(event, event)
"""
EVENTS = ["plain", "decimal", "point", "keys", "bytes", "inner", "set", "date", "tuplekey", "nan", "raise", "odd", "nested", "log"]
BROKEN = ["nothing.handler", "app.missing", "app", "sys.exit", "broken.handler", "raising.handler", "importing.handler"]
FILES = {
    "app.py": CODE,
    "broken.py": "def handler(:\n    pass\n",
    "raising.py": "raise OSError(2, 'text')\n",
    "importing.py": "import nowhere.at.all\n",
}


def commands():
    return {
        "theirs": [sys.executable, "-m", "awslambdaric"],
        "ours": [sys.executable, "-S", str(interpreters.RUNTIMES / "python/bootstrap.py")],
    }


def run(tmp_path, name, handler):
    folder = tmp_path / name
    folder.mkdir()
    for file, text in FILES.items():
        (folder / file).write_text(text)
    command = commands()[name]
    version = "AWS_Lambda_python%d.%d" % sys.version_info[:2]
    environment = {"AWS_EXECUTION_ENV": version, "PYTHONPATH": str(folder)}
    if name == "theirs":
        command = command + [handler]
    return Function(command, folder, handler, environment=environment)


def without_paths(document, folder):
    document = dict(document)
    document["requestId"] = ""
    own = str(Path(folder))
    document["stackTrace"] = [line.replace(own, "") for line in document["stackTrace"]]
    return document


def without_stamps(output, exchanges, folder):
    import re

    for exchange in exchanges:
        output = output.replace(exchange.request_id, "<id>")
    lines = [line for line in output.split("\n") if "LAMBDA_WARNING" not in line]
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>", "\n".join(lines)).replace(str(folder), "")


def test_answers_and_errors(tmp_path):
    outcomes = {}
    for name in commands():
        function = run(tmp_path, name, "app.handler")
        exchanges = [function.invoke(event) for event in EVENTS]
        function.stop()
        outcomes[name] = {
            event: (one.kind, one.answer if one.kind == "response" else without_paths(one.json, function.folder))
            for event, one in zip(EVENTS, exchanges)
        }
        outcomes[name]["output"] = without_stamps(function.output, exchanges, function.folder)
    for event in [*EVENTS, "output"]:
        assert outcomes["ours"][event] == outcomes["theirs"][event], event


@pytest.mark.parametrize("handler", BROKEN)
def test_init_errors(tmp_path, handler):
    outcomes = {}
    for name in commands():
        function = run(tmp_path, name, handler)
        error = without_paths(function.wait_init_error(), function.folder)
        function.process.wait(10)
        function.stop()
        outcomes[name] = (error, function.api.init_error_type, function.process.returncode)
        outcomes[name] += (without_stamps(function.output, [], function.folder),)
    assert outcomes["ours"] == outcomes["theirs"]
