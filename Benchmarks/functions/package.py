import boto3


def handler(event, context):
    return {**event, "boto3": boto3.__version__}
