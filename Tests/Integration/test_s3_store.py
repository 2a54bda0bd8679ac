"""What becomes of the bytes of S3's objects: copies whose sources go, restored archives, clients that hang up."""

import os
import socket
import threading
import time

from botocore.exceptions import ClientError
from martlet import ONCE, error, wait_until
from queued import clock


def test_copies_outlive_their_sources(martlet, figure):
    server = martlet().start()
    s3, other = server.client("s3", config=ONCE), server.client("s3", config=ONCE)
    s3.create_bucket(Bucket="copies")
    body = os.urandom(100_000)
    copied = []
    for number in range(40):
        source, target = "source-%s" % number, "copy-%s" % number
        s3.put_object(Bucket="copies", Key=source, Body=body)
        outcome = []

        def copy(source=source, target=target, outcome=outcome):
            try:
                other.copy_object(Bucket="copies", Key=target, CopySource={"Bucket": "copies", "Key": source})
                outcome.append(target)
            except ClientError as refusal:
                assert refusal.response["Error"]["Code"] in ("NoSuchKey", "404")

        thread = threading.Thread(target=copy)
        thread.start()
        time.sleep(0.0005 * (number % 8))
        s3.delete_object(Bucket="copies", Key=source)
        thread.join()
        copied += outcome
    figure("copies that were acknowledged", len(copied))
    # What is garbage is removed after half a minute, which is looked for every ten seconds.
    clock(server, advance=120)
    objects = server.data / "objects"
    wait_until(lambda: sum(1 for path in objects.rglob("*") if path.is_file() and len(path.name) == 32) <= len(copied), timeout=30)
    for target in copied:
        assert s3.get_object(Bucket="copies", Key=target)["Body"].read() == body


def test_an_archived_object_is_restored_by_the_clock(martlet):
    server = martlet().start()
    s3 = server.client("s3", config=ONCE)
    s3.create_bucket(Bucket="archive")
    s3.put_object(Bucket="archive", Key="old", Body=b"text", StorageClass="GLACIER")
    wanted = {"Bucket": "archive", "Key": "old", "RestoreRequest": {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}}
    assert error(s3.get_object, Bucket="archive", Key="old")[::2] == ("InvalidObjectState", 403)
    assert s3.restore_object(**wanted)["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert s3.head_object(Bucket="archive", Key="old")["Restore"] == 'ongoing-request="true"'
    assert error(s3.restore_object, **wanted) == ("RestoreAlreadyInProgress", "Object restore is already in progress", 409)
    server.restart()
    clock(server, advance=300)
    restored = wait_until(lambda: "false" in (header := s3.head_object(Bucket="archive", Key="old")["Restore"]) and header)
    assert restored.startswith('ongoing-request="false", expiry-date="') and restored.endswith(' 00:00:00 GMT"')
    assert s3.get_object(Bucket="archive", Key="old")["Body"].read() == b"text"
    s3.copy_object(Bucket="archive", Key="copy", CopySource="archive/old", StorageClass="STANDARD")
    assert s3.restore_object(**wanted)["ResponseMetadata"]["HTTPStatusCode"] == 200
    clock(server, advance=3 * 86400)
    wait_until(lambda: "Restore" not in s3.head_object(Bucket="archive", Key="old"))
    assert error(s3.get_object, Bucket="archive", Key="old")[::2] == ("InvalidObjectState", 403)
    assert s3.get_object(Bucket="archive", Key="copy")["Body"].read() == b"text"


def test_a_client_that_hangs_up_is_no_failure(martlet):
    server = martlet().start()
    s3 = server.client("s3", config=ONCE)
    s3.create_bucket(Bucket="hasty")
    objects = server.data / "objects"
    for length in (300_000, 3 << 20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = "PUT /hasty/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (1 << 30)
            connection.sendall(head.encode() + os.urandom(length))
            time.sleep(0.3)
            taken = sum(path.stat().st_blocks * 512 for path in objects.rglob("*") if path.is_file())
            assert taken < 4 * length + (1 << 20)
    wait_until(lambda: not [path for path in objects.rglob("*") if path.is_file() and len(path.name) == 32])
    assert "failed unexpectedly" not in server.log
    assert error(s3.get_object, Bucket="hasty", Key="key")[0] == "NoSuchKey"
