"""What lies in the broker's topic at the end, read as any other program reads it."""

import json

from atoll import wait_until
from kafka import KafkaConsumer, TopicPartition
from stores import stamp_of

TOPIC = "property-updates"


def changes_in(broker):
    """[(origin, seq, the change as text)], in the topic's order."""
    reader = KafkaConsumer(bootstrap_servers=broker.address, group_id=None,
                           auto_offset_reset="earliest", enable_auto_commit=False)
    place = TopicPartition(TOPIC, 0)
    reader.assign([place])
    try:
        [end] = reader.end_offsets([place]).values()
        read = []
        wait_until(lambda: read.extend(reader.poll(200).get(place, [])) or len(read) >= end,
                   what=f"{end} messages in the topic")
    finally:
        reader.close()
    headers = [dict(message.headers) for message in read]
    # A row that came of a join is shown to other programs, and is nobody's change.
    return [change_of(one["atoll-change"].decode()) for one in headers if "atoll-joined" not in one]


def change_of(text):
    _, origin, seq = stamp_of(json.loads(text)["stamp"])
    return origin, seq, text


def what_it_lacks(topic, logs):
    """Each origin's changes are there, none before the one that it follows, as they are in the
    log: origin → [Entry]."""
    seen = dict.fromkeys(logs, 0)
    for origin, seq, text in topic:
        if seq > seen[origin] + 1:
            yield f"in the topic {origin}:{seq} comes before {origin}:{seen[origin] + 1}"
        if seq > len(logs[origin]) or logs[origin][seq - 1].text != text:
            yield f"the topic has {origin}:{seq}, and no log has it so: {text}"
        seen[origin] = max(seq, seen[origin])
    for origin, entries in logs.items():
        if seen[origin] < len(entries):
            yield f"the topic ends at {origin}:{seen[origin]}, and the log at {len(entries)}"
