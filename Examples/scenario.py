"""What the scripts of the examples share: they deploy an example with plain API calls, from the code that its template names, and
look at what it does. Where the AWS CLI would do (`AWS_ENDPOINT_URL` and the like), so does this."""

import io
import json
import os
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import boto3
from botocore.config import Config

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def sdk_files():
    """The SDK of this script's own environment, as far as the examples need it, and its names in a package. Lambda's runtimes have one; a
    Python of the machine's has not, if the script's is in an environment of its own."""
    site = Path(boto3.__file__).parents[1]
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3"):
        for path in (site / name).rglob("*"):
            part = path.relative_to(site).parts
            is_wanted = path.is_file() and path.suffix != ".pyc"
            if part[:2] in (("botocore", "data"), ("boto3", "data")) and len(part) > 3 and part[2] not in ("s3", "sqs", "sns", "sts"):
                is_wanted = False
            if is_wanted:
                yield path, "/".join(part)
    yield site / "six.py", "six.py"


class Scenario:
    """An example that is being run: its clients, and names that no other run uses."""

    def __init__(self, title, folder):
        self.folder = folder
        self.tag = os.urandom(3).hex()
        self.account = self.client("sts").get_caller_identity()["Account"]
        self.region = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or "us-east-1"
        print("== %s" % title)

    def client(self, service):
        # Buckets by path: their names need no address of their own then.
        more = {"config": Config(s3={"addressing_style": "path"})} if service == "s3" else {}
        return boto3.client(service, **more)

    def name(self, kind):
        return "%s-%s" % (kind, self.tag)

    def step(self, text):
        print("-- %s" % text, flush=True)

    def wait(self, what, condition, timeout=60):
        """The first true answer of `condition`."""
        end = time.monotonic() + timeout
        while not (answer := condition()):
            if time.monotonic() > end:
                sys.exit("It did not come: %s" % what)
            time.sleep(0.05)
        return answer

    def check(self, what, holds):
        print("   %s %s" % ("ok  " if holds else "NOT ", what), flush=True)
        if not holds:
            sys.exit(1)

    # Resources

    def role(self):
        iam, name = self.client("iam"), self.name("role")
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]

    def package(self, source="app.py", **texts):
        """A file of the example, and others by their names without `.py`, as a package."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(os.path.join(self.folder, source), source)
            for name, text in texts.items():
                archive.writestr(name + ".py", text)
            if sys.prefix != sys.base_prefix:
                for path, name in sdk_files():
                    archive.write(path, name)
        return out.getvalue()

    def function(self, kind, source="app.py", handler="app.handler", **more):
        """Deploys a file of the example; gives the function's ARN."""
        api, name = self.client("lambda"), self.name(kind)
        # The templates say python3.12; here it is the Python that has an SDK, for it runs this script.
        made = api.create_function(
            FunctionName=name, Runtime="python%d.%d" % sys.version_info[:2], Handler=handler, Role=self.role(), Timeout=10,
            MemorySize=256, Code={"ZipFile": self.package(source)}, **more,
        )
        api.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return made["FunctionArn"]

    def queue(self, kind, **attributes):
        """Gives its URL and its ARN."""
        api = self.client("sqs")
        url = api.create_queue(QueueName=self.name(kind), Attributes=attributes)["QueueUrl"]
        return url, "arn:aws:sqs:%s:%s:%s" % (self.region, self.account, self.name(kind))

    def bucket(self, kind):
        name = self.name(kind)
        self.client("s3").create_bucket(Bucket=name)
        return name

    def allow(self, function, service, source):
        """Lets a service invoke the function on behalf of a resource."""
        self.client("lambda").add_permission(
            FunctionName=function, StatementId=service, Action="lambda:InvokeFunction", Principal=service + ".amazonaws.com", SourceArn=source
        )

    def received(self, url, count=1):
        """So many messages of a queue, as JSON where they are JSON."""
        api, found = self.client("sqs"), []

        def receive():
            answer = api.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                found.append(message["Body"])
                api.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count

        self.wait("%d messages in %s" % (count, url), receive)
        return [json.loads(text) if text[:1] in "{[" else text for text in found]

    def visible(self, url):
        """How many messages a queue has, received or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def advance(self, seconds):
        """Moves Martlet's clock, so that nobody has to wait for a retry."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "http://localhost:4566")
        body = json.dumps({"advance": seconds}).encode()
        urllib.request.urlopen(urllib.request.Request(endpoint + "/_martlet/clock", body, method="POST")).read()
