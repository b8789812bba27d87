"""Four servers that cannot reach each other, and what was written on several of them meanwhile:
once they can, all four hold the same."""

import pytest
from atoll import run_atoll
from logistics_servers import Servers


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """The servers after all of it; what is shown of each story is in its test."""
    with Servers(tmp_path_factory.mktemp("apart")) as servers:
        servers.start()
        servers.stories = {}
        tell_stories(servers)
        yield servers


def tell_stories(servers):
    stories = servers.stories
    for story in ("updates", "fields", "deleted", "kept", "left"):
        stories[story] = servers.warehouse("A")
    stories["moved"] = servers.shipment("B", stories["kept"], "TN-MOVED")
    servers.cut(True)

    for name in "ABC":  # three updates of one field: the last one stays
        servers.change(name, f"/warehouses/{stories['updates']['id']}", {"name": f"by {name}"})
    # two fields, on two servers: both stay
    servers.change("A", f"/warehouses/{stories['fields']['id']}", {"name": "by A"})
    servers.change("D", f"/warehouses/{stories['fields']['id']}", {"location": "by D"})
    # a delete against an update that came later: the delete stays
    servers.remove("D", f"/warehouses/{stories['deleted']['id']}")
    servers.change("A", f"/warehouses/{stories['deleted']['id']}", {"name": "too late"})
    # a status that two have moved: the one further on stays, though it was said first
    servers.change("B", f"/shipments/{stories['moved']['id']}", {"status": "delivered"})
    servers.change("C", f"/shipments/{stories['moved']['id']}", {"status": "in_transit"})
    # one tracking number on two servers: both stay, and the earlier one is found
    stories["earlier"] = servers.shipment("C", stories["kept"], "TN-TWICE", everywhere=False)
    stories["later"] = servers.shipment("B", stories["kept"], "TN-TWICE", everywhere=False)
    # a warehouse deleted while a shipment comes to refer to it
    stories["orphan"] = servers.shipment("B", stories["left"], "TN-ORPHAN", everywhere=False)
    servers.remove("A", f"/warehouses/{stories['left']['id']}")

    servers.cut(False)
    servers.wait_until_level()


def test_three_concurrent_updates(joined):
    shown = joined.all_show(f"/warehouses/{joined.stories['updates']['id']}")
    assert shown["name"] == "by C"


def test_updates_of_two_fields(joined):
    shown = joined.all_show(f"/warehouses/{joined.stories['fields']['id']}")
    assert (shown["name"], shown["location"]) == ("by A", "by D")


def test_a_delete_against_an_update(joined):
    assert joined.all_show(f"/warehouses/{joined.stories['deleted']['id']}") is None


def test_a_status_that_two_have_moved(joined):
    shown = joined.all_show(f"/shipments/{joined.stories['moved']['id']}")
    assert shown["status"] == "delivered"


def test_one_tracking_number_on_two_servers(joined):
    for story in ("earlier", "later"):
        assert joined.all_show(f"/shipments/{joined.stories[story]['id']}")
    assert joined.all_show("/shipments/tracking/TN-TWICE") == joined.stories["earlier"]


def test_a_warehouse_deleted_while_a_shipment_refers_to_it(joined):
    assert joined.all_show(f"/warehouses/{joined.stories['left']['id']}") is None
    shown = joined.all_show(f"/shipments/{joined.stories['orphan']['id']}")
    assert shown == joined.stories["orphan"]
    # Whoever changes something else of it is not asked for the warehouse.
    joined.change("D", f"/shipments/{shown['id']}", {"weight": 2})


def test_all_rows_are_the_same(joined):
    joined.wait_until_level()
    run_atoll("verify", joined.app, env=dict(joined.env, PATH="/usr/bin:/bin"))
