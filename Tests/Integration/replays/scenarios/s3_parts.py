"""S3: uploads in parts and their checksums, as `s3.json` has them."""

import base64
import zlib

from replays.buckets import Buckets
from replays.catalog import Unknown, scenario

_KEY = "test-multipart-checksum"
_BODIES = ["a" * 5_242_881, "a" * 5_242_881, "a" * 10]


def _crc(text):
    return base64.b64encode(zlib.crc32(text.encode()).to_bytes(4, "big")).decode()


class _Parts:
    def __init__(self, replay, label, key=_KEY, bucket=None, s3=None, **more):
        self.s3 = s3 or Buckets(replay)
        self.target = {"Bucket": bucket or self.s3.create(), "Key": key}
        create = self.s3.call(label, "create_multipart_upload", **self.target, **more) if label else self.s3.answer(
            "create_multipart_upload", **self.target, **more
        )
        self.upload = {**self.target, "UploadId": create["UploadId"]}
        self.parts = []

    def put(self, label, body, number=None, **more):
        number = number or len(self.parts) + 1
        call = (lambda o, **p: self.s3.call(label, o, **p)) if label else (lambda o, **p: self.s3.answer(o, **self.s3.checked(p)))
        answer = call("upload_part", **self.upload, PartNumber=number, Body=body, **more)
        part = {key: value for key, value in answer.items() if key.startswith("Checksum")}
        if "ETag" in answer:
            self.parts.append({"PartNumber": number, "ETag": answer["ETag"], **part})
        return answer

    def complete(self, label, parts=None, **more):
        return self.s3.call(label, "complete_multipart_upload", **self.upload, MultipartUpload={"Parts": self.parts if parts is None else parts}, **more)

    def bare(self):
        return [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in self.parts]

    def list(self, label):
        self.s3.call(label, "list_parts", **self.upload)

    def attributes(self, label, *names, **target):
        self.s3.call(label, "get_object_attributes", **(target or self.target), ObjectAttributes=list(names))


def _whole(name, kind):
    @scenario("TestS3MultipartUploadChecksum::test_complete_multipart_parts_checksum_" + name)
    def replayed(replay):
        algorithm = replay.parameter
        parts = _Parts(replay, "create-mpu-checksum", ChecksumAlgorithm=algorithm, ChecksumType=kind)
        for number, body in enumerate(_BODIES):
            parts.put("upload-part-%d" % number, body, ChecksumAlgorithm=algorithm)
        parts.list("list-parts")
        target, b = parts.target, parts.target["Bucket"]
        if kind == "COMPOSITE":
            parts.complete("complete-multipart-no-checksum", parts.bare())
        recorded = replay.recorded.get("complete-multipart-wrong-parts-checksum")
        if recorded:
            # Only the answer says which part the test got wrong.
            wrong = int(recorded["Error"]["PartNumber"])
            given = [dict(part) for part in parts.parts]
            given[wrong - 1]["Checksum" + algorithm] = parts.parts[wrong % 3]["Checksum" + algorithm]
            if given[wrong - 1] == parts.parts[wrong - 1]:
                given[wrong - 1]["Checksum" + algorithm] = parts.parts[2 if wrong < 3 else 0]["Checksum" + algorithm]
            parts.complete("complete-multipart-wrong-parts-checksum", given)
        parts.complete("complete-multipart-checksum")
        parts.s3.call("get-object-with-checksum", "get_object", **target, ChecksumMode="ENABLED")
        parts.s3.call("head-object-with-checksum", "head_object", **target, ChecksumMode="ENABLED")
        parts.attributes("get-object-attrs", "Checksum", "ETag", "ObjectParts")
        parts.s3.call("copy-obj-checksum", "copy_object", Bucket=b, Key="copy", CopySource=b + "/" + _KEY)
        parts.attributes("get-copy-object-attrs", "Checksum", "ETag", Bucket=b, Key="copy")
        parts.s3.call("get-object-part-checksum", "get_object", **target, PartNumber=3, ChecksumMode="ENABLED")


_whole("composite", "COMPOSITE")
_whole("full_object", "FULL_OBJECT")


@scenario("TestS3MultipartUploadChecksum::test_multipart_parts_checksum_exceptions_composite")
def composite_refused(replay):
    s3 = Buckets(replay)
    b = s3.create()
    target = {"Bucket": b, "Key": "test-multipart-checksum-exc"}
    s3.call("create-mpu-wrong-checksum-algo", "create_multipart_upload", **target, ChecksumAlgorithm="TEST")
    s3.call("create-mpu-no-checksum-algo-with-type", "create_multipart_upload", **target, ChecksumType="COMPOSITE")
    parts = _Parts(
        replay, "create-mpu-composite-checksum", target["Key"], b, s3, ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE"
    )
    s3.call("list-multiparts", "list_multipart_uploads", Bucket=b)
    parts.put("upload-part-no-checksum-ok", "abc")
    digest = base64.b64encode(b"x" * 32).decode()
    parts.complete("complete-part-with-checksum", [{**parts.bare()[0], "ChecksumSHA256": digest}])
    parts.complete("complete-part-with-bad-checksum-type", ChecksumType="FULL_OBJECT")
    other = _Parts(replay, "create-mpu-with-checksum", target["Key"], b, s3, ChecksumAlgorithm="SHA256")
    other.put("upload-part-different-checksum-exc", "abc", ChecksumAlgorithm="CRC32")


@scenario("TestS3MultipartUploadChecksum::test_multipart_parts_checksum_exceptions_full_object")
def full_object_refused(replay):
    s3 = Buckets(replay).plainly()
    b = s3.create()
    target = {"Bucket": b, "Key": "test-multipart-checksum-exc"}
    s3.call("create-mpu-no-checksum-algo-with-type", "create_multipart_upload", **target, ChecksumType="COMPOSITE")
    more = {"ChecksumAlgorithm": "CRC32C", "ChecksumType": "FULL_OBJECT"}
    parts = _Parts(replay, "create-mpu-checksum-crc32c", target["Key"], b, s3, **more)
    s3.call("list-multiparts", "list_multipart_uploads", Bucket=b)
    parts.put("upload-part-no-checksum-ok", "abc")
    parts.complete("complete-part-bad-checksum-type", ChecksumType="COMPOSITE")
    for label, given in (
        ("good-checksum-no-type", {"ChecksumCRC32C": "AAAAAA=="}), ("only-checksum-algo", {"ChecksumCRC32C": "AAAAAA=="}),
        ("only-checksum-algo-diff", {"ChecksumCRC32": _crc("abc")}), ("bad-checksum", {"ChecksumCRC32C": "AAAAAA=="}),
        ("bad-checksum-algo", {"ChecksumCRC32": _crc("abc")}),
    ):  # fmt: skip
        parts.complete("complete-part-" + label, parts.bare(), **given)
    parts.complete("complete-success", parts.bare())
    other = _Parts(replay, "create-mpu-with-checksum", target["Key"], b, s3, **more)
    other.put("upload-part-different-checksum-exc", "abc", ChecksumAlgorithm="CRC32")


@scenario("TestS3MultipartUploadChecksum::test_complete_multipart_parts_checksum_default")
def default_checksum(replay):
    parts = _Parts(replay, "create-mpu-no-checksum")
    target, b = parts.target, parts.target["Bucket"]
    parts.s3.call("list-multiparts", "list_multipart_uploads", Bucket=b)
    parts.put("upload-part-different-checksum-than-default", "aaa", ChecksumAlgorithm="CRC32C")
    parts.list("list-parts")
    parts.complete("complete-multipart-parts-checksum")
    parts.complete("complete-multipart-wrong-parts-checksum", [{**parts.bare()[0], "ChecksumCRC32C": "AAAAAA=="}])
    parts.complete("complete-multipart-full-object-type", parts.bare(), ChecksumType="FULL_OBJECT")
    parts.complete("complete-multipart-composite-type", parts.bare(), ChecksumType="COMPOSITE")
    parts.complete("complete-multipart-checksum", parts.bare())
    parts.s3.call("get-object-with-checksum", "get_object", **target, ChecksumMode="ENABLED")
    parts.s3.call("head-object-with-checksum", "head_object", **target, ChecksumMode="ENABLED")
    parts.attributes("get-object-attrs", "Checksum", "ETag", "ObjectParts")
    parts.s3.call("copy-obj-checksum", "copy_object", Bucket=b, Key="copy", CopySource=b + "/" + _KEY)
    parts.attributes("get-copy-object-attrs", "Checksum", "ETag", Bucket=b, Key="copy")


@scenario("TestS3MultipartUploadChecksum::test_multipart_size_validation")
def sizes(replay):
    parts = _Parts(replay, "create-mpu", "test-multipart-size")
    parts.put("upload-part", "aaaa")
    parts.complete("complete-multipart-wrong-size", parts.bare(), MpuObjectSize=5)
    parts.complete("complete-multipart-good-size", parts.bare(), MpuObjectSize=4)
    parts.attributes("get-object-attrs", "Checksum", "ETag")


@scenario("TestS3MultipartUploadChecksum::test_multipart_upload_part_copy_checksum")
def copied_part(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("put-object", "put_object", Bucket=b, Key="source", Body="this is a part")
    parts = _Parts(replay, "create-mpu-checksum-sha256", _KEY, b, s3, ChecksumAlgorithm="CRC32C", ChecksumType=replay.parameter)
    copied = s3.call("upload-part-copy", "upload_part_copy", **parts.upload, PartNumber=1, CopySource=b + "/source")["CopyPartResult"]
    parts.list("list-parts")
    parts.complete("complete-multipart-checksum", [{"PartNumber": 1, "ETag": copied["ETag"], "ChecksumCRC32C": copied["ChecksumCRC32C"]}])
    s3.call("get-object-with-checksum", "get_object", **parts.target, ChecksumMode="ENABLED")
    s3.call("head-object-with-checksum", "head_object", **parts.target, ChecksumMode="ENABLED")
    parts.attributes("get-object-attrs", "Checksum", "ETag", "ObjectParts")


@scenario("TestS3::test_get_object_part_checksum")
def part_with_checksum(replay):
    parts = _Parts(replay, "create-mpu-checksum", ChecksumAlgorithm="CRC32C", ChecksumType=replay.parameter)
    parts.put("upload-part", "test content 123", ChecksumAlgorithm="CRC32C")
    parts.complete("complete-multipart-checksum")
    for operation in ("head_object", "get_object"):
        label = operation.replace("_", "-") + "-part"
        parts.s3.call(label, operation, **parts.target, PartNumber=1, ChecksumMode="ENABLED")


@scenario("TestS3::test_get_object_part")
def part(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "test.file"}
    parts = _Parts(replay, None, "test.file", target["Bucket"], s3.plainly())
    parts.put(None, "test content 123" * 327_681)
    parts.put(None, "test content 123")
    parts.complete("multipart-upload")
    s3.call("head-object-part", "head_object", **target, PartNumber=2)
    s3.call("get-object-part", "get_object", **target, PartNumber=2)
    s3.call("get-object-part-with-checksum", "get_object", **target, PartNumber=2, ChecksumMode="ENABLED")
    s3.call("part-doesnt-exist", "get_object", **target, PartNumber=10)
    s3.call("part-with-range", "get_object", **target, PartNumber=2, Range="bytes=0-8")
    target["Key"] = "single"
    s3.api.put_object(**target, Body="test-123")
    s3.call("part-no-multipart", "get_object", **target, PartNumber=2)
    s3.call("get-obj-no-multipart", "get_object", **target, PartNumber=1)


@scenario("TestS3::test_multipart_and_list_parts")
def listed_parts(replay):
    s3 = Buckets(replay)
    parts = _Parts(replay, "create-multipart", "test-list-parts", s3=s3)
    b = parts.target["Bucket"]
    parts.list("list-part-after-created")
    s3.call("list-all-uploads", "list_multipart_uploads", Bucket=b)
    parts.put("upload-part", "upload-part-1" * 5)
    parts.list("list-part-after-upload")
    s3.call("list-all-uploads-after", "list_multipart_uploads", Bucket=b)
    parts.complete("complete-multipart", parts.bare())
    parts.list("list-part-after-complete-exc")
    s3.call("list-all-uploads-completed", "list_multipart_uploads", Bucket=b)
    s3.call("head-multipart-checksum", "head_object", **parts.target, ChecksumMode="ENABLED")
    s3.call("get-multipart-checksum", "get_object", **parts.target, ChecksumMode="ENABLED")


@scenario("TestS3::test_multipart_complete_multipart_too_small")
def too_small(replay):
    parts = _Parts(replay, None)
    parts.put("upload-part1", "data")
    parts.put("upload-part2", "data")
    parts.complete("complete-exc-no-parts", [])
    parts.complete("complete-exc-too-small", parts.bare())


@scenario("TestS3::test_multipart_key_validation")
def other_keys(replay):
    parts = _Parts(replay, None)
    wrong = {**parts.upload, "Key": "wrong"}
    s3 = parts.s3
    s3.call("upload-part-wrong-key-name", "upload_part", **wrong, PartNumber=1, Body="data")
    s3.call("complete-multipart-wrong-key-name", "complete_multipart_upload", **wrong, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]})
    s3.call("list-parts-wrong-key-name", "list_parts", **wrong)
    s3.call("abort-multipart-wrong-key-name", "abort_multipart_upload", **wrong)


@scenario("TestS3::test_list_parts_empty_part_number_marker", {"*": Unknown("Parameters that boto3 does not send.")})
def empty_markers(replay):
    pass


@scenario("TestS3::test_set_external_hostname")
def locations(replay):
    parts = _Parts(replay, None, "test.file", s3=Buckets(replay).plainly())
    parts.put(None, "test content 123")
    parts.complete("multipart-upload")
    parts.complete("get-object")


@scenario("TestS3::test_upload_file_multipart")
def uploaded_file(replay):
    parts = _Parts(replay, None, "file", ChecksumAlgorithm="CRC32")
    parts.put(None, "1" * 6144, ChecksumAlgorithm="CRC32")
    parts.s3.answer("complete_multipart_upload", **parts.upload, MultipartUpload={"Parts": parts.parts})
    parts.s3.call("get_object", "get_object", **parts.target)


_KEY_OF_MINE = b"b2JzY3VyZQ==12345678901234567890"


@scenario("TestS3SSECEncryption::test_multipart_upload_sse_c", {"*": Unknown("Keys, and ETags that follow from them, are the test's own.")})
def parts_with_a_key(replay):
    pass


@scenario("TestS3SSECEncryption::test_multipart_upload_sse_c_validation", {"create-mpu-sse-c": Unknown("The key is not known.")})
def parts_with_wrong_keys(replay):
    s3 = Buckets(replay)
    b = s3.create()
    mine = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": _KEY_OF_MINE}
    plain = _Parts(replay, "create-mpu-no-sse-c", "test-sse-c-multipart", b, s3)
    plain.put("mpu-no-sse-c-upload-part-with-sse-c", "data", **mine)
    locked = _Parts(replay, None, "test-sse-c-multipart", b, s3, **mine)
    locked.put("mpu-sse-c-upload-part-no-sse-c", "data")
    locked.put("mpu-sse-c-upload-part-wrong-sse-c", "data", SSECustomerAlgorithm="AES256", SSECustomerKey=_KEY_OF_MINE[::-1])
