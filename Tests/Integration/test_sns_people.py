"""What people are sent, page by page, and that they can have no more of it."""

import json

from martlet import ONCE


def opt_out(server, said):
    return server.get("/_martlet/sms/opt-out", method="POST", body=json.dumps(said).encode())


def test_a_number_opts_out(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    number = "+15550100"
    assert opt_out(server, {"phoneNumber": "5550100"})[0] == 400
    assert opt_out(server, {"phone": number})[0] == 400
    assert opt_out(server, {"phoneNumber": number})[0] == 200
    assert sns.check_if_phone_number_is_opted_out(phoneNumber=number)["isOptedOut"]
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == [number]
    sns.publish(PhoneNumber=number, Message="unheard")
    sns.opt_in_phone_number(phoneNumber=number)
    sns.publish(PhoneNumber=number, Message="heard")
    assert [one["Message"] for one in json.loads(server.get("/_martlet/sms")[2])["messages"]] == ["heard"]


def test_what_was_sent_has_pages(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    for number in range(5):
        sns.publish(PhoneNumber="+15550100", Message=str(number))
    pages, path = [], "/_martlet/sms?limit=2"
    while path:
        page = json.loads(server.get(path)[2])
        pages.append([one["Message"] for one in page["messages"]])
        path = "next" in page and "/_martlet/sms?limit=2&before=" + page["next"]
    assert pages == [["3", "4"], ["1", "2"], ["0"]]
    assert server.get("/_martlet/sms?limit=0")[0] == 400 and server.get("/_martlet/sms?before=x")[0] == 400
