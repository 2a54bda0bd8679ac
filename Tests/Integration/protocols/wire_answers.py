"""Martlet's answers as botocore's endpoint hands them to a parser."""

import base64
import io

from botocore.awsrequest import HeadersDict
from botocore.response import StreamingBody
from wire_probe import tagged

REQUEST_ID = "11111111-2222-4333-8444-555555555555"


def received(answer, streams=False):
    """The probe's answer as botocore's endpoint hands it to a parser."""
    headers = HeadersDict()
    for name, value in answer["headers"]:
        headers[name] = value
    body = base64.b64decode(answer["body"])
    return {
        "status_code": answer["status"], "headers": headers,
        "body": StreamingBody(io.BytesIO(body), len(body)) if streams else body, "context": {"operation_name": "x"},
    }


def comparable(shape, value):
    """The parsed value in the probe's notation, without what was not sent."""
    if shape.type_name == "blob" and hasattr(value, "read"):
        value = value.read()
    if shape.type_name == "structure" and not shape.is_document_type:
        return {"r": {k: comparable(shape.members[k], v) for k, v in value.items() if k != "ResponseMetadata"}}
    if shape.type_name == "list":
        return {"l": [comparable(shape.member, v) for v in value]}
    if shape.type_name == "map":
        return {"m": {k: comparable(shape.value, v) for k, v in value.items()}}
    if shape.type_name in ("integer", "long"):
        return {"i": str(int(value))}
    if shape.type_name == "boolean" and isinstance(value, str):
        value = value == "true"
    return tagged(shape, value)
