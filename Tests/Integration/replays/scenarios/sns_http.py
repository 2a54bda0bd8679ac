"""Web servers: what they are asked and told."""

import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

from martlet import wait_until
from replays.catalog import Reason, scenario
from replays.notifications import Notifications, headers_of, listener

_OTHER_TOKEN = Reason("AWS confirms with a token that it has not sent, as long as it has the right form; here it has to be the one that was sent.")


def _get(url):
    """The answer of a link that is followed, as the recordings hold XML."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=30) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    root = ET.fromstring(text)

    def tree(node):
        return {child.tag.split("}")[1]: tree(child) for child in node} if len(node) else node.text

    answer = {root.tag.split("}")[1]: tree(root)}
    if metadata := answer[root.tag.split("}")[1]].get("ResponseMetadata"):
        metadata["HTTPStatusCode"] = status
    return answer


def _changed(url, **parameters):
    parts = urllib.parse.urlparse(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    return parts._replace(query=urllib.parse.urlencode({**query, **parameters})).geturl()


def _documents(web, kind):
    return wait_until(lambda: [post for post in web.posts if headers_of(post)["X-Amz-Sns-Message-Type"] == kind])[-1]


@scenario("TestSNSSubscriptionHttp::test_subscribe_external_http_endpoint", {"nonexistent-token-confirm": _OTHER_TOKEN})
def endpoint(replay):
    here = Notifications(replay)
    raw = replay.parameter == "True"
    topic = here.topic()
    with listener() as web:
        given = {"Attributes": {"RawMessageDelivery": "true"}} if raw else {}
        here.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=web.url, **given)
        post = _documents(web, "SubscriptionConfirmation")
        asked = json.loads(post[2])
        replay.keep("subscription-confirmation", asked)
        replay.keep("http-confirm-sub-headers", headers_of(post))
        link = asked["SubscribeURL"]
        elsewhere = topic.replace(replay.region, "us-west-2")
        for label, changes in [
            ("broken-topic-arn-confirm", {"TopicArn": "randomstring"}),
            ("broken-token-confirm", {"Token": "abc"}),
            ("different-region-arn-confirm", {"TopicArn": elsewhere}),
            ("nonexistent-token-confirm", {"Token": "0" * 64 + asked["Token"][64:]}),
            ("confirm-subscribe", {}),
        ]:
            replay.keep(label, _get(_changed(link, **changes)))
        here.sns.publish(TopicArn=topic, Message="test_external_http_endpoint")
        post = _documents(web, "Notification")
        if raw:
            replay.keep("http-message-headers-raw", headers_of(post))
            subscription = headers_of(post)["X-Amz-Sns-Subscription-Arn"]
            ending = "%s/?Action=Unsubscribe&SubscriptionArn=%s" % (replay.server.url, subscription)
        else:
            replay.keep("http-message", json.loads(post[2]))
            replay.keep("http-message-headers", headers_of(post))
            ending = json.loads(post[2])["UnsubscribeURL"]
        replay.keep("unsubscribe-response", _get(ending))
        replay.keep("unsubscribe-request", json.loads(_documents(web, "UnsubscribeConfirmation")[2]))


@scenario("TestSNSSubscriptionHttp::test_subscribe_external_http_endpoint_content_type")
def content_type(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.call("topic-attrs", here.sns.get_topic_attributes, TopicArn=topic)
    with listener() as web:
        policy = json.dumps({"requestPolicy": {"headerContentType": "text/csv"}})
        subscription = here.sns.subscribe(
            TopicArn=topic, Protocol="http", Endpoint=web.url.replace("/notify", "/sns-endpoint"), ReturnSubscriptionArn=True,
            Attributes={"RawMessageDelivery": replay.parameter.lower(), "DeliveryPolicy": policy},
        )["SubscriptionArn"]  # fmt: skip
        here.shown("sub-attrs", subscription)
        post = _documents(web, "SubscriptionConfirmation")
        replay.keep("subscription-confirmation", json.loads(post[2]))
        replay.keep("http-confirm-sub-headers", headers_of(post))
        here.sns.confirm_subscription(TopicArn=topic, Token=json.loads(post[2])["Token"])
        here.sns.publish(TopicArn=topic, Message="test_external_http_endpoint")
        replay.keep("http-message-headers-raw", headers_of(_documents(web, "Notification")))


@scenario("TestSNSSubscriptionHttp::test_http_subscription_response")
def answers(replay):
    here = Notifications(replay)
    topic = here.topic()
    replay.keep("topic-arn", {"TopicArn": topic})
    given = {"TopicArn": topic, "Protocol": "http", "Endpoint": "http://127.0.0.1:9/"}
    here.call("subscription", here.sns.subscribe, **given)
    here.call("subscription-with-arn", here.sns.subscribe, **given, ReturnSubscriptionArn=True)
