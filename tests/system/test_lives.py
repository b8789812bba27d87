"""A store comes back from yesterday: no number is used twice, what peers have is there before the
first write is taken, what nobody has is named, and all regions end equal."""

import dataclasses
import shutil

import lives
import pytest
from atoll import run_atoll, wait_until
from lives import (IN_EU, create, log_of, lost, origin_of, prices, trouble_of, wait_for_new_life,
                   waits, write)
from ports import free_port
from regions import Regions, are_level, hears, metric, put

WAYS = {
    "sqlite": {"the file copied back": lives.FileCopiedBack,
               "cp over the file": lives.CopiedInPlace,
               "atoll restore": lives.AtollRestore},
    "postgres": {"pg_restore --clean": lives.PgRestore, "atoll restore": lives.AtollRestore},
}
EACH_WAY = [pytest.param(kind, way, id=f"{name} on {kind}")
            for kind, ways in WAYS.items() for name, way in ways.items()]
BEFORE, SENT, KEPT = (10, 11), (12, 13, 14), (15, 16)


@dataclasses.dataclass
class Story:
    """us wrote SENT, which eu has, and KEPT, which it has not; then its store came back from before
    that. us is stopped, and eu is."""

    regions: Regions
    numbers: lives.Numbers
    origin: str     # of us
    ids: list       # that us gave
    all_sent: int   # the last number of us that eu has
    all_given: int  # the last one that us gave

    @property
    def us(self):
        return self.regions["us"]

    @property
    def eu(self):
        return self.regions["eu"]

    def has_what_eu_has(self):
        """At once: before anything is written."""
        assert prices(self.us, SENT) == [2, 2, 2]
        sent = {dot for dot in log_of(self.eu) if dot[0] == self.origin}
        assert sent == {(self.origin, seq) for seq in range(1, self.all_sent + 1)}
        assert sent <= set(log_of(self.us))
        # A peer is only told ids that are taken, so that what it creates is another record.
        assert create(self.us) not in self.ids

    def goes_on(self):
        """Writes in its new life, until all regions are equal."""
        assert origin_of(self.us) != self.origin
        write(self.us, (*BEFORE, *SENT, *KEPT), 4)
        for _ in range(3):
            assert create(self.us) not in self.ids
        write(self.eu, (2000, 2001), 5)
        wait_until(lambda: hears(self.us, "eu") and hears(self.eu, "us")
                   and are_level(self.us, self.eu), what="the regions being equal")
        lives.verify(self.regions)
        self.numbers.see(self.us, self.eu)
        assert self.numbers.last_of(self.origin) == self.all_given


def tell(regions, way):
    """Up to the moment at which the store came back."""
    us, eu = regions["us"], regions["eu"]
    regions.start("us", "eu")
    write(us, BEFORE, 1, **IN_EU)
    ids = [create(us, **IN_EU)]
    take(us, way)
    wait_until(lambda: hears(us, "eu") and hears(eu, "us"), what="both hearing each other")
    write(us, SENT, 2, **IN_EU)
    ids.append(create(us, **IN_EU))
    numbers = lives.Numbers()
    numbers.see(us, eu)
    origin = origin_of(us)
    sent = numbers.last_of(origin)
    eu.stop()
    write(us, KEPT, 3)
    ids.append(create(us))
    numbers.see(us)
    us.stop()
    way.bring_back()
    return Story(regions, numbers, origin, ids, sent, numbers.last_of(origin))


def take(node, way):
    if way.running:
        way.take()
        return
    node.stop()
    way.take()
    node.start()


@pytest.fixture
def regions_on(make_node, tmp_path):
    """us on this kind of store, eu on a file."""
    def make(kind, **options):
        def node(name, **more):
            return make_node(name=name, on=kind if name == "us" else "sqlite", **more)

        return Regions(node, tmp_path, **options)

    return make


# ---- with a peer ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "way"), EACH_WAY)
def test_a_peer_has_what_it_was_told(regions_on, kind, way):
    regions = regions_on(kind)
    story = tell(regions, way(regions["us"]))
    story.eu.start()
    story.us.start()
    assert lost(story.us) == [(story.origin, story.all_sent + 1, story.all_given)]
    story.has_what_eu_has()
    story.goes_on()


@pytest.mark.parametrize(("kind", "way"), EACH_WAY)
def test_a_peer_that_is_away_is_waited_for(regions_on, kind, way):
    regions = regions_on(kind)
    story = tell(regions, way(regions["us"]))
    story.us.start(ready=False)
    assert "waits for eu" in waits(story.us)
    story.eu.start()
    story.us.wait_ready()
    assert trouble_of(story.us) == ""
    assert lost(story.us) == [(story.origin, story.all_sent + 1, story.all_given)]
    story.has_what_eu_has()
    story.goes_on()


@pytest.mark.parametrize(("kind", "way"), EACH_WAY)
def test_a_node_that_was_told_to_go_on_alone(regions_on, kind, way):
    regions = regions_on(kind)
    story = tell(regions, way(regions["us"]))
    story.us.start(ready=False)
    assert "atoll restore --alone" in waits(story.us)
    lives.command("restore", story.us, "--alone")
    story.us.wait_ready()
    assert lost(story.us)[0][0] == story.origin
    write(story.us, BEFORE, 6)
    assert create(story.us) not in story.ids
    story.eu.start()
    wait_until(lambda: are_level(story.us, story.eu), what="the regions being equal")
    assert prices(story.us, BEFORE) == [6, 6]
    story.has_what_eu_has()
    story.goes_on()


def test_permission_is_for_once(regions_on):
    regions = regions_on("sqlite")
    us = regions["us"]
    story = tell(regions, lives.AtollRestore(us))
    lives.command("restore", us, us.folder / "kept", "--alone")
    us.start()
    assert create(us) not in story.ids
    us.stop()
    lives.command("restore", us, us.folder / "kept")
    us.start(ready=False)
    assert "waits for eu" in waits(us)


def test_a_store_and_its_mark_come_back_together(regions_on):
    """A virtual machine goes back to a snapshot: only a peer can know."""
    regions = regions_on("sqlite")
    story = tell(regions, lives.FolderCopiedBack(regions["us"]))
    story.eu.start()
    story.us.start(ready=False)
    wait_for_new_life(story.us, story.origin)
    story.has_what_eu_has()
    story.goes_on()


def level(us, eu):
    for node in (us, eu):
        node.start(ready=False)
    for node in (us, eu):
        node.wait_ready()
    wait_until(lambda: hears(us, "eu") and hears(eu, "us") and are_level(us, eu),
               what="the regions being equal")


def test_all_regions_come_back_from_their_copies(regions_on):
    regions = regions_on("sqlite")
    us, eu = regions["us"], regions["eu"]
    regions.start("us", "eu")
    write(us, BEFORE, 1, **IN_EU)
    ways = [lives.AtollRestore(node) for node in (us, eu)]
    for way in ways:
        way.take()
    write(us, SENT, 2, **IN_EU)
    write(eu, (2000,), 2, **IN_EU)
    for way in ways:
        way.node.stop()
        way.bring_back()
    level(us, eu)
    assert prices(us, BEFORE) == [1, 1]
    write(us, SENT, 3, **IN_EU)
    write(eu, (2000,), 3, **IN_EU)
    lives.verify(regions)


def test_one_copy_is_all_there_is(regions_on):
    """Of eu's disk nothing is left: it begins with an empty folder."""
    regions = regions_on("sqlite")
    us, eu = regions["us"], regions["eu"]
    regions.start("us", "eu")
    write(us, BEFORE, 1, **IN_EU)
    write(eu, (2000,), 1, **IN_EU)
    way = lives.AtollRestore(us)
    way.take()
    for node in (us, eu):
        node.stop()
    way.bring_back()
    shutil.rmtree(eu.folder / "data")
    level(us, eu)
    assert prices(eu, (*BEFORE, 2000)) == [1, 1, 1]
    write(eu, (2000,), 2, **IN_EU)
    lives.verify(regions)


def test_a_cold_copy_of_a_postgres_server(regions_on, own_cluster):
    regions = regions_on("sqlite")
    us = regions["us"]
    us.env["DATABASE_URL"] = own_cluster.new_database()
    story = tell(regions, lives.ColdFolder(us, own_cluster))
    story.eu.start()
    us.start()
    assert lost(us) == [(story.origin, story.all_sent + 1, story.all_given)]
    story.has_what_eu_has()
    story.goes_on()


def test_nothing_is_lost_by_an_ordinary_stop_and_start(regions_on):
    """Nor by a crash: no evidence, no new life, and nobody is waited for."""
    regions = regions_on("sqlite")
    us = regions["us"]
    us.start()
    write(us, BEFORE, 1)
    origin = origin_of(us)
    us.restart()
    us.kill()
    us.start()
    assert origin_of(us) == origin
    assert "new life" not in us.log()


# ---- with a broker -------------------------------------------------------------------------------


def test_the_broker_alone_has_it(make_node, tmp_path, kafka):
    """The only other region is another program: what us told is in the topic."""
    regions = Regions(make_node, tmp_path, foreign=("eu",),
                      env={"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": "restored"})
    us = regions["us"]
    us.start()
    way = lives.FileCopiedBack(us)
    ids = [create(us)]
    take(us, way)
    ids += [create(us), create(us)]
    numbers = lives.Numbers()
    numbers.see(us)
    origin = origin_of(us)
    wait_until(lambda: metric(us, "atoll_broker_unpublished") == 0, what="the broker having all")
    us.stop()
    way.bring_back()
    us.start()
    assert lost(us) == []
    assert prices(us, ids) == [7, 7, 7]
    assert origin_of(us) != origin
    assert create(us) not in ids
    numbers.see(us)


# ---- two of one name -----------------------------------------------------------------------------


def test_a_clone_is_refused_while_the_original_is_heard(regions_on, make_node):
    regions = regions_on("sqlite")
    us, eu = regions["us"], regions["eu"]
    regions.start("us", "eu")
    write(us, BEFORE, 1, **IN_EU)
    clone = make_node(name="us", app=regions.app, env=regions.urls, alone=False)
    clone.folder = lives.folder_of_clone(us, "clone")
    clone.log_file = clone.folder / "us.log"
    clone.port = free_port()
    write(us, SENT, 2, **IN_EU)
    clone.start(ready=False)
    wait_until(lambda: "eu hears another process" in clone.log(), what="its log saying it")
    waits(clone)
    write(us, KEPT, 3, **IN_EU)
    assert trouble_of(us) == trouble_of(eu) == ""
    clone.stop()
    numbers = lives.Numbers()
    numbers.see(us, eu)


def test_the_one_that_a_peer_hears_no_more_stops_serving(regions_on, make_node):
    """The network leads eu to the clone: the original, which served, must end that."""
    regions = regions_on("sqlite")
    us, eu = regions["us"], regions["eu"]
    eu.env["US_URL"] = f"http://127.0.0.1:{free_port()}"
    us.start()
    eu.start()
    wait_until(lambda: hears(us, "eu"), what="us hearing eu")
    write(us, BEFORE, 1)
    clone = make_node(name="us", app=regions.app, env=eu.env, alone=False)
    clone.folder = lives.folder_of_clone(us, "clone")
    clone.log_file = clone.folder / "us.log"
    clone.port = int(eu.env["US_URL"].rsplit(":", 1)[1])
    clone.start(ready=False)
    wait_until(lambda: hears(eu, "us"), what="eu hearing the clone")
    wait_until(lambda: "another process that is this node" in trouble_of(us),
               what="the original saying so")
    assert "a peer hears another process that is this node" in us.log()
    assert put(us, 10, 1, 2).status_code == 503
    clone.wait_ready()
    write(clone, SENT, 2, **IN_EU)
    numbers = lives.Numbers()
    numbers.see(us, eu)
    said = run_atoll("status", regions.app, env=regions.environment, status=3).stdout
    assert "us takes no requests: a peer hears another process that is this node" in said
