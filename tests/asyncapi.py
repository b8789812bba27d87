"""What /asyncapi.json says of messages."""

import jsonschema
import requests


def assert_described(node, message, body):
    """Fails when a body is not as the node's document says of that message."""
    document = requests.get(f"{node.base_url}/asyncapi.json", timeout=60).json()
    [channel] = [name for name, one in document["channels"].items() if message in one["messages"]]
    at = f"#/channels/{channel}/messages/{message}/payload"
    jsonschema.Draft202012Validator(document | {"$ref": at}).validate(body)
