"""Requests whose head does not say how long their body is, or says it twice: each is refused, and the connection ends."""

import json
import socket
import xml.etree.ElementTree

import pytest
from martlet import REGION

LENGTHS = {
    "no number": ["Content-Length: abc"],
    "negative": ["Content-Length: -3"],
    "signed": ["Content-Length: +3"],
    "hexadecimal": ["Content-Length: 0x3"],
    "a fraction": ["Content-Length: 3.0"],
    "empty": ["Content-Length:"],
    "a list": ["Content-Length: 3, 3"],
    "huge": ["Content-Length: 99999999999999999999999"],
    "more than can be counted": ["Content-Length: 9223372036854775808"],
    "two": ["Content-Length: 3", "Content-Length: 4"],
    "the same twice": ["Content-Length: 3", "Content-Length: 3"],
    "with chunks": ["Content-Length: 3", "Transfer-Encoding: chunked"],
    "chunks, then a length": ["Transfer-Encoding: chunked", "Content-Length: 3"],
    "another encoding": ["Transfer-Encoding: gzip"],
}
TARGETS = {"sqs": ["X-Amz-Target: AmazonSQS.ListQueues", "Content-Type: application/x-amz-json-1.0"]}


def ask(server, method, path, service, fields, body=b"abc"):
    """Status, body and whether the server has ended the connection."""
    scope = "test/20260101/%s/%s/aws4_request" % (REGION, service)
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: localhost:%d" % server.port, *fields, *TARGETS.get(service, [])]
    lines.append("Authorization: AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;x-amz-date, Signature=%s" % (scope, "0" * 64))
    lines.append("X-Amz-Date: 20260101T000000Z")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, text = received.partition(b"\r\n\r\n")
    assert received.count(b"HTTP/1.1 ") == 1, received
    assert b"connection: close" in head.lower()
    return int(head.split()[1]), text


@pytest.mark.parametrize("fields", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("method,path", [("PUT", "/lengths/key"), ("GET", "/lengths?list-type=2"), ("POST", "/lengths?delete")])
def test_s3_refuses_them_as_xml(server, method, path, fields):
    status, text = ask(server, method, path, "s3", fields)
    assert status == 400
    answer = xml.etree.ElementTree.fromstring(text)
    assert answer.tag == "Error" and answer.findtext("Code") == "BadRequest"
    assert "Content-Length" in answer.findtext("Message") or "Transfer-Encoding" in answer.findtext("Message")
    assert answer.findtext("RequestId")


@pytest.mark.parametrize("fields", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("service,path", [("sqs", "/"), ("lambda", "/2015-03-31/functions/f/invocations")])
def test_others_refuse_them_as_json(server, service, path, fields):
    status, text = ask(server, "POST", path, service, fields)
    assert status == 400
    answer = json.loads(text)
    assert "The request is malformed" in (answer.get("message") or answer.get("Message"))
