"""botocore's models in the protocols that Martlet speaks them in."""

import copy
import json
import pathlib

import botocore.loaders
import botocore.model

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVICES = ("cloudwatch", "dynamodb", "iam", "lambda", "logs", "s3", "sns", "sqs", "sts")

_loader = botocore.loaders.Loader()
_cache = {}


def protocols(service):
    raw = _loader.load_service_model(service, "service-2")
    names = list(raw["metadata"].get("protocols", [raw["metadata"]["protocol"]]))
    return names + ["query"] if service == "sqs" else names


def model(service, protocol):
    """botocore's model of the service as a client of that protocol sees it."""
    key = (service, protocol)
    if key not in _cache:
        raw = copy.deepcopy(_loader.load_service_model(service, "service-2"))
        if key == ("sqs", "query"):
            restore_query(raw)
        if service == "s3":
            # Headers that S3 keeps as they are, whatever clients make of them.
            for name in ("Expires", "ResponseExpires"):
                raw["shapes"][name] = {"type": "string"}
        raw["metadata"]["protocol"] = protocol
        _cache[key] = botocore.model.ServiceModel(raw, service)
    return _cache[key]


def restore_query(raw):
    """botocore's SQS model lost its query form; our patches hold it, in the words of the old model."""
    for patch in json.loads((ROOT / "Models/patches/sqs.json").read_text()):
        place = raw
        for key in patch["at"]:
            place = place.setdefault(key, {})
        facts = dict(patch["merge"])
        if "queryName" in facts:
            facts["locationName"] = facts.pop("queryName")
        place.update(facts)


def operations():
    """Every operation of every model in every protocol."""
    for service in SERVICES:
        for protocol in protocols(service):
            for name in model(service, protocol).operation_names:
                yield service, protocol, name


def operation_model(service, protocol, name):
    return model(service, protocol).operation_model(name)
