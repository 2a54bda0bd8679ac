"""Events from JSON, and answers to JSON as AWS's runtime writes them: Decimals as numbers, named tuples as objects."""

import json
import os
import sys

from .faults import Fault

_unescaped = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
# From python3.12 on, AWS leaves characters beyond ASCII as they are.
_encoder = json.JSONEncoder(ensure_ascii=not (_unescaped.isdigit() and int(_unescaped) >= 12))
_PLAIN = frozenset((str, int, float, bool, type(None)))


def decode(body, content_type):
    """The event: parsed if it is JSON, the bytes otherwise."""
    if content_type != "application/json":
        return body
    try:
        return json.loads(body)
    except Exception as error:
        raise Fault("UnmarshalError", "Unable to unmarshal input: %s" % error)


def encode_response(value):
    """The bytes of a handler's answer, and their content type."""
    if isinstance(value, bytes):
        return value, "application/unknown"
    try:
        return encode(value).encode(), "application/json"
    except Exception as error:
        raise Fault("MarshalError", "Unable to marshal response: %s" % error)


def encode(value):
    """A value as JSON text."""
    if _is_plain(value, 64):
        return _line_ends(_encoder.encode(value))
    numbers = {}
    text = _encoder.encode(_convert(value, numbers, set()))
    for token, number in numbers.items():
        text = text.replace('"%s"' % token, number)
    return _line_ends(text)


def _line_ends(text):
    # U+2028 and U+2029 end lines in JavaScript, so AWS's encoder escapes them always.
    if "\u2028" in text or "\u2029" in text:
        return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return text


def _is_plain(value, depth):
    """Whether the standard encoder alone gives the right answer."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if depth == 0:
        return False
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or (type(item) not in _PLAIN and not _is_plain(item, depth - 1)):
                return False
        return True
    if kind is list or kind is tuple:
        for item in value:
            if type(item) not in _PLAIN and not _is_plain(item, depth - 1):
                return False
        return True
    return False


def _convert(value, numbers, parents):
    """The value in types that the standard encoder knows. Decimals become tokens, replaced when all is text."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (dict, list, tuple)):
        if id(value) in parents:
            raise ValueError("Circular reference detected")
        parents.add(id(value))
        if isinstance(value, tuple) and callable(getattr(value, "_asdict", None)):
            converted = {key: _convert(item, numbers, parents) for key, item in value._asdict().items()}
        elif isinstance(value, dict):
            converted = {_key(key): _convert(item, numbers, parents) for key, item in value.items()}
        else:
            converted = [_convert(item, numbers, parents) for item in value]
        parents.remove(id(value))
        return converted
    if isinstance(value, bytes):
        return value.decode()
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        if value.is_nan():
            return float("nan")
        token = "%s-%d" % (os.urandom(16).hex(), len(numbers))
        numbers[token] = str(value)
        return token
    return value


def _key(key):
    return key.decode() if isinstance(key, bytes) else key
