"""/asyncapi.json: the official parser takes it. That messages are as it says is shown by the tests
of the brokers (`asyncapi.assert_described`)."""

import json
import os
import subprocess

import requests
from atoll import REPOSITORY, run_atoll

PARSER = REPOSITORY / "build/asyncapi/node_modules"
WHAT = ("Created", "Updated", "Deleted")
CHANNELS = {  # of each app, with its messages
    "property-listing": {"property-updates": [f"property{what}" for what in WHAT]},
    "logistics": {"{source}.{target}": [f"{one}{what}" for one in ("warehouse", "shipment")
                                        for what in WHAT]},
    "products": {"products.sync": ["productCreated", "productUpdated"],
                 "products.delete": ["productDeleted"]},
}
WRONG = '{"asyncapi":"3.0.0","info":{"title":"x"},"channels":{"a":{"adress":"x"}}}'


def parse(*files):
    """The parser takes seconds to start: it reads all documents at once."""
    assert PARSER.exists(), "tools/install test fetches it"
    return subprocess.run(["node", REPOSITORY / "tools/asyncapi/check.js", *files], text=True,
                          capture_output=True, timeout=300, check=False,
                          env={"PATH": os.environ["PATH"], "NODE_PATH": str(PARSER)})


def test_the_official_parser_takes_it(make_node, tmp_path):
    files = []
    for app, name in zip(CHANNELS, ("us", "A", "primary")):
        node = make_node(name=name, app=f"apps/{app}.toml").start()
        served = requests.get(f"{node.base_url}/asyncapi.json", timeout=60)
        assert served.headers["Content-Type"] == "application/json"
        assert served.json()["asyncapi"] == "3.0.0"
        printed = run_atoll("asyncapi", f"apps/{app}.toml", env={"PATH": os.environ["PATH"]})
        assert json.loads(printed.stdout) == served.json()
        files.append(tmp_path / f"{app}.json")
        files[-1].write_bytes(served.content)
    wrong = tmp_path / "wrong.json"
    wrong.write_text(WRONG)
    done = parse(*files, wrong)
    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert said and all(line.startswith(str(wrong)) for line in said), "and it sees what is wrong"
    assert sorted(done.stdout.splitlines()) == sorted(
        f"{address}: {' '.join(messages)}" for channels in CHANNELS.values()
        for address, messages in channels.items())
