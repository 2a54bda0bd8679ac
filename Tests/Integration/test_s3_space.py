"""What S3's objects leave behind when they go, and when the server ends."""

import concurrent.futures
import os

from botocore.config import Config
from martlet import ONCE, wait_until
from queued import clock


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
