"""Speaks to wire-probe: one framed JSON command, one framed JSON answer."""

import base64
import datetime
import json
import os
import struct
import subprocess

from wire_models import ROOT

LONG = os.environ.get("MARTLET_LONG") == "1"

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Probe:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **command):
        body = json.dumps(command).encode()
        self.process.stdin.write(struct.pack(">I", len(body)) + body)
        self.process.stdin.flush()
        (length,) = struct.unpack(">I", self._read(4))
        answer = json.loads(self._read(length))
        assert "broken" not in answer, answer
        return answer

    def _read(self, count):
        data = self.process.stdout.read(count)
        assert len(data) == count, "wire-probe ended"
        return data

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def probe_path():
    return os.environ.get("MARTLET_WIRE_PROBE") or str(ROOT / ".build/debug/wire-probe")


def milliseconds(time):
    return round((time - EPOCH) / datetime.timedelta(milliseconds=1))


def tagged(shape, value):
    """A botocore value as the probe writes WireValue."""
    kind = shape.type_name
    if value is None:
        return {"n": None}
    if kind == "structure" and getattr(shape, "is_document_type", False):
        return document(value)
    if kind == "structure":
        members = {k: tagged(shape.members[k], v) for k, v in value.items() if v is not None}
        return {"r": members}
    if kind == "list":
        return {"l": [tagged(shape.member, v) for v in value]}
    if kind == "map":
        return {"m": {k: tagged(shape.value, v) for k, v in value.items()}}
    if kind == "boolean":
        return {"b": value}
    if kind in ("integer", "long"):
        return {"i": str(value)}
    if kind in ("float", "double"):
        return {"d": number(value)}
    if kind == "blob":
        return {"x": base64.b64encode(value).decode()}
    if kind == "timestamp":
        return {"t": str(milliseconds(value))}
    return {"s": value}


def document(value):
    if value is None:
        return {"n": None}
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"d": number(value)}
    if isinstance(value, list):
        return {"l": [document(v) for v in value]}
    if isinstance(value, dict):
        return {"m": {k: document(v) for k, v in value.items()}}
    return {"s": value}


def number(value):
    text = repr(float(value))
    return text


def canonical(value):
    """The probe's answer with numbers in Python's spelling, so that both sides compare equal."""
    ((kind, inner),) = value.items()
    if kind == "d":
        return {"d": number(float(inner))}
    if kind == "l":
        return {"l": [canonical(v) for v in inner]}
    if kind in ("m", "r"):
        return {kind: {k: canonical(v) for k, v in inner.items()}}
    return value
