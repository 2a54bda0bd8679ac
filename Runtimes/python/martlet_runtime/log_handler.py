"""The handler of the root logger, in AWS's text form and in its JSON form."""

import json
import logging
import os
import time
import traceback

from . import logs

_DATE = "%Y-%m-%dT%H:%M:%SZ"
_encoder = json.JSONEncoder(ensure_ascii=False, default=str)
# What a record has by itself; everything else was given by the caller as `extra`.
_OWN = (set(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"aws_request_id", "tenant_id"}) - {"taskName"}


class LambdaLoggerFilter(logging.Filter):
    """Gives records the id of the invocation, which user-defined formats may name too."""

    def filter(self, record):
        record.aws_request_id = logs.request_id
        record.tenant_id = logs.tenant_id
        return True


class LambdaLoggerHandler(logging.Handler):
    """Writes records into the function's log."""

    def __init__(self, framed):
        super().__init__()
        self._framed = framed

    def emit(self, record):
        try:
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        if self._framed:
            logs.write(text, logs.frame_type(record.levelno, logs.is_json))
        elif logs.is_framed() or text.endswith("\n"):
            logs.write(text)
        else:  # a traceback comes after the format's own line end, and has none
            logs.write(text + "\n")


class JsonFormatter(logging.Formatter):
    """One JSON object per record. https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""

    def __init__(self):
        super().__init__(datefmt=_DATE)

    def format(self, record):
        level = min(50, max(0, record.levelno)) // 10 * 10
        error = record.exc_info if record.exc_info and record.exc_info[0] else None
        fields = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": logging.getLevelName(level),
            "message": record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(error[2]) if error else None,
            "errorType": error[0].__name__ if error else None,
            "errorMessage": str(error[1]) if error else None,
            "requestId": getattr(record, "aws_request_id", None),
            "location": "%s:%s:%s" % (record.pathname, record.funcName, record.lineno) if error else None,
            "tenantId": getattr(record, "tenant_id", None),
        }
        for name, value in record.__dict__.items():
            if name not in _OWN and name not in fields:
                fields[name] = value
        return _encoder.encode({name: value for name, value in fields.items() if value is not None}) + "\n"


def install():
    """Adds the handler to the root logger and sets its level."""
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler(framed=logs.is_json or bool(level))
    if logs.is_json:
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(
            logging.Formatter(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S"
            )
        )
    handler.addFilter(LambdaLoggerFilter())
    root = logging.getLogger()
    if level in logging._nameToLevel:
        root.setLevel(level)
    root.addHandler(handler)
