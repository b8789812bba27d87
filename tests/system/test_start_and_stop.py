"""Starting, stopping, being killed: what every other test here stands on."""

import signal
import socket

import pytest
import requests


def test_a_fresh_node_is_ready_and_healthy(base_url):
    assert requests.get(f"{base_url}/livez").status_code == 200
    assert requests.get(f"{base_url}/readyz").status_code == 200
    health = requests.get(f"{base_url}/us/health")
    assert (health.status_code, health.text) == (200, '{"status":"ok","region":"us"}')


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_status_0(node, number):
    assert node.signal_and_wait(number) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", node.port))


def test_what_was_acknowledged_survives_kill_9(node):
    url = f"{node.base_url}/us/properties/10"
    written = requests.put(url, json={"price": 500000.25, "version": 1})
    assert written.status_code == 200
    node.kill()
    node.start()
    assert requests.get(url).text == written.text


def test_a_restart_does_not_seed_again(node):
    url = f"{node.base_url}/us/properties/11"
    requests.put(url, json={"price": 1, "version": 1}).raise_for_status()
    node.restart()
    assert requests.get(url).json()["version"] == 2


def test_a_port_that_is_taken_is_said(make_node):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        node = make_node()
        node.port = taken.getsockname()[1]
        node.start(ready=False)
        assert node.wait_for_exit() == 1
        assert str(node.port) in node.log()
