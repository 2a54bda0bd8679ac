#!/usr/bin/env python3
"""Runs the example against Martlet: `martlet up` in one terminal, `eval "$(martlet env)"` and this in another."""

import json
import os
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from scenario import Scenario  # noqa: E402

scenario = Scenario("One function, triggered by many sources at once", os.path.dirname(os.path.abspath(__file__)))
s3, sns, sqs, api = (scenario.client(service) for service in ("s3", "sns", "sqs", "lambda"))

scenario.step("Deploying")
journal, _ = scenario.queue("journal")
recorder = scenario.function("recorder", Environment={"Variables": {"JOURNAL": journal}})
files = scenario.bucket("files")
scenario.allow(recorder, "s3", "arn:aws:s3:::" + files)
s3.put_bucket_notification_configuration(
    Bucket=files,
    NotificationConfiguration={"LambdaFunctionConfigurations": [{"LambdaFunctionArn": recorder, "Events": ["s3:ObjectCreated:*"]}]},
)
news = sns.create_topic(Name=scenario.name("news"))["TopicArn"]
scenario.allow(recorder, "sns", news)
sns.subscribe(TopicArn=news, Protocol="lambda", Endpoint=recorder)
tasks, tasks_arn = scenario.queue("tasks")
api.create_event_source_mapping(FunctionName=recorder, EventSourceArn=tasks_arn)
api.add_permission(
    FunctionName=recorder, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
)
api.add_permission(
    FunctionName=recorder, StatementId="function", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True
)
url = api.create_function_url_config(FunctionName=recorder, AuthType="NONE")["FunctionUrl"]

COUNT = 10
scenario.step("Uploading, publishing, sending and calling at the same time, %d times each" % COUNT)


def call(n):
    # The URL's name need not be known to this machine: Martlet goes by what the request says.
    place = urllib.parse.urlsplit(url)
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "%s://%s" % (place.scheme, place.netloc))
    request = urllib.request.Request("%s/call/%d" % (endpoint, n), headers={"Host": place.netloc})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


with ThreadPoolExecutor(8) as threads:
    doing = []
    for n in range(COUNT):
        doing.append(threads.submit(s3.put_object, Bucket=files, Key="file/%d" % n, Body=b"x"))
        doing.append(threads.submit(sns.publish, TopicArn=news, Message="news/%d" % n))
        doing.append(threads.submit(sqs.send_message, QueueUrl=tasks, MessageBody="task/%d" % n))
        doing.append(threads.submit(call, n))
    for one in doing:
        one.result()

found = scenario.received(journal, 4 * COUNT)
for source, subject in (("s3", "file"), ("sns", "news"), ("sqs", "task"), ("url", "/call")):
    subjects = {entry["subject"] for entry in found if entry["source"] == source}
    scenario.check("%d events of %s" % (COUNT, source), subjects == {"%s/%d" % (subject, n) for n in range(COUNT)})
print("   (The schedule of the template is left out: there is no EventBridge Scheduler here yet.)")
