"""Says of each event where it came from, and what it was about."""

import json
import os

import boto3

sqs = boto3.client("sqs")


def entries(event):
    if "requestContext" in event:
        yield "url", event["rawPath"]
    elif event.get("source") == "aws.scheduler":
        yield "schedule", event["time"]
    for record in event.get("Records", []):
        source = record.get("eventSource") or record.get("EventSource")
        if source == "aws:s3":
            yield "s3", record["s3"]["object"]["key"]
        elif source == "aws:sns":
            yield "sns", record["Sns"]["Message"]
        elif source == "aws:sqs":
            yield "sqs", record["body"]


def handler(event, context):
    found = list(entries(event))
    for source, subject in found:
        sqs.send_message(QueueUrl=os.environ["JOURNAL"], MessageBody=json.dumps({"source": source, "subject": subject}))
    return {"statusCode": 200, "body": json.dumps({"recorded": len(found)})}
