"""Which web servers a topic's messages reach, by whoever subscribed them."""

import base64
import json

import pytest
from martlet import ONCE
from notified import Listener

SUBSCRIBE = """
import urllib.parse, urllib.request

def handler(event, context):
    form = {"Action": "Subscribe", "Version": "2010-03-31", "TopicArn": event["topic"], "Protocol": "http", "Endpoint": event["url"]}
    request = urllib.request.Request("http://sns.us-east-1.amazonaws.com/", urllib.parse.urlencode(form).encode())
    return urllib.request.urlopen(request).read().decode()
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1"])
@pytest.mark.parametrize("options", [[], ["--allow-private-endpoints"]], ids=["default", "allowed"])
def test_functions_do_not_reach_the_host_by_subscriptions(martlet, options, host):
    server = martlet("--ephemeral", *options).start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]
    api = server.deploy("f", {"app.py": SUBSCRIBE})
    with Listener() as inner, Listener() as own:
        event = {"topic": topic, "url": inner.url.replace("127.0.0.1", host)}
        answer = api.invoke(FunctionName="f", Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()
        if options:
            assert json.loads(inner.wait(1)[0][2])["Type"] == "SubscriptionConfirmation"
            return
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=own.url)
        own.wait(1)
        assert inner.posts == []


def test_a_user_in_an_endpoint_is_sent_as_basic_authentication(server, name):
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name=name)["TopicArn"]
    with Listener() as listener:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url.replace("//", "//me:p%40ss@"))
        ((path, headers, _),) = listener.wait(1)
    assert path == "/notify" and headers["Authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()
    (shown,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert shown["Endpoint"] == listener.url.replace("//", "//me:****@")
