"""What lies in a broker's topic, read as any other program reads it."""

import contextlib

from atoll import wait_until
from kafka import KafkaConsumer, TopicPartition
from kafka_broker import PATIENT


@contextlib.contextmanager
def reader_of(broker, topic):
    reader = KafkaConsumer(bootstrap_servers=broker.address, auto_offset_reset="earliest",
                           group_id=None, enable_auto_commit=False, **PATIENT)
    try:
        reader.assign([TopicPartition(topic, 0)])
        yield reader
    finally:
        reader.close()


def read(reader, topic, count):
    found = []
    wait_until(lambda: found.extend(m for ms in reader.poll(200).values() for m in ms) or
               len(found) >= count, what=f"{count} messages in {topic}")
    return found


def messages(broker, topic, count):
    """The first ones of a topic."""
    with reader_of(broker, topic) as reader:
        return read(reader, topic, count)


def all_messages(broker, topic):
    """All that is in it by now."""
    at = TopicPartition(topic, 0)
    with reader_of(broker, topic) as reader:
        return read(reader, topic, reader.end_offsets([at])[at])
