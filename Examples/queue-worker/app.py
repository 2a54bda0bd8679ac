"""Works through orders, and says which of a batch have failed, so that the others are not processed again."""

import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            total = sum(item["price"] * item["count"] for item in order["items"])
            sqs.send_message(QueueUrl=os.environ["DONE"], MessageBody=json.dumps({"order": order["id"], "total": total}))
        except (ValueError, LookupError, TypeError) as error:
            print("order %s is not understood: %r" % (record["messageId"], error))
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
