"""What is known to differ from botocore, and why. Nothing else may."""

# (service, protocol, operation): the reason.
_TWIN = "a deprecated twin: the request is the same as that of the …Configuration operation"
REQUESTS = {
    ("s3", "rest-xml", "GetBucketLifecycle"): _TWIN,
    ("s3", "rest-xml", "PutBucketLifecycle"): _TWIN,
    ("s3", "rest-xml", "GetBucketNotification"): _TWIN,
    ("s3", "rest-xml", "PutBucketNotification"): _TWIN,
    ("s3", "rest-xml", "ListDirectoryBuckets"): "the same request as ListBuckets, to another host (s3express-control)",
}

RESPONSES = {
    ("s3", "rest-xml", "GetBucketLocation"): "one element alone, which clients read by a handler of their own",
    ("s3", "rest-xml", "GetBucketNotification"): "a deprecated form with two members in one element, Event",
}
