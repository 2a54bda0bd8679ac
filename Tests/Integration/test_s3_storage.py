"""What S3 holds, in memory and on the disk: large bodies pass through, and what was answered survives."""

import concurrent.futures
import hashlib
import io
import os

from botocore.config import Config
from martlet import ONCE, wait_until
from queued import clock


def test_memory_stays_flat(martlet):
    """A body much larger than what may be held passes through."""
    server = martlet().start()
    s3 = server.client("s3", config=Config(retries={"total_max_attempts": 1}, request_checksum_calculation="when_required"))
    s3.create_bucket(Bucket="large")
    size = 96 << 20

    def resident():
        with open("/proc/%d/status" % server.process.pid) as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))

    s3.put_object(Bucket="large", Key="warm", Body=b"x" * (4 << 20))
    before = resident()

    class Body(io.RawIOBase):
        at = 0

        def readable(self):
            return True

        def seekable(self):
            return True

        def tell(self):
            return self.at

        def seek(self, offset, whence=0):
            self.at = {0: 0, 1: self.at, 2: size}[whence] + offset
            return self.at

        def read(self, count=-1):
            count = min(size - self.at, 1 << 20, count if count >= 0 else size)
            self.at += count
            return bytes(count)

    s3.put_object(Bucket="large", Key="k", Body=Body(), ContentLength=size)
    total = 0
    body = s3.get_object(Bucket="large", Key="k")["Body"]
    while piece := body.read(1 << 20):
        total += len(piece)
    assert total == size
    assert resident() - before < 60


def test_objects_survive_kill_9(martlet, figure):
    rounds = 30 if os.environ.get("MARTLET_LONG") == "1" else 3
    server = martlet().start()
    server.client("s3").create_bucket(Bucket="durable")
    kept = {}
    for round_ in range(rounds):
        s3 = server.client("s3", config=Config(retries={"total_max_attempts": 1}, read_timeout=10, max_pool_connections=20))
        over = []

        def write(worker):
            number = 0
            while not over:
                key = "%d/%d/%d" % (round_, worker, number)
                body = os.urandom([100, 5000, 200_000][number % 3])
                number += 1
                try:
                    s3.put_object(Bucket="durable", Key=key, Body=body)
                except Exception:
                    return
                kept[key] = hashlib.md5(body).hexdigest()

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            done = [pool.submit(write, worker) for worker in range(6)]
            begun = len(kept)
            wait_until(lambda: len(kept) >= begun + 40)
            server.kill9()
            over.append(True)
            [future.result() for future in done]
        server.start()
    s3 = server.client("s3", config=ONCE)
    for key, digest in kept.items():
        assert hashlib.md5(s3.get_object(Bucket="durable", Key=key)["Body"].read()).hexdigest() == digest, key
    # What was cut off is cleaned away: as many files as large objects are there.
    large = [k for page in s3.get_paginator("list_objects_v2").paginate(Bucket="durable") for k in page["Contents"] if k["Size"] > 32768]
    wait_until(lambda: sum(1 for _ in (server.data / "objects").glob("??/*") if _.is_file()) == len(large))
    figure("objects kept over %d kills" % rounds, len(kept))


def test_space_is_given_back_whenever_the_server_ends(martlet, figure):
    """Of what is overwritten and deleted, uploaded and given up, nothing stays behind: neither after a kill, nor without one."""
    rounds = 30 if os.environ.get("MARTLET_LONG") == "1" else 3
    server = martlet().start()
    server.client("s3").create_bucket(Bucket="space")
    objects = server.data / "objects"

    def files():
        return {path.name for path in objects.glob("??/*")}

    most = 0
    for round_ in range(rounds):
        s3 = server.client("s3", config=Config(retries={"total_max_attempts": 1}, read_timeout=10, max_pool_connections=20))
        over, done = [], []

        def churn(worker):
            number = 0
            while not over:
                key = "%d/%d" % (worker, number % 3)
                number += 1
                try:
                    s3.put_object(Bucket="space", Key=key, Body=os.urandom(100_000))
                    if number % 4 == 0:
                        s3.delete_object(Bucket="space", Key=key)
                    if number % 5 == 0:
                        upload = s3.create_multipart_upload(Bucket="space", Key=key)["UploadId"]
                        s3.upload_part(Bucket="space", Key=key, UploadId=upload, PartNumber=1, Body=os.urandom(50_000))
                        s3.abort_multipart_upload(Bucket="space", Key=key, UploadId=upload)
                    done.append(key)
                except Exception:
                    return

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            running = [pool.submit(churn, worker) for worker in range(6)]
            try:
                wait_until(lambda: len(done) >= 60)
                # The server ends while it removes what is garbage by now.
                clock(server, advance=60)
                early = files()
                wait_until(lambda: not early <= files(), timeout=30)
                server.kill9()
            finally:
                over.append(True)
            [future.result() for future in running]
        most = max(most, len(files()))
        server.start()
    s3 = server.client("s3", config=ONCE)
    for upload in s3.list_multipart_uploads(Bucket="space").get("Uploads", []):
        s3.abort_multipart_upload(Bucket="space", Key=upload["Key"], UploadId=upload["UploadId"])
    clock(server, advance=60)
    large = s3.list_objects_v2(Bucket="space").get("Contents", [])
    wait_until(lambda: len(files()) == len(large), timeout=30)
    for found in large:
        assert len(s3.get_object(Bucket="space", Key=found["Key"])["Body"].read()) == 100_000
    figure("files before and after, over %d kills" % rounds, "%d, %d" % (most, len(large)))
