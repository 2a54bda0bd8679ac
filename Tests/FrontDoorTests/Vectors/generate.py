#!/usr/bin/env python3
"""Writes sigv4.json and sigv2.json: requests as botocore signs them. Run with botocore installed; commit the result."""
import datetime
import json
import pathlib
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 11, 21, 3, 45, 0)
AKID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


class Frozen(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return NOW

    @classmethod
    def now(cls, tz=None):
        return NOW.replace(tzinfo=tz)


CASES = [
    # name, service, region, method, url, headers, body, token
    ("lambda list", "lambda", "us-east-1", "GET", "http://localhost:4566/2015-03-31/functions/?MaxItems=10", {}, b"", None),
    ("lambda arn in path", "lambda", "eu-west-1", "POST",
     "http://localhost:4566/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Af/invocations",
     {"X-Amz-Log-Type": "Tail"}, b'{"a": 1}', None),
    ("tags with slashes", "lambda", "us-east-1", "GET", "http://localhost:4566/2017-03-31/tags/a%2Fb%20c", {}, b"", None),
    ("query service", "iam", "us-east-1", "POST", "http://iam.amazonaws.com/",
     {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, b"Action=GetUser&Version=2010-05-08", None),
    ("json service with token", "logs", "us-west-2", "POST", "http://logs.us-west-2.localhost:4566/",
     {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.DescribeLogGroups"}, b"{}", "TOKEN//abc=="),
    ("unicode query", "lambda", "us-east-1", "GET",
     "http://localhost:4566/x?b=%C3%A4&a=2&a=1&empty=&flag&sp=a%20b&plus=%2B", {}, b"", None),
    ("header spaces", "lambda", "us-east-1", "GET", "http://localhost:4566/", {"X-Amz-Meta": "  a   b  "}, b"", None),
    ("dot segments", "lambda", "us-east-1", "GET", "http://localhost:4566/a/../b//c/./d/", {}, b"", None),
    ("s3 key", "s3", "us-east-1", "PUT", "http://bucket.s3.localhost:4566/a%20b/%C3%A4//c+d", {}, b"data", None),
    ("s3 dot segments", "s3", "us-east-1", "GET", "http://localhost:4566/bucket/a/../b", {}, b"", None),
    ("s3 subresource", "s3", "us-east-1", "GET", "http://localhost:4566/bucket?acl", {}, b"", "T"),
]


# Signature Version 2: name, method, url, what the resource is if the host names the bucket, headers, token
CASES_OF_VERSION_2 = [
    ("list", "GET", "http://localhost:4566/bucket?prefix=a&max-keys=3", None, {}, None),
    ("put", "PUT", "http://localhost:4566/bucket/a%20b/%C3%A4//c+d", None,
     {"Content-Type": "text/plain", "Content-MD5": "jXd/OF09/siBXSD3SWAm3A==", "x-amz-meta-b": " x ", "x-amz-acl": "private"}, None),
    ("virtual host", "GET", "http://bucket.s3.localhost:4566/key", "/bucket/key", {}, "TOKEN//abc=="),
    ("virtual host's root", "GET", "http://bucket.s3.localhost:4566/", "/bucket/", {}, None),
    ("subresource", "PUT", "http://localhost:4566/bucket?acl", None, {}, None),
    ("subresources", "PUT", "http://localhost:4566/bucket/k?x=1&uploadId=a%2Bb&partNumber=2", None, {}, None),
    ("overrides", "GET",
     "http://localhost:4566/bucket/k?response-content-type=text%2Fplain&response-content-disposition=attachment%3B%20filename%3D%22x%22&versionId=3",
     None, {}, None),
    ("tilde", "GET", "http://localhost:4566/bucket/a~b%2Cc", None, {}, None),
]


def request(method, url, headers, body):
    return AWSRequest(method=method, url=url, headers=dict(headers), data=body)


def version2():
    vectors = []
    for name, method, url, resource, headers, token in CASES_OF_VERSION_2:
        for kind, signer in (("header", botocore.auth.HmacV1Auth), ("query", botocore.auth.HmacV1QueryAuth)):
            r = AWSRequest(method=method, url=url, headers=dict(headers), auth_path=resource)
            signer(Credentials(AKID, SECRET, token), *([900] if kind == "query" else [])).add_auth(r)
            made = vector(name, "s3", "us-east-1", r, b"", kind)
            if kind == "query":
                # What is in the query need not be sent; type and MD5 must.
                made["headers"] = [h for h in made["headers"] if h[0].lower() in ("host", "content-type", "content-md5")]
            vectors.append(made)
    return vectors


def vector(name, service, region, signed, body, kind):
    prepared = signed.prepare()
    headers = [[k, v if isinstance(v, str) else v.decode()] for k, v in prepared.headers.items()]
    scheme, rest = prepared.url.split("://", 1)
    host, slash, target = rest.partition("/")
    return {
        "name": f"{kind}: {name}", "service": service, "region": region, "method": prepared.method,
        "target": "/" + target, "headers": [["Host", host]] + [h for h in headers if h[0].lower() != "host"],
        "body": body.decode(),
    }


def main():
    vectors = []
    with mock.patch("botocore.auth.datetime.datetime", Frozen), mock.patch(
        "botocore.auth.get_current_datetime", lambda *a, **k: NOW, create=True
    ):
        for name, service, region, method, url, headers, body, token in CASES:
            credentials = Credentials(AKID, SECRET, token)
            s3 = service == "s3"
            r = request(method, url, headers, body)
            (botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth)(credentials, service, region).add_auth(r)
            vectors.append(vector(name, service, region, r, body, "header"))
            r = request(method, url, {}, b"")
            (botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth)(
                credentials, service, region, expires=900
            ).add_auth(r)
            vectors.append(vector(name, service, region, r, b"", "query"))
    out = {"accessKeyID": AKID, "secret": SECRET, "now": int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp()),
           "vectors": vectors}
    write("sigv4.json", out)
    date = "Sat, 21 Nov 2026 03:45:00 GMT"
    with mock.patch("botocore.auth.formatdate", lambda **k: date), mock.patch("botocore.auth.time.time", lambda: out["now"]):
        write("sigv2.json", {**out, "vectors": version2()})


def write(name, out):
    path = pathlib.Path(__file__).with_name(name)
    path.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
