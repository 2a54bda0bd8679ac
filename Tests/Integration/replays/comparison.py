"""Compares an answer with a recorded one, whose placeholders stand for values that vary.

`<uuid:1>` is one value wherever it appears in a scenario, and another than `<uuid:2>`. `<code-size>`, without a number, may differ
from place to place when it is a whole value; within a text it is one value. "date" and the like are stand-ins for any date.
"""

import datetime
import json
import re

ACCOUNT = "111111111111"
_PLACEHOLDER = re.compile(r"<([a-zA-Z][\w-]*(?::\d+)?|[a-z]:len\(\d+\))>")
_REPEATED = re.compile(r"<([a-z]):len\((\d+)\)>")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?")
# Values of a scenario's place, not of its behaviour; filled in before anything is compared.
_PLACE = ("region", "partition")


def _is_date(value):
    return isinstance(value, datetime.datetime) or isinstance(value, str) and bool(_DATE.fullmatch(value))


STAND_INS = {
    "date": _is_date,
    "datetime": _is_date,
    "timestamp": lambda value: isinstance(value, int) or isinstance(value, str) and (value.isdigit() or _is_date(value)),
    "lambda-url": lambda value: isinstance(value, str) and ".lambda-url." in value,
    "function-url": lambda value: isinstance(value, str) and ".lambda-url." in value,
    "code-sha256": lambda value: isinstance(value, str) and len(value) == 44,
    "connection": lambda value: isinstance(value, str),
    "content--length": lambda value: isinstance(value, str) and value.isdigit(),
    "log-result": lambda value: isinstance(value, str),
    "sent-timestamp": lambda value: isinstance(value, str) and value.isdigit(),
    "sender-id": lambda value: isinstance(value, str) and value != "",
    "maximum-batching-window-in-seconds": lambda value: isinstance(value, int),
}


class Bindings:
    """What the placeholders of one scenario have stood for so far."""

    def __init__(self, account, region, partition="aws"):
        self.account = account
        self.values = {"region": region, "partition": partition}
        self.names = {}

    def bind(self, name, value):
        """Whether the placeholder may stand for the value; afterwards it does."""
        if name in self.values:
            return self.values[name] == value
        kind = name.split(":")[0] if ":" in name else None
        if kind and self.names.get((kind, value), name) != name:
            return False
        self.values[name] = value
        if kind:
            self.names[kind, value] = name
        return True

    def copy(self):
        other = Bindings(self.account, "")
        other.values, other.names = dict(self.values), dict(self.names)
        return other


def repeated(text):
    """`<a:len(3)>` is aaa."""
    return _REPEATED.sub(lambda match: match[1] * int(match[2]), text)


def normalised(value, account):
    """An answer in the recordings' form: without what every answer has and no recording keeps."""
    if isinstance(value, dict):
        metadata = value.get("ResponseMetadata")
        kept = {key: normalised(inner, account) for key, inner in value.items() if key != "ResponseMetadata"}
        if metadata is not None:
            kept["ResponseMetadata"] = {"HTTPStatusCode": metadata["HTTPStatusCode"]}
        return kept
    if isinstance(value, (list, tuple)):
        return [normalised(inner, account) for inner in value]
    if hasattr(value, "read"):
        return normalised(value.read(), account)
    if isinstance(value, bytes):
        return value.decode(errors="replace").replace(account, ACCOUNT)
    return value.replace(account, ACCOUNT) if isinstance(value, str) else value


def differences(recorded, found, bindings, path=""):
    """How an answer differs from the recorded one: one line for each place. Binds the placeholders in passing."""
    if isinstance(recorded, (dict, list)) and isinstance(found, str):
        # A JSON text that the recording holds as a tree.
        try:
            found = normalised(json.loads(found), bindings.account)
        except ValueError:
            pass
    if isinstance(recorded, dict) and isinstance(found, dict):
        return _members(recorded, found, bindings, path)
    if isinstance(recorded, list) and isinstance(found, list):
        lines = []
        if len(recorded) != len(found):
            lines.append("%s: %d items instead of %d" % (path or ".", len(found), len(recorded)))
        for index, (one, other) in enumerate(zip(recorded, found)):
            lines += differences(one, other, bindings, "%s[%d]" % (path, index))
        return lines
    if _is_same(recorded, found, bindings):
        return []
    return ["%s: %s instead of %s" % (path or ".", _short(found), _short(_explicit(recorded, bindings)))]


def _members(recorded, found, bindings, path):
    # Recordings of lists page by page lost the metadata.
    ignored = {"ResponseMetadata"} if "ResponseMetadata" not in recorded else set()
    lines = ["%s.%s is missing: %s" % (path, key, _short(recorded[key])) for key in recorded if key not in found]
    lines += ["%s.%s is too much: %s" % (path, key, _short(found[key])) for key in found if key not in recorded and key not in ignored]
    for key in recorded:
        if key == "ResponseMetadata" and key in found:
            # One recording kept all of it.
            place = path + ".ResponseMetadata.HTTPStatusCode"
            lines += differences(recorded[key]["HTTPStatusCode"], found[key]["HTTPStatusCode"], bindings, place)
        elif key in found:
            lines += differences(recorded[key], found[key], bindings, "%s.%s" % (path, key))
    return lines


def _is_same(recorded, found, bindings):
    if not isinstance(recorded, str):
        if isinstance(recorded, bool) or isinstance(found, bool):
            return recorded is found
        return recorded == found
    if recorded in STAND_INS:
        return STAND_INS[recorded](found)
    whole = _PLACEHOLDER.fullmatch(recorded)
    if whole and "(" not in whole[1] and whole[1] not in _PLACE:
        if isinstance(found, (dict, list)) or found is None:
            return False
        if ":" in whole[1] or whole[1] in bindings.values:
            return bindings.bind(whole[1], found)
        return True
    return isinstance(found, str) and _matches(recorded, found, bindings)


def _matches(recorded, found, bindings):
    """Whether a text with placeholders within may be the found one."""
    pattern, groups, end = "", {}, 0
    recorded = repeated(recorded)
    for match in _PLACEHOLDER.finditer(recorded):
        pattern += re.escape(recorded[end : match.start()])
        name = match[1]
        if name in bindings.values:
            pattern += re.escape(str(bindings.values[name]))
        elif name in groups:
            pattern += "(?P=%s)" % groups[name]
        else:
            groups[name] = "g%d" % len(groups)
            pattern += "(?P<%s>.+?)" % groups[name]
        end = match.end()
    pattern += re.escape(recorded[end:])
    match = re.fullmatch(pattern, found, re.DOTALL)
    return bool(match) and all(bindings.bind(name, match[group]) for name, group in groups.items())


def _explicit(recorded, bindings):
    if not isinstance(recorded, str):
        return recorded
    return _PLACEHOLDER.sub(lambda match: str(bindings.values.get(match[1], match[0])), recorded)


def _short(value):
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return repr(text) if len(text) <= 400 else repr(text[:400]) + "…"
