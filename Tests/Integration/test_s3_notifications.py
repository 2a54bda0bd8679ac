"""What S3 tells of its objects: to queues, topics and functions."""

import http.client
import json
import os

import pytest
from martlet import ACCOUNT, ONCE, REGION, error, function_arn, wait_until
from queued import NOTE, make_notes, notes


@pytest.fixture
def s3(server):
    return server.client("s3", config=ONCE)


@pytest.fixture
def bucket(s3):
    name = "notify-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=name)
    return name


def policy(resource, bucket, action):
    statement = {
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": action, "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::" + bucket}},
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def queue(server, bucket):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = "arn:aws:sqs:%s:%s:%s" % (REGION, ACCOUNT, bucket)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(arn, bucket, "sqs:SendMessage")})
    return sqs, url, arn


def received(sqs, url, count):
    """The next messages' bodies, in the order in which they were sent."""
    found = []

    def enough():
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= count

    wait_until(enough)
    return found


def test_queues_are_told(s3, bucket, queue):
    sqs, url, arn = queue
    rule = {"Id": "r", "QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    rule["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]})
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert kept[0]["Filter"]["Key"]["FilterRules"] == [{"Name": "Prefix", "Value": "in/"}]
    assert received(sqs, url, 1)[0]["Event"] == "s3:TestEvent"
    s3.put_object(Bucket=bucket, Key="out/x", Body=b"")
    s3.put_object(Bucket=bucket, Key="in/a b", Body=b"123")
    s3.delete_object(Bucket=bucket, Key="in/a b")
    records = sorted((m["Records"][0] for m in received(sqs, url, 2)), key=lambda r: r["s3"]["object"]["sequencer"])
    assert [r["eventName"] for r in records] == ["ObjectCreated:Put", "ObjectRemoved:Delete"]
    created = records[0]
    assert (created["eventSource"], created["awsRegion"], created["s3"]["configurationId"]) == ("aws:s3", REGION, "r")
    assert created["s3"]["bucket"]["name"] == bucket
    assert {k: created["s3"]["object"][k] for k in ("key", "size")} == {"key": "in/a+b", "size": 3}


def test_records_tell_where_a_request_came_from(server, s3, bucket, queue):
    sqs, url, arn = queue
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]})
    statement = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::%s/*" % bucket,
        "Condition": {"IpAddress": {"aws:SourceIp": ["127.0.0.3/32", "10.0.0.0/8"]}},
    }  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def put(key, address):
        path = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key})
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20, source_address=(address, 0))
        connection.request("PUT", path.removeprefix(server.url), b"x")
        status = connection.getresponse().status
        connection.close()
        return status

    assert put("refused", "127.0.0.3") == 403
    assert put("k", "127.0.0.2") == 200
    records = [r for m in received(sqs, url, 2) for r in m.get("Records", [])]
    assert [(r["s3"]["object"]["key"], r["requestParameters"]["sourceIPAddress"]) for r in records] == [("k", "127.0.0.2")]


def test_buses_are_refused_as_long_as_there_are_none(s3, bucket, queue):
    """Nothing is kept of a configuration that would not be followed."""
    rule = {"QueueArn": queue[2], "Events": ["s3:ObjectCreated:*"]}
    for more in ({}, {"SkipDestinationValidation": True}):
        for rules in ({}, {"QueueConfigurations": [rule]}):
            code, message = error(
                s3.put_bucket_notification_configuration, Bucket=bucket,
                NotificationConfiguration={"EventBridgeConfiguration": {}, **rules}, **more,
            )[:2]  # fmt: skip
            assert code == "NotImplemented" and "EventBridgeConfiguration" in message
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert not {"EventBridgeConfiguration", "QueueConfigurations"} & set(kept)


def test_topics_are_told(server, s3, bucket, queue):
    sqs, url, queue_arn = queue
    sns = server.client("sns")
    arn = sns.create_topic(Name=bucket)["TopicArn"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy(arn, bucket, "sns:Publish"))
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue_arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    rule = {"TopicArn": arn, "Events": ["s3:ObjectCreated:Put"]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [rule]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    messages = [json.loads(m["Message"]) for m in received(sqs, url, 2)]
    assert [m["Records"][0]["s3"]["object"]["key"] for m in messages if "Records" in m] == ["k"]


def test_functions_are_told(server, s3, bucket, deploy):
    app = NOTE + "def handler(event, context):\n    note(event['Records'][0]['s3']['object']['key'])\n"
    make_notes(server)
    name = deploy({"app.py": app})
    arn = function_arn(name)
    configuration = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    refused = error(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=configuration)
    assert refused[:2] == ("InvalidArgument", "Unable to validate the following destination configurations")
    server.client("lambda").add_permission(
        FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::" + bucket, SourceAccount=ACCOUNT,
    )  # fmt: skip
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    keys = ["%s/%d" % (bucket, n) for n in range(5)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    wait_until(lambda: set(keys) <= set(notes(server)))


def test_configurations_that_are_refused(s3, bucket, queue):
    arn = queue[2]

    def refusal(*rules, **more):
        return error(
            s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration={"QueueConfigurations": list(rules)}, **more
        )

    one = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    assert "Configurations overlap" in refusal(one, {**one, "Events": ["s3:ObjectCreated:Put"]})[1]
    assert "not supported" in refusal({**one, "Events": ["s3:Nothing"]})[1]
    assert refusal({**one, "QueueArn": "nothing"})[1] == "The ARN could not be parsed"
    missing = {**one, "QueueArn": arn + "-none"}
    assert refusal(missing)[1] == "Unable to validate the following destination configurations"
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [missing]}, SkipDestinationValidation=True
    )


def test_events_survive_kill_9(martlet):
    """What was answered is told, whenever the server ends."""
    server = martlet().start()
    s3, sqs = server.client("s3", config=ONCE), server.client("sqs")
    s3.create_bucket(Bucket="told")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = "arn:aws:sqs:%s:%s:told" % (REGION, ACCOUNT)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(arn, "told", "sqs:SendMessage")})
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket="told", NotificationConfiguration={"QueueConfigurations": [rule]})
    answered = set()
    for round_ in range(3):
        for number in range(20):
            key = "%d-%d" % (round_, number)
            s3.put_object(Bucket="told", Key=key, Body=b"")
            answered.add(key)
        server.kill9()
        server.start()
        s3, sqs = server.client("s3", config=ONCE), server.client("sqs")
    told = set()

    def all_told():
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            for record in json.loads(message["Body"]).get("Records", []):
                told.add(record["s3"]["object"]["key"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return told >= answered

    wait_until(all_told)
