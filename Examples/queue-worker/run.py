#!/usr/bin/env python3
"""Runs the example against Martlet: `martlet up` in one terminal, `eval "$(martlet env)"` and this in another."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from scenario import Scenario  # noqa: E402

scenario = Scenario("A queue worker with poisoned messages", os.path.dirname(os.path.abspath(__file__)))
sqs, api = scenario.client("sqs"), scenario.client("lambda")

scenario.step("Deploying")
letters, letters_arn = scenario.queue("letters")
redrive = json.dumps({"deadLetterTargetArn": letters_arn, "maxReceiveCount": 2})
orders, orders_arn = scenario.queue("orders", VisibilityTimeout="30", RedrivePolicy=redrive)
done, _ = scenario.queue("done")
worker = scenario.function("worker", Environment={"Variables": {"DONE": done}})
api.create_event_source_mapping(
    FunctionName=worker, EventSourceArn=orders_arn, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
)

scenario.step("Sending 100 orders, five of which are broken")
bodies = [json.dumps({"id": n, "items": [{"price": n, "count": 2}]}) for n in range(100)]
for n in (7, 21, 42, 77, 90):
    bodies[n] = json.dumps({"id": n}) if n % 2 else "not an order"
for start in range(0, 100, 10):
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
    sqs.send_message_batch(QueueUrl=orders, Entries=entries)

results = scenario.received(done, 95)
scenario.check("95 orders are done, each once", sorted(r["order"] for r in results) == sorted(set(range(100)) - {7, 21, 42, 77, 90}))
scenario.check("their totals are right", all(r["total"] == 2 * r["order"] for r in results))

scenario.step("The broken ones come again when their visibility timeout is over; the clock is moved there")
for _ in range(2):
    scenario.wait("the poisoned messages to be in flight", lambda: scenario.visible(orders) + scenario.visible(letters) == 5)
    scenario.advance(31)
scenario.wait("five dead letters", lambda: scenario.visible(letters) == 5)
scenario.check("nothing is left in the queue", scenario.visible(orders) == 0)

scenario.step("Mending the function, and sending the dead letters back where they came from")
lenient = "def handler(event, context):\n    return {'batchItemFailures': []}\n"
api.update_function_code(FunctionName=worker, ZipFile=scenario.package(lenient=lenient))
api.get_waiter("function_updated_v2").wait(FunctionName=worker, WaiterConfig={"Delay": 1})
api.update_function_configuration(FunctionName=worker, Handler="lenient.handler")
api.get_waiter("function_updated_v2").wait(FunctionName=worker, WaiterConfig={"Delay": 1})
sqs.start_message_move_task(SourceArn=letters_arn)
scenario.wait("the dead letters to be processed", lambda: scenario.visible(orders) + scenario.visible(letters) == 0)
scenario.check("the dead letters are processed", True)
