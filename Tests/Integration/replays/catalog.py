"""All recorded scenarios, the code that replays each, and what is said of answers that do not match."""

import importlib
import json
import pkgutil
from pathlib import Path

from recordings import FOLDER

# The recorded files that are replayed, by the folder that they are in.
FILES = {
    "lambda": ("lambda_api", "lambda_common", "lambda_destinations", "lambda", "lambda_integration_sqs"),
    "s3": (
        "s3", "s3_api", "s3_cors", "s3_list_operations", "s3_notifications_eventbridge", "s3_notifications_lambda", "s3_notifications_sns",
        "s3_notifications_sqs",
    ),
    "sns": ("sns", "sns_filter_policy"),
    "sqs": ("sqs", "sqs_move_task"),
}  # fmt: skip
NOT_DERIVABLE = "not derivable"
EXPLAINED = "explained"
MATCHED = "matched"

_replays = {}


class Reason(str):
    """Why an answer is not expected to match."""

    outcome = EXPLAINED


class Unknown(Reason):
    """Why the request that gave an answer cannot be known."""

    outcome = NOT_DERIVABLE


def scenario(name, reasons=None):
    """Registers what replays a scenario: `Class::case`, or all `Class::case[…]` unless the one is named.

    The function gets a `Replay`. `reasons` holds, by label, why answers do not match ("*" for all labels), or is a function of the
    parameter in brackets that gives this.
    """

    def register(function):
        assert name not in _replays, "%s is replayed twice" % name
        _replays[name] = (function, reasons or {})
        return function

    return register


class Scenario:
    def __init__(self, service, file, name, answers):
        self.service = service
        self.file = file
        self.name = name
        self.answers = answers or {}
        self.group = name.split("::")[0] if "::" in name else file
        base, _, parameter = name.partition("[")
        self.parameter = parameter[:-1]
        self.function, reasons = _replays.get(name) or _replays.get(base) or (None, {})
        given = reasons(self.parameter) if callable(reasons) else reasons
        self.reasons = {label: given.get(label, given.get("*")) for label in self.answers if label in given or "*" in given}
        self.superfluous = [label for label in given if label not in self.answers and label != "*"]

    def outcome(self, label):
        reason = self.reasons.get(label)
        return MATCHED if reason is None else reason.outcome if isinstance(reason, Reason) else EXPLAINED


def is_here():
    return all(_path(service, file).exists() for service, files in FILES.items() for file in files)


def _path(service, file):
    return FOLDER / service / (file + ".json")


def scenarios():
    """Every recorded scenario, with what replays it."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "scenarios")]):
        importlib.import_module("replays.scenarios." + module.name)
    return [
        Scenario(service, file, name, recorded["content"])
        for service, files in FILES.items()
        for file in files
        for name, recorded in sorted(json.loads(_path(service, file).read_text()).items())
    ]
