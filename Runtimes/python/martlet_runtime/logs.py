"""A function's log: where lines go, and the handler that `logging` starts with.

When `_LAMBDA_TELEMETRY_LOG_FD` names a descriptor, each record is a frame on it, so that a record with several lines stays
one event: type (4 bytes), length (4), microseconds since 1970 (8), big-endian, then the text. The platform recognises a
frame by its type, which no UTF-8 text starts with, even when the descriptor is that of standard output.
Otherwise records are lines of standard output, and the lines of an error are joined by carriage returns.
"""

import os
import sys
import time

request_id = ""
tenant_id = None
is_json = False

_TEXT, _JSON = 0xA55A0003, 0xA55A0002
_LEVELS = {10: 0b01000, 20: 0b01100, 30: 0b10000, 40: 0b10100, 50: 0b11000}
_descriptor = None


def frame_type(level, json):
    """The type of the frame for a record of this level, in `logging`'s numbers."""
    return (_JSON if json else _TEXT) | _LEVELS.get(min(50, max(0, level)) // 10 * 10, 0)


def is_framed():
    """Whether records are frames."""
    return _descriptor is not None


def write(text, kind=_TEXT):
    """Writes a record."""
    if _descriptor is None:
        _print(text)
        return
    flush = getattr(sys.stdout, "flush", None)
    if flush is not None:
        flush()
    data = text.encode("utf-8", "backslashreplace")
    now = int(time.time() * 1000000)
    frame = kind.to_bytes(4, "big") + len(data).to_bytes(4, "big") + now.to_bytes(8, "big") + data
    while frame:
        frame = frame[os.write(_descriptor, frame) :]


def _print(text):
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def write_error(lines):
    """Writes an error of the runtime or the handler."""
    if _descriptor is None:
        _print("\r".join(lines) + "\n")
    else:
        write("\n".join(lines), frame_type(40, is_json))


def prepare():
    """Reads the environment; sets `logging` up as soon as something imports it (it costs milliseconds)."""
    global _descriptor, is_json, request_id, tenant_id
    request_id, tenant_id = "", None
    is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    if descriptor is not None and descriptor.isdigit():
        _descriptor = int(descriptor)
    if "logging" in sys.modules:
        _install()
    else:
        sys.meta_path.insert(0, _LoggingHook())


def _install():
    from . import log_handler

    log_handler.install()


class _LoggingHook:
    """Finds the module `logging` as usual, and has our handler installed once it is loaded."""

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if hasattr(finder, "find_spec") else None
            if spec is not None:
                load = spec.loader.exec_module

                def exec_module(module):
                    load(module)
                    _install()

                try:
                    spec.loader.exec_module = exec_module
                except AttributeError:
                    pass
                return spec
        return None
