"""What replays of signed URLs and forms share: a server that verifies, and a client that sends what it is told."""

import http.client
import os
import xml.etree.ElementTree
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from martlet import REGION

_BOUNDARY = "a-boundary"


class Signed:
    """S3 for one replay, with signatures that are verified."""

    def __init__(self, replay, version):
        self.replay = replay
        key, secret = replay.verifying.root
        session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=secret)
        config = Config(signature_version=version, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        self.api = session.client("s3", region_name=REGION, endpoint_url=replay.verifying.url, config=config)
        self.plain = session.client("s3", region_name=REGION, endpoint_url=replay.verifying.url)

    def create(self):
        name = "bucket-" + os.urandom(8).hex()
        self.plain.create_bucket(Bucket=name)
        return name

    def url(self, operation, seconds=3600, **parameters):
        return self.api.generate_presigned_url(operation, Params=parameters, ExpiresIn=seconds)

    def ask(self, label, method, url, body=None, headers={}):
        """Notes the answer as the recordings have it: an error's document, the status if they tell it. Without a label: gives the status."""
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        try:
            connection.request(method, url.split(place.netloc, 1)[1], body, headers)
            answer = connection.getresponse()
            status, document = answer.status, answer.read()
            self.headers = dict(answer.getheaders())
        finally:
            connection.close()
        if label is None:
            return status
        return self.keep(label, status, document)

    def keep(self, label, status, document):
        recorded = self.replay.recorded[label]
        found = {}
        if "StatusCode" in recorded:
            found["StatusCode"] = status
        if document:
            root = xml.etree.ElementTree.fromstring(document)
            found[root.tag] = {child.tag: child.text for child in root}
            # Some recordings keep no more of it than that it was there.
            if recorded.get(root.tag, {}).get("HostId") == "host-id":
                found[root.tag]["HostId"] = "host-id"
        return self.replay.keep(label, found)

    def post(self, label, form, body, **changed):
        """Sends a form; a field that is changed to None is left out."""
        fields = {name: value for name, value in {**form["fields"], **changed}.items() if value is not None}
        part = '--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        text = "".join(part % (_BOUNDARY, name, "", value) for name, value in fields.items())
        text += part % (_BOUNDARY, "file", '; filename="f"', body) + "--%s--\r\n" % _BOUNDARY
        return self.ask(label, "POST", form["url"], text.encode(), {"Content-Type": "multipart/form-data; boundary=" + _BOUNDARY})
