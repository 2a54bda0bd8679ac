"""Requests that AWS refuses, made of the models: each with one thing wrong."""

import json
import urllib.parse
from dataclasses import dataclass

import botocore.serialize

import wire_models
from model_values import Model, mistyped, violations

# How deep members of members are looked at.
_DEPTH = 5
# Members that cannot be wrong in a way of their own, since without them the request is another.
_PLACES = ("uri", "statusCode", "headers")


@dataclass
class Probe:
    what: str
    method: str
    path: str
    headers: dict
    body: bytes
    # Whether it must be refused; else it may be anything but a fault of the server.
    is_wrong: bool = True


@dataclass
class Member:
    """A member somewhere in an input."""

    path: tuple
    shape: str
    location: str
    is_required: bool

    @property
    def text(self):
        return ".".join(str(step) for step in self.path)


class Requests:
    """Makes the requests of one service in one protocol."""

    def __init__(self, service, protocol):
        self.model = Model(service)
        self.service, self.protocol = service, protocol
        self.serializer = botocore.serialize.create_serializer(protocol, include_validation=False)

    def operation(self, name):
        return wire_models.operation_model(self.service, self.protocol, name)

    def make(self, what, operation, parameters, is_wrong=True, edit=None):
        """The request with these parameters; `edit` changes the JSON of its body."""
        request = self.serializer.serialize_to_request(parameters, self.operation(operation))
        body = request["body"]
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
        body = body.encode() if isinstance(body, str) else bytes(body)
        if edit:
            tree = json.loads(body or b"{}")
            edit(tree)
            body = json.dumps(tree).encode()
        query = request.get("query_string")
        if query and not isinstance(query, str):
            query = urllib.parse.urlencode(query, doseq=True)
        path = request["url_path"]
        if query:
            path += ("&" if "?" in path else "?") + query
        return Probe("%s: %s" % (operation, what), request["method"], path, request["headers"], body, is_wrong)

    # What there is to be wrong

    def members(self, operation):
        """Every member of the input, and of what it holds."""
        name = self.model.input(operation)
        if name:
            yield from self._members(name, (), {name})

    def _members(self, name, path, seen):
        shape = self.model.shape(name)
        kind = shape["type"]
        if kind == "structure":
            below = [((*path, member), facts, member in shape.get("required", [])) for member, facts in shape.get("members", {}).items()]
        elif kind == "list":
            below = [((*path, 0), shape["member"], False)]
        elif kind == "map":
            below = [((*path, self.model.sample(shape["key"]["shape"])), shape["value"], False)]
        else:
            return
        for place, facts, is_required in below:
            target = facts["shape"]
            if self.model.shape(target).get("eventstream") or facts.get("eventstream"):
                continue
            location = facts.get("location") or ("payload" if shape.get("payload") == place[-1] else "body")
            if facts.get("hostLabel"):
                location = "uri"
            yield Member(place, target, location if not path else "body", is_required and not facts.get("idempotencyToken"))
            if target not in seen and len(place) < _DEPTH and location in ("body", "payload"):
                yield from self._members(target, place, seen | {target})

    def with_value(self, operation, path, value):
        """The simplest input that holds this value there."""

        def place(name, rest, value):
            if not rest:
                return value
            shape = self.model.shape(name)
            if shape["type"] == "structure":
                target = shape["members"][rest[0]]["shape"]
                return {**self.model.structure(name), rest[0]: place(target, rest[1:], value)}
            if shape["type"] == "list":
                return [place(shape["member"]["shape"], rest[1:], value)]
            return {rest[0]: place(shape["value"]["shape"], rest[1:], value)}

        return place(self.model.input(operation), path, value)

    def without(self, operation, path):
        """The simplest input in which what holds the member is there, and the member is not."""
        parent = self.with_value(operation, path, None)
        holder = parent
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        return parent

    # The probes

    def probes(self, operation):
        for member in self.members(operation):
            yield from self._constraint_probes(operation, member)
            if self.protocol in ("rest-json", "json") and member.location == "body":
                yield from self._type_probes(operation, member)
            elif member.location in ("querystring", "header"):
                yield from self._text_probes(operation, member)
        yield from self.broken_bodies(operation)

    def _constraint_probes(self, operation, member):
        shape = self.model.shape(member.shape)
        if member.is_required and member.location not in _PLACES and not self._is_payload(member):
            yield self.make(member.text + " is missing", operation, self.without(operation, member.path))
        for what, value in violations(shape):
            if value in ("", b"") and (member.location != "body" or self.protocol == "query"):
                continue
            if member.location == "header" and not str(value).isascii():
                continue
            yield self.make("%s is %s" % (member.text, what), operation, self.with_value(operation, member.path, value))
        most = shape.get("max")
        if shape["type"] in ("list", "map") and most is not None and most <= 200:
            yield self.make(member.text + " has too many", operation, self.with_value(operation, member.path, self._many(shape, int(most) + 1)))

        if shape["type"] == "map":
            entry = self.model.sample(shape["value"]["shape"])
            for what, key in violations(self.model.shape(shape["key"]["shape"])):
                yield self.make("a key of %s is %s" % (member.text, what), operation, self.with_value(operation, member.path, {key: entry}))

    @staticmethod
    def _is_payload(member):
        return member.location == "payload"

    def _many(self, shape, count):
        if shape["type"] == "list":
            return [self.model.sample(shape["member"]["shape"])] * count
        value = self.model.sample(shape["value"]["shape"])
        return {"Key%d" % number: value for number in range(count)}

    def _type_probes(self, operation, member):
        shape = self.model.shape(member.shape)
        if shape.get("document"):
            return
        keys = self._wire_path(operation, member.path)
        parameters = self.with_value(operation, member.path, self.model.sample(member.shape))
        for what, value in mistyped(shape["type"]):

            def edit(tree, value=value):
                for key in keys[:-1]:
                    tree = tree[key]
                tree[keys[-1]] = value

            yield self.make("%s is %s" % (member.text, what), operation, parameters, edit=edit)

    def _wire_path(self, operation, path):
        """The keys by which the member is found in the body."""
        shape = self.operation(operation).input_shape
        keys = []
        for step in path:
            if shape.type_name == "structure":
                shape = shape.members[step]
                keys.append(shape.serialization.get("name", step))
            else:
                shape = shape.member if shape.type_name == "list" else shape.value
                keys.append(step)
        is_payload = self.operation(operation).input_shape.serialization.get("payload") == path[0]
        return keys[1:] if is_payload else keys

    def _text_probes(self, operation, member):
        kind = self.model.shape(member.shape)["type"]
        if kind in ("integer", "long", "boolean"):
            # botocore writes a text as it is; of a truth value it would make one.
            if kind == "boolean":
                return
            yield self.make(member.text + " is no number", operation, self.with_value(operation, member.path, "abc"))

    def broken_bodies(self, operation):
        """Bodies that are broken as a whole. A request that needs no body may be answered all the same."""
        name = self.model.input(operation)
        sample = self.model.structure(name) if name else {}
        good = self.make("nothing is wrong", operation, sample, is_wrong=False)
        yield good
        has_body = bool(good.body)
        for what, body in self._broken_bodies(good.body):
            probe = self.make(what, operation, sample, is_wrong=False)
            probe.body, probe.method = body, probe.method
            if not has_body and probe.method in ("GET", "DELETE", "HEAD"):
                continue
            yield probe

    def _broken_bodies(self, good):
        yield "an empty body", b""
        yield "no text", b"\xff\xfe\x00\x00\x80"
        yield "half of the body", good[: len(good) // 2]
        if self.protocol in ("rest-json", "json"):
            for what, body in {
                "a text": b'"x"', "a list": b"[1]", "null": b"null", "no JSON": b"{nothing", "two values": b"{}{}", "a number": b"1e999",
                "deep lists": b"[" * 50_000, "deep objects": b'{"a":' * 50_000, "deep members": b'{"Tags":' * 5_000 + b"1" + b"}" * 5_000,
                "a lone surrogate": b'{"Description": "\\ud800"}', "a long number": b'{"Timeout": ' + b"9" * 5_000 + b"}",
            }.items():
                yield what, body
        elif self.protocol == "query":
            yield "no form", b"%zz=%&&&==&Action"
            yield "deep members", good + b"&Tags" + b".member.1" * 5_000 + b"=x"
            yield "a far index", good + b"&Tags.member.999999999999.Key=x"
        else:
            yield "no XML", b"<a><b></a>"
            yield "deep elements", b"<a>" * 50_000
            yield "entities", b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
