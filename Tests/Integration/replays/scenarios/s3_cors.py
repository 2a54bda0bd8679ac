"""S3: pages of other sites, as buckets' CORS configurations let them."""

import email.utils
import urllib.parse
import xml.etree.ElementTree

from replays.buckets import Buckets
from replays.catalog import Reason, scenario

_SITE = "https://localhost:4200"
_PUT = Reason("A page of another site that a bucket's rules do not admit changes nothing here; AWS carries its request out, unseen by the page.")


class _Site:
    """A bucket with an object, and requests of a page of another site."""

    def __init__(self, replay, *rules):
        self.replay, self.s3 = replay, Buckets(replay)
        self.bucket = self.s3.create()
        if rules:
            self.configure(*rules)

    def configure(self, *rules):
        self.s3.api.put_bucket_cors(Bucket=self.bucket, CORSConfiguration={"CORSRules": list(rules)})

    def put(self):
        self.s3.api.put_object(Bucket=self.bucket, Key="test-cors", Body="test-cors")

    def configured(self, label):
        return self.s3.call(label, "get_bucket_cors", Bucket=self.bucket)

    def preflight(self, label, key="test-cors", method=None, headers=None, origin=_SITE):
        self.send(label, "/%s/%s" % (self.bucket, key), "OPTIONS", origin, method, headers)

    def ask(self, label, operation="get_object", **more):
        url = self.s3.api.generate_presigned_url(operation, {"Bucket": self.bucket, "Key": "test-cors"})
        path = url.removeprefix("%s" % self.replay.server.url)
        self.send(label, path, {"get_object": "GET", "put_object": "PUT"}[operation], _SITE, **more)

    def send(self, label, path, method, origin=None, asked=None, headers=None, **more):
        sent = {"Origin": origin, "Access-Control-Request-Method": asked, "Access-Control-Request-Headers": headers, **more}
        sent = {name: value for name, value in sent.items() if value is not None}
        answer = self.replay.server.get(path, sent, method, b"" if method == "PUT" else None)
        self.replay.keep(label, _shaped(self.replay.recorded[label], *answer))


def _shaped(recorded, status, headers, body):
    """An answer in the recordings' form: headers with their names as they were recorded, and an error as a tree."""
    text = _tree(body) if body.startswith(b"<") else body.decode()
    if "Headers" not in recorded:
        return {"Error": {**text["Error"], "HostId": "host-id"}}
    names = {name.lower(): name for name in recorded["Headers"]}
    shown = {names.get(name.lower(), name): value for name, value in headers.items() if name.lower() != "connection"}
    for name in ("date", "Last-Modified"):
        if name in shown:
            date = email.utils.parsedate_to_datetime(shown[name])
            shown[name] = "last--modified" if name == "Last-Modified" else date
    # What answers is not AWS, and does not say so.
    shown.setdefault("server", "")
    # How the connection tells where a body ends.
    if "Transfer-Encoding" in recorded["Headers"] and shown.get("Content-Length") == str(len(body)):
        del shown["Content-Length"]
        shown["Transfer-Encoding"] = "chunked"
    return {"Body": text, "Headers": shown, "StatusCode": status}


def _tree(body):
    root = xml.etree.ElementTree.fromstring(body)
    return {root.tag: {child.tag: child.text for child in root}}


def _rule(*methods, origin=_SITE, **more):
    return {"AllowedOrigins": [origin], "AllowedMethods": list(methods), **more}


# Configurations.


@scenario("TestS3Cors::test_get_cors")
def configuration(replay):
    site = _Site(replay)
    site.configured("get-cors-no-set")
    site.configure(_rule("GET", origin="*"))
    site.configured("get-cors-after-set")


@scenario("TestS3Cors::test_put_cors_invalid_rules")
def refused(replay):
    site = _Site(replay)
    for label, rules in (("put-cors-exc", [_rule("MYMETHOD", origin="*")]), ("put-cors-exc-empty", [])):
        site.s3.call(label, "put_bucket_cors", Bucket=site.bucket, CORSConfiguration={"CORSRules": rules})


@scenario("TestS3Cors::test_put_cors_empty_origin")
def no_origin(replay):
    _Site(replay, _rule("GET", "PUT", "HEAD", origin="")).configured("get-cors-empty")


@scenario("TestS3Cors::test_delete_cors")
def deleted(replay):
    site = _Site(replay)
    site.s3.call("delete-cors-before-set", "delete_bucket_cors", Bucket=site.bucket)
    site.s3.call("put-cors", "put_bucket_cors", Bucket=site.bucket, CORSConfiguration={"CORSRules": [_rule("GET", origin="*")]})
    site.configured("get-cors")
    site.s3.call("delete-cors", "delete_bucket_cors", Bucket=site.bucket)
    site.configured("get-cors-deleted")


# Requests.


@scenario("TestS3Cors::test_cors_http_options_no_config")
def not_configured(replay):
    site = _Site(replay)
    site.preflight("options-no-origin", key="", origin=None)
    site.preflight("options-with-origin-and-method", key="", method="PUT")
    site.preflight("options-with-origin-no-method", key="")


@scenario("TestS3Cors::test_cors_match_methods", {"put-op": _PUT})
def by_method(replay):
    site = _Site(replay, _rule("GET", MaxAgeSeconds=3000))
    site.put()
    site.preflight("opt-get", method="GET")
    site.ask("get-wrong-op", asked="PUT")
    site.ask("get-op", asked="GET")
    site.preflight("opt-put", method="PUT")
    site.ask("put-op", "put_object", asked="PUT")


@scenario("TestS3Cors::test_cors_match_headers")
def by_headers(replay):
    payer, owner = "x-amz-request-payer", "x-amz-expected-bucket-owner"
    site = _Site(replay, _rule("GET", AllowedHeaders=["*"], MaxAgeSeconds=3000))
    site.put()
    site.preflight("opt-get", method="GET", headers=payer)
    site.preflight("opt-get-two", method="GET", headers="%s, %s" % (payer, owner))
    site.ask("get-op", asked="GET")
    allowed = [owner, "x-amz-server-side-encryption-customer-algorithm", "x-AMZ-server-SIDE-encryption"]
    site.configure(_rule("GET", AllowedHeaders=allowed, MaxAgeSeconds=3000))
    site.configured("get-bucket-cors-casing")
    site.preflight("opt-get-non-allowed", method="GET", headers=payer)
    site.preflight("opt-get-allowed", method="GET", headers=owner)
    site.preflight("opt-get-allowed-diff-casing", method="GET", headers="%s, x-amz-SERVER-side-encryption" % owner)
    site.preflight("opt-get-allowed-no-space", method="GET", headers="%s,x-amz-server-side-encryption" % owner)
    # A request that is no preflight is judged by these headers too, if it has them.
    site.ask("get-non-allowed-with-acl", asked="GET", headers=payer)
    site.ask("get-non-allowed")


@scenario("TestS3Cors::test_cors_expose_headers")
def exposed(replay):
    names = ["x-amz-id-2", "x-amz-request-id", "x-amz-request-payer"]
    _Site(replay, _rule("GET", origin="*", ExposeHeaders=names)).preflight("opt-get", method="GET")


def _by_part(name, origin):
    @scenario("TestS3Cors::test_cors_options_%s_partial_origin" % name)
    def replayed(replay):
        site = _Site(replay, _rule("GET", "PUT", origin="http://*.origin.com", MaxAgeSeconds=3000))
        site.preflight("options_%s_partial_origin" % name, key="", method="GET" if name == "fails" else "PUT", origin=origin)


_by_part("match", "http://test.origin.com")
_by_part("fails", "http://origin.com")
