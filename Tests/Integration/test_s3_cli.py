"""The aws CLI's everyday commands for S3."""

import os

import pytest


@pytest.fixture
def bucket(server):
    name = "cli-" + os.urandom(6).hex()
    server.aws("s3", "mb", "s3://" + name)
    yield name
    server.aws("s3", "rb", "s3://" + name, "--force")


def test_trees_are_synchronised(server, bucket, tmp_path):
    tree = tmp_path / "tree"
    for name in ("a.txt", "folder/b.txt", "folder/deep/c d.txt"):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tree / "large.bin").write_bytes(os.urandom(9 << 20))
    server.aws("s3", "sync", tree, "s3://%s/copy" % bucket)
    assert server.aws("s3", "sync", tree, "s3://%s/copy" % bucket) == ""
    listed = server.aws("s3", "ls", "s3://%s/copy/" % bucket, "--recursive")
    assert [line.split(None, 3)[3] for line in listed.splitlines()] == [
        "copy/a.txt", "copy/folder/b.txt", "copy/folder/deep/c d.txt", "copy/large.bin",
    ]  # fmt: skip
    assert "PRE folder/" in server.aws("s3", "ls", "s3://%s/copy/" % bucket)
    back = tmp_path / "back"
    server.aws("s3", "sync", "s3://%s/copy" % bucket, back)
    for path in (p for p in tree.rglob("*") if p.is_file()):
        assert (back / path.relative_to(tree)).read_bytes() == path.read_bytes()
    server.aws("s3", "mv", "s3://%s/copy/a.txt" % bucket, "s3://%s/moved.txt" % bucket)
    server.aws("s3", "rm", "s3://%s/copy/folder" % bucket, "--recursive")
    left = server.aws("s3", "ls", "s3://" + bucket, "--recursive")
    assert [line.split(None, 3)[3] for line in left.splitlines()] == ["copy/large.bin", "moved.txt"]


def test_files_and_pipes(server, bucket, tmp_path):
    (tmp_path / "one").write_text("one")
    server.aws("s3", "cp", tmp_path / "one", "s3://%s/one" % bucket)
    assert server.aws("s3", "cp", "s3://%s/one" % bucket, "-") == "one"
    server.aws("s3", "cp", "-", "s3://%s/piped" % bucket, input="from a pipe")
    assert server.aws("s3", "cp", "s3://%s/piped" % bucket, "-") == "from a pipe"
    url = server.aws("s3", "presign", "s3://%s/one" % bucket).strip()
    path = url.removeprefix(server.url)
    assert server.get(path)[2] == b"one"
    assert bucket in server.aws("s3", "ls")
    gone = server.aws("s3", "cp", "s3://%s/none" % bucket, "-", check=False)
    assert gone.returncode != 0 and "404" in gone.stderr


def test_commands_of_the_api(server, bucket):
    server.aws("s3api", "put-object", "--bucket", bucket, "--key", "k")
    assert server.aws("s3api", "head-object", "--bucket", bucket, "--key", "k")["ContentLength"] == 0
    assert [k["Key"] for k in server.aws("s3api", "list-objects-v2", "--bucket", bucket)["Contents"]] == ["k"]
    server.aws("s3api", "put-bucket-tagging", "--bucket", bucket, "--tagging", "TagSet=[{Key=a,Value=1}]")
    assert server.aws("s3api", "get-bucket-tagging", "--bucket", bucket)["TagSet"] == [{"Key": "a", "Value": "1"}]
    refused = server.aws("s3api", "list-bucket-inventory-configurations", "--bucket", bucket, check=False)
    assert refused.returncode != 0 and "NotImplemented" in refused.stderr
