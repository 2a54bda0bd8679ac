"""Event streams: what Martlet encodes botocore decodes, and frames that others encode Martlet decodes."""

import base64
import binascii
import struct

import pytest
from botocore import parsers
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import EventStreamError
from hypothesis import given
from hypothesis import strategies as st

import wire_models
from wire_probe import tagged
from wire_answers import REQUEST_ID, comparable, received
from wire_values import ANY_TEXT, Draw

STREAMS = [
    (service, protocol, name) for service, protocol, name in wire_models.operations()
    if wire_models.operation_model(service, protocol, name).has_event_stream_output]


class Raw:
    """A body as urllib3 gives it, in small pieces."""

    def __init__(self, body):
        self.body = body

    def stream(self):
        for start in range(0, len(self.body), 11):
            yield self.body[start : start + 11]

    def close(self):
        pass


@st.composite
def drawn_events(draw, shape, protocol):
    """Events of the stream that are no errors."""
    names = [n for n, m in shape.members.items() if not m.metadata.get("exception")]
    chosen = draw(st.lists(st.sampled_from(names), max_size=4))
    return [{n: Draw(draw, protocol, True).value(shape.members[n], 1)} for n in chosen]


def parse(answer, protocol, model):
    response = received(answer)
    assert response["headers"]["content-type"] == "application/vnd.amazon.eventstream"
    response["body"] = Raw(response["body"])
    return parsers.create_parser(protocol).parse(response, model.output_shape)


@pytest.mark.parametrize("service,protocol,name", STREAMS)
def test_events(probe, service, protocol, name):
    model = wire_models.operation_model(service, protocol, name)
    member = model.output_shape.event_stream_name
    shape = model.output_shape.members[member]

    def check(events):
        answer = probe.ask(
            do="stream", service=service, protocol=protocol, operation=name, id=REQUEST_ID, output={"r": {}},
            events=[tagged(shape, event) for event in events])
        parsed = parse(answer, protocol, model)
        assert parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID
        found = [comparable(shape, event) for event in parsed[member]]
        assert found == [normal(shape, event) for event in events]

    given(drawn_events(shape, protocol))(check)()


def normal(shape, event):
    """A payload that is not given is an empty one to botocore."""
    value = tagged(shape, event)
    ((name, inner),) = value["r"].items()
    for part, target in shape.members[name].members.items():
        if target.serialization.get("eventpayload"):
            empty = {"blob": {"x": ""}, "string": {"s": ""}, "structure": {"r": {}}}[target.type_name]
            inner["r"].setdefault(part, empty)
    return value


@pytest.mark.parametrize("service,protocol,name", STREAMS)
def test_error_ends_stream(probe, service, protocol, name):
    model = wire_models.operation_model(service, protocol, name)
    member = model.output_shape.event_stream_name
    shape = model.output_shape.members[member]
    names = [n for n, m in shape.members.items() if m.metadata.get("exception")]
    for code, modelled in [(n, True) for n in names] + [("InternalFailure", False)]:
        error = {"code": code, "status": 400, "message": "It broke ü"} | ({"shape": code} if modelled else {})
        answer = probe.ask(
            do="stream", service=service, protocol=protocol, operation=name, id=REQUEST_ID, output={"r": {}}, events=[], error=error)
        with pytest.raises(EventStreamError) as raised:
            list(parse(answer, protocol, model)[member])
        assert raised.value.response["Error"] == {"Code": code, "Message": "It broke ü"}


HEADER = st.one_of(
    st.booleans(), st.tuples(st.just(2), st.integers(-128, 127)), st.tuples(st.just(3), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just(4), st.integers(-(2**31), 2**31 - 1)), st.tuples(st.just(5), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(6), st.binary(max_size=20)), st.tuples(st.just(7), ANY_TEXT),
    st.tuples(st.just(8), st.integers(0, 2**42)), st.tuples(st.just(9), st.uuids()))


def encoded(headers, payload):
    """A frame, from the format's description."""
    head = b""
    for name, value in headers.items():
        head += bytes([len(name.encode())]) + name.encode()
        if isinstance(value, bool):
            head += bytes([0 if value else 1])
            continue
        kind, inner = value
        head += bytes([kind])
        if kind in (2, 3, 4, 5, 8):
            head += struct.pack({2: ">b", 3: ">h", 4: ">i", 5: ">q", 8: ">q"}[kind], inner)
        elif kind == 9:
            head += inner.bytes
        else:
            inner = inner.encode() if kind == 7 else inner
            head += struct.pack(">H", len(inner)) + inner
    prelude = struct.pack(">II", len(head) + len(payload) + 16, len(head))
    frame = prelude + struct.pack(">I", binascii.crc32(prelude)) + head + payload
    return frame + struct.pack(">I", binascii.crc32(frame))


NAMES = st.from_regex(r"\A:?[a-z][a-z-]{0,10}\Z")


@given(st.lists(st.tuples(st.dictionaries(NAMES, HEADER, max_size=5), st.binary(max_size=60)), max_size=3))
def test_frames_of_others(probe, frames):
    body = b"".join(encoded(headers, payload) for headers, payload in frames)
    answer = probe.ask(do="frames", body=base64.b64encode(body).decode())
    assert not answer["rest"]
    assert [base64.b64decode(m["payload"]) for m in answer["messages"]] == [payload for _, payload in frames]
    # Written again they are the same bytes, and botocore agrees about their headers.
    again = b"".join(base64.b64decode(m["again"]) for m in answer["messages"])
    assert again == body
    buffer = EventStreamBuffer()
    buffer.add_data(again)
    for message, (headers, _) in zip(list(buffer), frames):
        assert list(message.headers) == list(headers)


@given(st.binary(max_size=40), st.integers(0, 200), st.integers(1, 255))
def test_spoiled_frames_are_refused(probe, payload, position, change):
    frame = bytearray(encoded({"a": (7, "b")}, payload))
    frame[position % len(frame)] ^= change
    with pytest.raises(AssertionError, match="Failure"):
        probe.ask(do="frames", body=base64.b64encode(bytes(frame)).decode())
