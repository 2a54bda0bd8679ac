"""What replays of S3 share: buckets of a scenario's own, and answers in the recordings' form."""

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
        answer = self.answer(operation, **parameters)
        self.replay.keep(label, like(self.replay.recorded.get(label), answer))
        return answer

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
