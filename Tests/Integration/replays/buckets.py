"""What replays of S3 share: buckets of a scenario's own, and answers in the recordings' form."""

import base64
import io
import os

from botocore.config import Config

from .replay import answer_of


class Buckets:
    """S3 for one replay, with buckets that nobody else has."""

    def __init__(self, replay, region=None, **more):
        self.replay = replay
        if region:
            replay.region = region
        self.api = replay.client("s3", **more)
        self.made = []

    def create(self, versioning=None, **more):
        """The name of a new bucket."""
        name = "bucket-" + os.urandom(8).hex()
        self.api.create_bucket(Bucket=name, **more)
        self.made.append(name)
        if versioning:
            self.version(name, versioning)
        return name

    def version(self, name, status):
        self.api.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})

    def call(self, label, operation, **parameters):
        """Calls an operation by its method's name, and notes the answer."""
        answer = self.answer(operation, **self.checked(parameters, label))
        self.replay.keep(label, like(self.replay.recorded.get(label), answer))
        return answer

    def checked(self, parameters, label=None):
        """The parameters with the checksum that botocore has no library for: the recorded one, or our own."""
        name = parameters.get("ChecksumAlgorithm")
        member = "Checksum%s" % name
        if name not in _POLYNOMIALS or "Body" not in parameters or member in parameters:
            return parameters
        recorded = self.replay.recorded.get(label)
        value = recorded.get(member) if isinstance(recorded, dict) else None
        others = {key: value for key, value in parameters.items() if key != "ChecksumAlgorithm"}
        return {**others, member: value or checksum(name, parameters["Body"])}

    def answer(self, operation, **parameters):
        return plain(answer_of(getattr(self.api, operation), **parameters))

    def plainly(self, **more):
        """Clients that send no checksums unless they are asked to."""
        config = Config(
            retries={"total_max_attempts": 1}, parameter_validation=False, request_checksum_calculation="when_required",
            response_checksum_validation="when_required", **more,
        )  # fmt: skip
        return self.client(config)

    def client(self, config):
        other = Buckets.__new__(Buckets)
        other.replay, other.made = self.replay, self.made
        other.api = _with(self.replay, config)
        return other


# The polynomials of the checksums, bits reversed.
_POLYNOMIALS = {"CRC32C": (32, 0x82F63B78), "CRC64NVME": (64, 0x9A6C9329AC4BC9B5)}


def checksum(name, text):
    width, polynomial = _POLYNOMIALS[name]
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    crc = whole = (1 << width) - 1
    for byte in text if isinstance(text, bytes) else text.encode():
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return base64.b64encode((crc ^ whole).to_bytes(width // 8, "big")).decode()


def like(recorded, answer):
    """The answer with the stand-ins that the recordings have for names of people and buckets."""
    if isinstance(recorded, list) and isinstance(answer, list):
        return [like(one, other) for one, other in zip(recorded, answer)] + answer[len(recorded) :]
    if not isinstance(recorded, dict) or not isinstance(answer, dict):
        return answer
    out = {key: like(recorded.get(key), value) for key, value in answer.items()}
    if recorded.get("Bucket") == "bucket" and str(answer.get("Bucket", "")).startswith("bucket-"):
        out["Bucket"] = "bucket"
    if recorded.get("ID") in ("i-d", "owner-id") and len(answer.get("ID", "")) == 64:
        out["ID"] = recorded["ID"]
    if recorded.get("DisplayName") == "display-name" and answer.get("DisplayName"):
        out["DisplayName"] = "display-name"
    # Recordings leave some bodies out, and have a stand-in for what a rule says of expirations.
    if recorded.get("Body") == "" and isinstance(answer.get("Body"), str):
        out["Body"] = ""
    if recorded.get("Expiration") == "<expiration>" and isinstance(answer.get("Expiration"), dict):
        out["Expiration"] = "<expiration>"
    return out


def _with(replay, config):
    import boto3

    return boto3.session.Session().client(
        "s3", region_name=replay.region, endpoint_url=replay.server.url, aws_access_key_id=replay.account, aws_secret_access_key="secret",
        config=config,
    )  # fmt: skip


def plain(answer):
    """An answer with its body as text."""
    if isinstance(answer, dict) and hasattr(answer.get("Body"), "read"):
        answer = {**answer, "Body": answer["Body"].read().decode(errors="replace")}
    return answer


def stream(text):
    return io.BytesIO(text.encode() if isinstance(text, str) else text)
