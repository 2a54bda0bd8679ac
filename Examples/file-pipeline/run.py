#!/usr/bin/env python3
"""Runs the example against Martlet: `martlet up` in one terminal, `eval "$(martlet env)"` and this in another."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from scenario import Scenario  # noqa: E402

scenario = Scenario("A file is uploaded, parsed, and its report written", os.path.dirname(os.path.abspath(__file__)))
s3, api = scenario.client("s3"), scenario.client("lambda")

scenario.step("Deploying")
uploads, reports = scenario.bucket("uploads"), scenario.bucket("reports")
failures, failures_arn = scenario.queue("failures")
parser = scenario.function(
    "parser", Environment={"Variables": {"REPORTS": reports}}, DeadLetterConfig={"TargetArn": failures_arn}
)
api.put_function_event_invoke_config(FunctionName=parser, MaximumRetryAttempts=1)
scenario.allow(parser, "s3", "arn:aws:s3:::" + uploads)
s3.put_bucket_notification_configuration(
    Bucket=uploads,
    NotificationConfiguration={
        "LambdaFunctionConfigurations": [
            {
                "LambdaFunctionArn": parser,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}},
            }
        ]
    },
)

scenario.step("Uploading a table, and something else")
s3.put_object(Bucket=uploads, Key="2026/first quarter.csv", Body="product,count,price\nnut,3,0.5\nbolt,2,1.25\nnut,1,0.5\n")
s3.put_object(Bucket=uploads, Key="notes.txt", Body="nobody reads this")


def found():
    return s3.list_objects_v2(Bucket=reports).get("Contents", [])


scenario.wait("the report", found)
(report,) = found()
scenario.check("the report is named after the table", report["Key"] == "2026/first quarter.json")
totals = json.loads(s3.get_object(Bucket=reports, Key=report["Key"])["Body"].read())
scenario.check("its totals are right: %s" % totals, totals == {"nut": 2.0, "bolt": 2.5})

scenario.step("Uploading a broken table; its retry is a minute away, and the clock is moved there")
s3.put_object(Bucket=uploads, Key="broken.csv", Body="product,count,price\nnut,three,0.5\n")


def is_given_up():
    scenario.advance(61)
    return scenario.visible(failures) == 1


scenario.wait("the failure", is_given_up)
(letter,) = scenario.received(failures)
scenario.check("the event is in the queue for failures", letter["Records"][0]["s3"]["object"]["key"] == "broken.csv")
