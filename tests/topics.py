"""What lies in a broker's topic, read as any other program reads it."""

from atoll import wait_until
from kafka import KafkaConsumer, TopicPartition


def messages(broker, topic, count):
    """The first ones of a topic, as any other program reads them."""
    reader = KafkaConsumer(bootstrap_servers=broker.address, auto_offset_reset="earliest",
                           group_id=None, enable_auto_commit=False)
    reader.assign([TopicPartition(topic, 0)])
    read = []
    try:
        wait_until(lambda: read.extend(m for ms in reader.poll(200).values() for m in ms) or
                   len(read) >= count, what=f"{count} messages in {topic}")
    finally:
        reader.close()
    return read
