"""E-mail notifications, handed to a mail server."""

import base64
import json
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from email import message_from_string, policy

from martlet import ONCE, wait_until
from notified import fetch
from queued import clock


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as is needed. `replies` are what it says to the first words of lines instead, `tls` a context for STARTTLS; with
    `leaves` it resets the connection when it has taken a mail."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls=None, leaves=False, **replies):
        self.replies, self.mails, self.lines, self.tls, self.leaves = replies, [], [], tls, leaves
        super().__init__(("127.0.0.1", 0), _Conversation)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


class _Conversation(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.server.lines.append(line)
            word = line.split()[0].upper()
            if word in self.server.replies and self.server.replies[word]:
                self.say(self.server.replies[word].pop(0))
            elif word == "EHLO":
                offers = self.server.tls and not isinstance(self.connection, ssl.SSLSocket)
                self.wfile.write(b"250-here\r\n%s250 AUTH PLAIN\r\n" % (b"250-STARTTLS\r\n" if offers else b""))
            elif word == "STARTTLS":
                self.say("220 go on")
                self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            elif word == "DATA":
                self.say("354 go on")
                text = ""
                while (data := self.rfile.readline().decode()) != ".\r\n":
                    text += data
                self.server.mails.append(message_from_string(text, policy=policy.default))
                if self.server.leaves:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.say("250 taken")
                    return self.connection.close()
                self.say("250 taken")
            elif word == "QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")


def test_mail_is_handed_to_a_server(martlet):
    # It is away for the first mail, and knows the second's recipient not.
    with MailServer(RCPT=["451 later", "250 ok", "550 no such user"]) as mail:
        server = martlet("--ephemeral", "--smtp-server", "smtp://me:secret@127.0.0.1:%d" % mail.server_address[1], "--mail-from", "m@here.example")
        sns = server.start().client("sns", config=ONCE)
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        wait_until(lambda: "RCPT TO:<a@example.com>" in mail.lines)
        assert mail.mails == []
        clock(server, advance=11)
        (asked,) = mail.mails
        assert asked["From"] == "m@here.example" and asked["To"] == "a@example.com"
        assert asked["Subject"] == "AWS Notification - Subscription Confirmation"
        assert base64.b64decode([line for line in mail.lines if line.startswith("AUTH")][0].split()[2]) == b"\0me\0secret"
        fetch([line for line in asked.get_content().splitlines() if "Action=ConfirmSubscription" in line][0])
        sns.publish(TopicArn=topic, Message="refused")
        clock(server, advance=3600)
        assert len(mail.mails) == 1
        sns.publish(TopicArn=topic, Subject="greetings", Message="h\u00e4llo\n.\nend")
        wait_until(lambda: len(mail.mails) == 2)
        assert mail.mails[1].get_content().startswith("h\u00e4llo\n.\nend")
        kept = json.loads(server.get("/_martlet/mail")[2])["messages"]
        assert [one["Body"].split("\n")[0] for one in kept[1:]] == ["refused", "h\u00e4llo"]


def _tls(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=mail", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_tls_is_used_where_it_is_offered(martlet, tmp_path):
    with MailServer(tls=_tls(tmp_path)) as mail:
        server = martlet("--ephemeral", "--smtp-server", "smtp://me:secret@127.0.0.1:%d" % mail.server_address[1]).start()
        sns = server.client("sns", config=ONCE)
        sns.subscribe(TopicArn=sns.create_topic(Name="t")["TopicArn"], Protocol="email", Endpoint="a@example.com")
        wait_until(lambda: mail.mails)
        words = [line.split()[0] for line in mail.lines]
        assert words[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_a_mail_that_was_taken_is_not_sent_again(martlet):
    with MailServer(leaves=True) as mail:
        server = martlet("--ephemeral", "--smtp-server", "smtp://127.0.0.1:%d" % mail.server_address[1]).start()
        sns = server.client("sns", config=ONCE)
        sns.subscribe(TopicArn=sns.create_topic(Name="t")["TopicArn"], Protocol="email", Endpoint="a@example.com")
        wait_until(lambda: mail.mails)
        for _ in range(3):
            clock(server, advance=11)
        assert len(mail.mails) == 1
