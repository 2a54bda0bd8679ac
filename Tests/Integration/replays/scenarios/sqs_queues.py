"""SQS: queues, their attributes, tags and permissions, by both of its protocols."""

from replays.catalog import Reason, scenario
from replays.queues import FIFO, new_fifo, new_queue


@scenario("TestSqsProvider::test_tag_untag_queue")
def tags(replay):
    sqs, url = new_queue(replay)
    sqs.tag_queue(QueueUrl=url, Tags={"tag1": "value1", "tag2": "value2", "tag3": ""})
    replay.call("get-tag-1", sqs.list_queue_tags, QueueUrl=url)
    sqs.untag_queue(QueueUrl=url, TagKeys=["tag1", "tag3"])
    replay.call("get-tag-2", sqs.list_queue_tags, QueueUrl=url)
    sqs.untag_queue(QueueUrl=url, TagKeys=["tag2"])
    replay.call("get-tag-after-untag", sqs.list_queue_tags, QueueUrl=url)


@scenario("TestSqsProvider::test_create_queue_with_different_attributes_raises_exception")
def other_attributes(replay):
    sqs, url = new_queue(replay, DelaySeconds="1")
    replay.call("create_queue_01", sqs.create_queue, QueueName=replay.queue, Attributes={"DelaySeconds": "2"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "2"})
    replay.call("create_queue_02", sqs.create_queue, QueueName=replay.queue, Attributes={"DelaySeconds": "1"})


@scenario("TestSqsProvider::test_create_and_update_queue_attributes")
def attributes(replay):
    given = {"MessageRetentionPeriod": "604800", "ReceiveMessageWaitTimeSeconds": "10", "VisibilityTimeout": "20"}
    sqs, url = new_queue(replay, **given)
    replay.call("get_queue_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    changed = {"MaximumMessageSize": "2048", "VisibilityTimeout": "69", "DelaySeconds": "420"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
    replay.call("get_updated_queue_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])


@scenario("TestSqsProvider::test_set_unsupported_attribute_fifo")
def unsupported_of_fifo(replay):
    sqs, url = new_queue(replay)
    replay.call("invalid-attr-name-1", sqs.set_queue_attributes, QueueUrl=url, Attributes=FIFO)
    sqs, url = new_fifo(replay)
    replay.call("invalid-attr-name-2", sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "false"})


@scenario("TestSqsProvider::test_set_unsupported_attribute_standard")
def unsupported_of_standard(replay):
    sqs, url = new_queue(replay)
    replay.call("invalid-attr-name-1", sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "true"})
    replay.call("invalid-attr-name-2", sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "false"})


@scenario("TestSqsProvider::test_create_standard_queue_with_fifo_attribute_raises_error")
def fifo_attributes_of_standard(replay):
    sqs, _ = new_queue(replay)
    for label, given in (
        ("invalid-attribute-fifo-queue", {"FifoQueue": "false"}),
        ("invalid-attribute-content-based-deduplication", {"ContentBasedDeduplication": "false"}),
        ("invalid-attribute-deduplication-scope", {"DeduplicationScope": "queue"}),
        ("invalid-attribute-throughput-limit", {"FifoThroughputLimit": "perQueue"}),
    ):
        replay.call(label, sqs.create_queue, QueueName=replay.name("other"), Attributes=given)


@scenario("TestSqsProvider::test_sse_queue_attributes")
def encryption(replay):
    names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
    sqs, url = new_queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000"})
    replay.call("sse_kms_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)
    sqs, url = new_queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    replay.call("sse_sqs_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)


@scenario("TestSqsProvider::test_sse_kms_and_sqs_are_mutually_exclusive")
def one_encryption(replay):
    sqs, url = new_queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "testKeyId", "SqsManagedSseEnabled": "false"})
    try:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    except sqs.exceptions.ClientError as error:
        replay.keep("error", str(error))


@scenario("TestSqsProvider::test_sqs_permission_lifecycle")
def permissions(replay):
    sqs, url = new_queue(replay)
    label, given = "crossaccountpermission", {"QueueUrl": url, "Actions": ["ReceiveMessage"]}

    def policy(name):
        replay.call(name, sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Policy"])

    both = ["668614515564", replay.account]
    replay.call("add-permission-response", sqs.add_permission, Label=label, AWSAccountIds=both, **given)
    policy("get-queue-policy-attribute")
    replay.call("remove-permission-response", sqs.remove_permission, QueueUrl=url, Label=label)
    policy("get-queue-policy-attribute-after-removal")
    own = {"AWSAccountIds": [replay.account], **given}
    sqs.add_permission(Label=label, **own)
    policy("get-queue-policy-attribute-first-account-same-label")
    replay.call("get-queue-policy-attribute-second-account-same-label", sqs.add_permission, Label=label, **own)
    sqs.add_permission(Label=label + "2", **own)
    policy("get-queue-policy-attribute-second-account-different-label")
    sqs.remove_permission(QueueUrl=url, Label=label)
    policy("get-queue-policy-attribute-delete-first-permission")
    sqs.remove_permission(QueueUrl=url, Label=label + "2")
    policy("get-queue-policy-attribute-delete-second-permission")
    replay.call(
        "get-queue-policy-attribute-delete-non-existent-label", sqs.remove_permission, QueueUrl=url, Label=label + "2"
    )


@scenario("TestSqsProvider::test_successive_purge_calls_fail")
def purges(replay):
    sqs, url = new_queue(replay)
    sqs.purge_queue(QueueUrl=url)
    replay.call("purge_queue_error", sqs.purge_queue, QueueUrl=url)


@scenario("TestSqsProvider::test_list_queues_pagination", {"*": Reason("Recorded with the queues' addresses of another server.")})
def pages(replay):
    replay.sqs = replay.queue_client("sqs")
    for number in range(10):
        replay.sqs.create_queue(QueueName="7f7df0f5-test-queue-%d" % number)
    replay.call("list_all", replay.sqs.list_queues, QueueNamePrefix="7f7df0f5")
    two = replay.call("list_two_max", replay.sqs.list_queues, QueueNamePrefix="7f7df0f5", MaxResults=2)
    more = {"NextToken": two["NextToken"], "MaxResults": 10}
    replay.call("list_remaining", replay.sqs.list_queues, QueueNamePrefix="7f7df0f5", **more)
