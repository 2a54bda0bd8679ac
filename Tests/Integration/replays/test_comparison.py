"""The comparison itself."""

import datetime
import io

import pytest

from .comparison import Bindings, differences, normalised

ACCOUNT = "700000000001"


@pytest.fixture
def bindings():
    return Bindings(ACCOUNT, "eu-north-1")


def test_a_placeholder_with_a_number_is_one_value_throughout(bindings):
    assert differences({"A": "<uuid:1>", "B": "<uuid:2>"}, {"A": "x", "B": "y"}, bindings) == []
    assert differences("<uuid:1>", "x", bindings) == []
    assert differences("<uuid:1>", "y", bindings) == [".: 'y' instead of 'x'"]
    assert differences("<uuid:3>", "x", bindings) == [".: 'x' instead of '<uuid:3>'"]
    assert differences("<resource:1>", "x", bindings) == []


def test_placeholders_within_texts(bindings):
    recorded = "arn:<partition>:lambda:<region>:111111111111:function:<name:1>:<alias-name>"
    assert differences(recorded, "arn:aws:lambda:eu-north-1:111111111111:function:f:live", bindings) == []
    assert differences("<name:1> and <alias-name>", "f and live", bindings) == []
    assert differences("<name:1> and <alias-name>", "f and dead", bindings) != []
    assert differences("<name:2>/<name:2>", "a/a", bindings) == []
    assert differences("<name:3>/<name:3>", "b/c", bindings) != []
    assert differences("x<a:len(3)>a", "xaaaa", bindings) == []


def test_placeholders_without_a_number_stand_for_any_scalar(bindings):
    assert differences(["<code-size>", "<code-size>"], [1, 2], bindings) == []
    assert differences("<code-size>", None, bindings) != []
    assert differences("<code-size>", {}, bindings) != []


def test_members_that_are_missing_or_too_much(bindings):
    assert differences({"A": 1}, {"B": 1}, bindings) == [".A is missing: '1'", ".B is too much: '1'"]
    assert differences({"A": [{}, {}]}, {"A": [{}]}, bindings) == [".A: 1 items instead of 2"]
    assert differences({"A": {"B": [1]}}, {"A": {"B": [2]}}, bindings) == [".A.B[0]: '2' instead of '1'"]


def test_numbers_and_truths(bindings):
    assert differences(1, 1.0, bindings) == []
    assert differences(1, True, bindings) != []
    assert differences(False, 0, bindings) != []
    assert differences("1", 1, bindings) != []


@pytest.mark.parametrize(
    "recorded, good, bad",
    [
        ("date", "2025-11-25T02:38:24.123+0000", "yesterday"),
        ("datetime", datetime.datetime(2025, 1, 1), 12),
        ("timestamp", "1732000000", "soon"),
        ("lambda-url", "http://x.lambda-url.us-east-1.localhost:4566/", "http://localhost/"),
    ],
)
def test_stand_ins(bindings, recorded, good, bad):
    assert differences(recorded, good, bindings) == []
    assert differences(recorded, bad, bindings) != []


def test_a_text_of_json_is_compared_as_a_tree(bindings):
    assert differences({"Policy": {"Id": "default"}}, {"Policy": '{"Id": "default"}'}, bindings) == []
    assert differences({"Policy": {"Id": "default"}}, {"Policy": "no json"}, bindings) != []


def test_answers_are_brought_into_the_recordings_form():
    answer = {
        "Arn": "arn:aws:x:%s" % ACCOUNT,
        "Payload": io.BytesIO(b'"%s"' % ACCOUNT.encode()),
        "ResponseMetadata": {"HTTPStatusCode": 201, "RequestId": "1", "RetryAttempts": 0},
    }
    assert normalised(answer, ACCOUNT) == {
        "Arn": "arn:aws:x:111111111111",
        "Payload": '"111111111111"',
        "ResponseMetadata": {"HTTPStatusCode": 201},
    }


def test_recordings_without_metadata_ask_for_none(bindings):
    found = {"Tags": {}, "ResponseMetadata": {"HTTPStatusCode": 200}}
    assert differences({"Tags": {}}, found, bindings) == []
    recorded = {"Tags": {}, "ResponseMetadata": {"HTTPHeaders": {}, "HTTPStatusCode": 204, "RequestId": "1"}}
    assert differences(recorded, found, bindings) == [".ResponseMetadata.HTTPStatusCode: '200' instead of '204'"]
