"""Several nodes on one PostgreSQL database: the data of S3's objects are where all of them can reach them, or are refused."""

import glob
import os
import shutil
import subprocess

import pytest
from martlet import ONCE, error

LARGE = os.urandom(300_000)


@pytest.fixture
def database():
    """The URL of a database that nothing else uses."""
    url = os.environ.get("MARTLET_TEST_POSTGRES")
    if not url:
        pytest.skip("MARTLET_TEST_POSTGRES names no server")
    found = shutil.which("psql") or (sorted(glob.glob("/usr/lib/postgresql/*/bin/psql")) or [None])[-1]
    if not found:
        pytest.skip("there is no psql")
    name = "nodes_" + os.urandom(6).hex()
    subprocess.run([found, url, "-q", "-c", "CREATE DATABASE " + name], check=True)
    yield url.rsplit("/", 1)[0] + "/" + name
    subprocess.run([found, url, "-q", "-c", "DROP DATABASE %s WITH (FORCE)" % name], check=True)


def test_nodes_share_a_folder(martlet, database, tmp_path):
    # The user that the nodes run as has to get there.
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.geteuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o011)
    objects = tmp_path / "objects"
    one, two = (martlet("--database", database, "--objects", objects).start() for _ in range(2))
    s3 = [node.client("s3", config=ONCE) for node in (one, two)]
    s3[0].create_bucket(Bucket="shared")
    s3[0].put_object(Bucket="shared", Key="from-one", Body=LARGE)
    s3[1].put_object(Bucket="shared", Key="from-two", Body=LARGE[::-1])
    assert s3[1].get_object(Bucket="shared", Key="from-one")["Body"].read() == LARGE
    assert s3[0].get_object(Bucket="shared", Key="from-two", Range="bytes=10-19")["Body"].read() == LARGE[::-1][10:20]
    s3[1].copy_object(Bucket="shared", Key="copy", CopySource="shared/from-one")
    s3[0].delete_object(Bucket="shared", Key="from-one")
    # A node that starts takes nothing of the others' for orphans.
    two.restart()
    s3[1] = two.client("s3", config=ONCE)
    for client in s3:
        assert client.get_object(Bucket="shared", Key="copy")["Body"].read() == LARGE


def test_a_node_with_another_folder_says_so(martlet, database):
    one, two = (martlet("--database", database).start() for _ in range(2))
    assert "--objects" not in one.log
    assert "is not the folder that holds the objects of this database" in two.log and "--objects" in two.log
    s3, astray = (node.client("s3", config=ONCE) for node in (one, two))
    s3.create_bucket(Bucket="apart")
    s3.put_object(Bucket="apart", Key="large", Body=LARGE)
    s3.put_object(Bucket="apart", Key="small", Body=b"1")
    assert astray.get_object(Bucket="apart", Key="small")["Body"].read() == b"1"
    assert error(astray.get_object, Bucket="apart", Key="large")[0] == "ServiceUnavailable"
    assert error(astray.put_object, Bucket="apart", Key="other", Body=LARGE)[0] == "ServiceUnavailable"
    assert s3.get_object(Bucket="apart", Key="large")["Body"].read() == LARGE
