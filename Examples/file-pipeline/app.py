"""Reads a table of sales that was uploaded, and writes what it comes to for each product."""

import csv
import io
import json
import os
import urllib.parse

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        # Keys are encoded in events.
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        totals = {}
        for row in csv.DictReader(io.StringIO(text)):
            totals[row["product"]] = totals.get(row["product"], 0) + int(row["count"]) * float(row["price"])
        report = key.removesuffix(".csv") + ".json"
        s3.put_object(Bucket=os.environ["REPORTS"], Key=report, Body=json.dumps(totals), ContentType="application/json")
        print("%s: %d products" % (report, len(totals)))
