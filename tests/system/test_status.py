"""`atoll status`: what it shows of links that are there, cut, or away, in columns that stay."""

import http.server
import subprocess
import threading

import pytest
from atoll import BINARY, wait_until
from ports import free_port, free_ports
from regions import Regions, are_level, metric, put

NAMES = ("north", "the-middle-of-nowhere")


def status_of(app, env=None):
    return subprocess.run([BINARY, "status", app], env=env, text=True, capture_output=True,
                          timeout=180, check=False)


def status(regions):
    return status_of(regions.app, regions.environment)


def links(done):
    """The words of each line, by the link that it is about: "us→eu"."""
    lines = [line.replace(" → ", "→").split() for line in done.stdout.splitlines()[1:]]
    return {line[0]: line[1:] for line in lines}


@pytest.fixture
def regions(make_node, tmp_path):
    made = Regions(make_node, tmp_path)
    made.start("us", "eu")
    return made


def test_links_that_are_there(regions):
    def shown():
        done = status(regions)
        assert done.returncode == 0, done.stderr
        return links(done)

    for link in ("us→eu", "eu→us"):
        assert shown()[link][0] == "ok"
        assert shown()[link][3] == "0"
    for node in regions.nodes:
        wait_until(lambda at=node: metric(at, "atoll_link_round_trip_seconds") > 0,
                   what="the way to the other region being measured")
    for link in ("us→eu", "eu→us"):
        milliseconds, unit = shown()[link][7:9]
        assert float(milliseconds) > 0 and unit == "ms"


def test_a_cut_link_shows_what_waits_at_its_other_end(regions):
    us, eu = regions.nodes
    wait_until(lambda: are_level(us, eu), what="both level")
    regions.cut("us", "eu")
    for version in (1, 2, 3):
        assert put(us, 10, 5.25, version).status_code == 200
    done = status(regions)
    assert done.returncode == 3
    lines = links(done)
    assert lines["us→eu"][:2] == ["cut", "off"]
    assert lines["us→eu"][4] == "3", done.stdout
    assert lines["eu→us"][4] == "0"


def test_of_a_node_that_is_away_nothing_is_known(regions):
    regions["eu"].stop()
    done = status(regions)
    assert done.returncode == 3
    lines = links(done)
    assert lines["us→eu"][:7] == ["down", "?", "?", "?", "?", "?", "?"]
    assert "refused" in " ".join(lines["us→eu"][7:])
    assert lines["eu→us"][3] == "?", "it may have more than us has heard of"


@pytest.fixture
def other_program():
    """The URL of one that answers, and knows nothing of Atoll."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_one_that_answers_and_does_not_tell_is_not_down(regions, other_program):
    regions.urls["EU_URL"] = other_program
    done = status(regions)
    assert done.returncode == 3
    assert links(done)["us→eu"][:2] == ["?", "?"]


SMALL = """
[app]
name = "small"
path = "/api"

{nodes}
[[resource]]
name = "notes"

[resource.fields]
id = {{ type = "int64", key = "slots" }}
text = {{ type = "text(100)" }}
"""


def small_app(folder, ports):
    nodes = "".join(f'[[node]]\nname = "{name}"\nlisten = "127.0.0.1:{port}"\n\n'
                    for name, port in zip(NAMES, ports))
    file = folder / "small.toml"
    file.write_text(SMALL.format(nodes=nodes))
    return file


def test_columns_are_as_wide_as_long_names_want(make_node, tmp_path):
    ports = free_ports(2)
    app = small_app(tmp_path, ports)
    for name, port in zip(NAMES, ports):
        node = make_node(name=name, app=app, alone=False)
        node.port = port
        node.start()
    done = wait_until(lambda: (said := status_of(app)).returncode == 0 and said,
                      what="both hearing each other")
    [titles, *lines] = done.stdout.splitlines()
    assert len(lines) == 2
    at = titles.index("STATE")
    for line in lines:
        assert line[at - 1] == " " and line[at] != " ", done.stdout
        assert line.endswith(" ago") and line[titles.index("LAST HEARD")] != " "
        pending = titles.index("PENDING") + len("PENDING")
        assert line[pending - 1].isdigit() and line[pending] == " ", done.stdout


def test_an_app_of_one_node_has_a_line_too(make_node, tmp_path):
    app = tmp_path / "app.toml"
    app.write_text(SMALL.format(
        nodes=f'[[node]]\nname = "only"\nlisten = "127.0.0.1:{free_port()}"\n'))
    port = int(app.read_text().split("127.0.0.1:")[1].split('"')[0])
    down = status_of(app)
    assert (down.returncode, links(down)["only"][:2]) == (3, ["down", "?"])
    node = make_node(name="only", app=app)
    node.port = port
    node.start()
    up = status_of(app)
    assert (up.returncode, links(up)["only"]) == (0, ["ok", "0", "0"])
