"""Values for the models' shapes: the simplest that a constraint allows, and such as it forbids."""

import json
import re

from wire_models import ROOT

try:
    from re import _constants, _parser
except ImportError:  # before Python 3.11
    import sre_constants as _constants
    import sre_parse as _parser

LONGEST = 100_000
_ODD = ["!", " ", "é", "*", "\u0001", "a b/c", "", "a" * 300]


class Model:
    """The facts of Models/<service>.json."""

    def __init__(self, service):
        self.facts = json.loads((ROOT / "Models" / (service + ".json")).read_text())
        self.operations = self.facts["operations"]
        self._samples = {}

    def shape(self, name):
        return self.facts["shapes"][name]

    def input(self, operation):
        """The name of the operation's input; None if it has none."""
        return (self.operations[operation].get("input") or {}).get("shape")

    # Values that are allowed

    def sample(self, name):
        """The simplest value of a shape: of a structure, what is required."""
        shape = self.shape(name)
        kind = shape["type"]
        if kind == "structure":
            return self.structure(name)
        if kind == "list":
            return [self.sample(shape["member"]["shape"])] * max(1, shape.get("min", 0))
        if kind == "map":
            return {self.sample(shape["key"]["shape"]): self.sample(shape["value"]["shape"])}
        if name not in self._samples:
            self._samples[name] = self._scalar(shape)
        return self._samples[name]

    def structure(self, name):
        shape = self.shape(name)
        members = shape.get("members", {})
        return {member: self.sample(members[member]["shape"]) for member in shape.get("required", [])}

    def _scalar(self, shape):
        kind = shape["type"]
        if kind == "string":
            return shape["enum"][0] if shape.get("enum") else text(shape)
        if kind in ("integer", "long", "float", "double"):
            return max(shape.get("min", 1), 1) if shape.get("max", 1) >= 1 else shape["max"]
        if kind == "boolean":
            return False
        if kind == "blob":
            return b"0" * max(1, shape.get("min", 0))
        assert kind == "timestamp", shape
        return 1_700_000_000


def compiled(pattern):
    """The pattern in Python's words; None if it has none for it."""
    for one, other in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d"), (r"\w-_", r"\w_-")):
        pattern = pattern.replace(one, other)
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        return None


def text(shape):
    """A short text that the shape allows."""
    least, most = shape.get("min", 0), shape.get("max", LONGEST)
    pattern = compiled(shape.get("pattern", ".*"))
    plain = ["a" * max(1, least), "1" * max(1, least), "/", "aA1"]
    if pattern is None:
        return plain[0]
    for candidate in plain + [_shortest(_parser.parse(pattern.pattern), extra) for extra in range(0, 130)]:
        if least <= len(candidate) <= most and pattern.fullmatch(candidate):
            return candidate
    raise AssertionError("no text for %r" % shape)


def _shortest(tree, extra=0):
    """A short text for a parsed pattern; what repeats does so `extra` times more, if it may. What looks around is not looked at."""
    out = ""
    for kind, value in tree:
        if kind is _constants.LITERAL:
            out += chr(value)
        elif kind is _constants.NOT_LITERAL:
            out += "b" if value == ord("a") else "a"
        elif kind is _constants.ANY:
            out += "a"
        elif kind is _constants.IN:
            out += _one_of(value)
        elif kind is _constants.BRANCH:
            # The last one is the plain name where ARNs come first.
            out += _shortest(value[1][-1] if extra % 2 == 0 else value[1][0], extra)
        elif kind is _constants.SUBPATTERN:
            out += _shortest(value[3], extra)
        elif kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            least, most, inner = value
            out += _shortest(inner, extra) * min(least + extra, max(least, 128 if most is _constants.MAXREPEAT else int(most)))
    return out


def _one_of(choices):
    if choices[0][0] is _constants.NEGATE:
        pattern = [(kind, value) for kind, value in choices[1:]]
        taken = {chr(value) for kind, value in pattern if kind is _constants.LITERAL}
        return next(character for character in "aA0_" if character not in taken)
    for kind, value in choices:
        if kind is _constants.RANGE:
            return chr(max(value[0], ord("a")) if value[0] <= ord("a") <= value[1] else value[0])
        if kind is _constants.CATEGORY:
            return "0" if value is _constants.CATEGORY_DIGIT else "a"
    return chr(choices[0][1])


# Values that are not allowed: what is wrong, and the value.


def violations(shape):
    """Values of the right type that the shape's constraints forbid."""
    kind = shape["type"]
    if kind == "string":
        yield from _wrong_texts(shape)
    elif kind in ("integer", "long"):
        if "max" in shape and shape["max"] < 2**31 - 1:
            yield "too great", int(shape["max"]) + 1
        if shape.get("min", -(2**31)) > -(2**31):
            yield "too small", int(shape["min"]) - 1
    elif kind in ("float", "double"):
        if "max" in shape:
            yield "too great", float(shape["max"]) + 1
        if "min" in shape:
            yield "too small", float(shape["min"]) - 1
    elif kind == "blob":
        if shape.get("max", LONGEST) < LONGEST:
            yield "too long", b"0" * (shape["max"] + 1)
        if shape.get("min", 0) > 0:
            yield "too short", b"0" * (shape["min"] - 1)


def _wrong_texts(shape):
    if shape.get("enum"):
        yield "not among the values", "NoSuchValue"
        return
    good = text(shape)
    pattern = compiled(shape["pattern"]) if "pattern" in shape else None
    if shape.get("max", LONGEST) < LONGEST:
        yield "too long", (good * (shape["max"] + 1))[: shape["max"] + 1]
    if shape.get("min", 0) > 0:
        yield "too short", good[: shape["min"] - 1]
    if pattern:
        for odd in _ODD:
            if shape.get("min", 0) <= len(odd) <= shape.get("max", LONGEST) and not pattern.fullmatch(odd):
                yield "against the pattern", odd
                break


def mistyped(kind):
    """Values of JSON that are of another type."""
    wrong = {
        "string": [5, True, {}, []],
        "integer": ["abc", {}, [], True],
        "long": ["abc", {}, [], True],
        "float": ["abc", {}, []],
        "double": ["abc", {}, []],
        "boolean": ["maybe", {}, []],
        "list": ["x", 5, {"a": 1}],
        "map": ["x", 5, [1]],
        "structure": ["x", 5, [1]],
        "blob": [5, {}, "no base64!"],
        "timestamp": ["yesterday", {}, True],
    }
    for value in wrong[kind]:
        yield "of type %s" % type(value).__name__, value
