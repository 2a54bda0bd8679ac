"""The document that describes an error, for the caller, for the log and for X-Ray."""

import json
import os
import time
import traceback

from . import logs, marshal
from .faults import Fault

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CAUSE_LIMIT = 32 * 1024  # it travels in a header


def document(exc_info, request_id):
    """The error document and, as header text or None, what X-Ray is told about the cause."""
    kind, error, trace = exc_info
    if isinstance(error, Fault):
        fault = {"message": error.message, "type": "LambdaValidationError", "stack": []}
        return _document(error.message, error.kind, error.trace, request_id), _cause(fault, [])
    frames = traceback.extract_tb(trace)
    own = 0
    while own < len(frames) and frames[own].filename.startswith(_RUNTIME):
        own += 1
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in frames[own if own < len(frames) else 0 :]]
    message = str(error)
    stack = [{"label": name, "path": path, "line": line} for path, line, name, _ in frames]
    fault = {"message": message, "type": kind.__name__, "stack": stack}
    cause = _cause(fault, sorted({path for path, _, _, _ in frames}))
    return _document(message, kind.__name__, traceback.format_list(frames), request_id), cause


def encode(document):
    """The document's bytes."""
    return marshal.encode(document).encode("utf-8", "replace")


def report(document):
    """Writes the error into the function's log, as one event."""
    if logs.is_json:
        record = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": "ERROR"}
        record.update(document)
        logs.write_error([marshal.encode(record)])
        return
    title = "[ERROR] " + document["errorType"]
    if document["errorMessage"]:
        title += ": " + document["errorMessage"]
    lines = [title, "Traceback (most recent call last):"]
    for element in document["stackTrace"]:
        # Spaces at the start of a line would be lost in some viewers; AWS writes no-break spaces.
        for line in element.splitlines() or [""]:
            text = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(text)) + text)
    logs.write_error(lines)


def _document(message, kind, trace, request_id):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace or []}


def _cause(fault, paths):
    try:
        text = json.dumps({"working_directory": os.getcwd(), "exceptions": [fault], "paths": paths})
    except (OSError, ValueError, TypeError):
        return None
    return text if len(text) < _CAUSE_LIMIT else None
