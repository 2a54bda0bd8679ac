"""What tests of notifications share: web servers that are notified, and signatures that hold."""

import base64
import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from martlet import wait_until

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


class Listener:
    """A web server on a free port that keeps what is posted to it. `statuses` are what it answers, in turn; the last one for ever."""

    def __init__(self, statuses=(200,)):
        self.statuses = list(statuses)
        self.posts = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = listener.statuses.pop(0) if len(listener.statuses) > 1 else listener.statuses[0]
                listener.posts.append((self.path, dict(self.headers.items()), body.decode()))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return "http://127.0.0.1:%d/notify" % self.server.server_port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count, timeout=60):
        """The posts, when there are so many."""
        wait_until(lambda: len(self.posts) >= count, timeout)
        return self.posts

    def documents(self, kind=None):
        found = [json.loads(body) for _, _, body in self.posts]
        return [document for document in found if kind is None or document["Type"] == kind]


def fetch(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return answer.read()


def verify(document):
    """Whether a document is signed by the key whose certificate its URL leads to; raises if not."""
    url = document.get("SigningCertURL") or document["SigningCertUrl"]
    certificate = x509.load_pem_x509_certificate(fetch(url))
    names = _SIGNED[document["Type"]]
    text = "".join("%s\n%s\n" % (name, document[name]) for name in names if document.get(name) is not None)
    digest = {"1": hashes.SHA1, "2": hashes.SHA256}[document["SignatureVersion"]]()
    key = certificate.public_key()
    key.verify(base64.b64decode(document["Signature"]), text.encode(), padding.PKCS1v15(), digest)
    return key.key_size


def confirmed(sns, topic, listener, **attributes):
    """The ARN of a confirmed subscription of a listener, whose posts are forgotten."""
    protocol = listener.url.split(":")[0]
    arn = sns.subscribe(
        TopicArn=topic, Protocol=protocol, Endpoint=listener.url, Attributes=attributes, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    wait_until(lambda: listener.documents("SubscriptionConfirmation"))
    sns.confirm_subscription(TopicArn=topic, Token=listener.documents("SubscriptionConfirmation")[-1]["Token"])
    listener.posts.clear()
    return arn
