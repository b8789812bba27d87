"""The checker sees what it is there to see. Faults are planted in what a good run left behind,
which was recorded once (`record`)."""

import contextlib
import pathlib
import pickle
import shutil
import sqlite3

import checker
import pytest
import recording
import stores
from places import during, last_of_both_regions, read, written

RECORDED = pathlib.Path(__file__).resolve().parent / "recorded"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The folder of the nodes' files, and what was noted."""
    folder = tmp_path_factory.mktemp("recorded")
    return folder, pickle.dumps(recording.load(RECORDED, folder))


@pytest.fixture
def run(recorded):
    return pickle.loads(recorded[1])


def found_in(run, check):
    return "\n".join(check(checker.Run(run.asks, run.faults, run.copies, run.conflicts,
                                        run.shown, run.topic)))


def test_nothing_is_found_where_nothing_is_wrong(run):
    assert checker.check(run) == []


# ---- in the files --------------------------------------------------------------------------------


@pytest.mark.parametrize("sql, told", [
    ("UPDATE properties SET price = '1.00' WHERE id = 3000", "eu: 3000: its hash is wrong"),
    ("UPDATE properties SET price = '1.00' WHERE id = 3000", "3000 differs: us has"),
    ("DELETE FROM properties WHERE id = 3000", "is not the sum of the rows' hashes"),
    ("DELETE FROM atoll_log WHERE id = (SELECT max(id) FROM atoll_log)", "not the log's end"),
    ("DELETE FROM atoll_log WHERE id & 0xffff = 2", "the log is broken at 2"),
    ("UPDATE atoll_origins SET applied = received - 1", "not the log's end"),
    ("DELETE FROM atoll_requests WHERE number = (SELECT min(number) FROM atoll_requests)",
     "is forgotten")])
def test_it_sees_what_is_wrong_in_a_file(recorded, run, tmp_path, sql, told):
    file = tmp_path / "eu.db"
    shutil.copy(recorded[0] / "eu.db", file)
    with contextlib.closing(sqlite3.connect(file)) as store:
        store.execute(sql)
        store.commit()
    run.copies["eu"] = stores.Copy(file)
    assert told in "\n".join(checker.check(run))


def test_it_sees_an_api_that_shows_something_else(run):
    run.shown["eu"][3000]["price"] = "1.23"
    run.shown["eu"][4_000_000] = {"id": 4_000_000}
    told = found_in(run, checker.the_api_shows_what_lies_there)
    assert told.count("eu: its API shows") == 2 and "'price': '1.23'" in told


def test_it_sees_what_the_topic_lacks(run):
    """As if a broker had been there."""
    logs = run.any.log
    run.topic = [(*entry.dot, entry.text) for entries in logs.values() for entry in entries]
    assert not found_in(run, checker.the_topic_has_every_change)
    origin, seq, _ = run.topic.pop()
    assert f"ends at {origin}:{seq - 1}" in found_in(run, checker.the_topic_has_every_change)
    run.topic.append((origin, seq, "another"))
    assert "no log has it so: another" in found_in(run, checker.the_topic_has_every_change)
    run.topic[-3:] = run.topic[-2:]
    told = found_in(run, checker.the_topic_has_every_change)
    assert f"{origin}:{seq - 1} comes before {origin}:{seq - 2}" in told


# ---- in the history ------------------------------------------------------------------------------


def test_it_sees_an_acknowledged_write_that_is_lost(run):
    ask, _ = written(run)
    ask.written = ask.written.rpartition(":")[0] + ":999999"
    assert "acknowledged and lost" in found_in(run, checker.nothing_acknowledged_is_lost)


def test_it_sees_a_write_that_is_not_in_its_row(run):
    _, entries = written(run)
    for copy in run.copies.values():
        copy.rows[entries[0].key].vector = {"base": (1, 1)}
    assert "not inside its row" in found_in(run, checker.nothing_acknowledged_is_lost)


def test_it_sees_an_answer_about_another_write(run):
    ask, _ = written(run)
    ask.price = "1.23"
    assert "acknowledged as another write" in found_in(run, checker.nothing_acknowledged_is_lost)
    assert "written by nobody" in found_in(run, checker.nobody_else_wrote)


@pytest.mark.parametrize("code, by, told", [
    ("version_conflict", None, "refused where it took effect"),
    ("duplicate_request", "eu", "was told that it is a repeat")])
def test_it_sees_a_refusal_of_ones_own_success(run, code, by, told):
    ask, entries = written(run)
    ask.status, ask.body = 409, {"code": code}
    ask.by = by or entries[0].dot[0].split(".")[0]
    assert told in found_in(run, checker.a_refusal_is_true)


def test_it_sees_a_refusal_by_a_region_that_knew_better(run):
    ask, entries = written(run)
    ask.status, ask.by = 409, "elsewhere"
    ask.body = {"code": "version_conflict", "current": {"price": entries[0].row.price}}
    assert "refused by a region that had" in found_in(run, checker.a_refusal_is_true)


def test_it_sees_a_write_that_counts_twice(run):
    _, entries = written(run)
    run.any.rows[entries[0].key].twins.append(["us", 1])
    assert "writes, and version" in found_in(run, checker.every_write_counts_once)


def test_it_sees_two_effects_in_one_region(run):
    _, entries = written(run)
    again = pickle.loads(pickle.dumps(entries[0]))
    again.dot = again.dot[0], 999_999
    run.any.log[again.dot[0]].append(again)
    assert "took effect 2 times" in found_in(run, checker.a_region_takes_a_request_once)


def test_it_sees_a_record_too_many(run):
    _, entries = written(run, "create")
    log = run.any.log[entries[0].dot[0]]

    def add(seq, kind, ids):
        log.append(pickle.loads(pickle.dumps(entries[0])))
        log[-1].dot, log[-1].key = (entries[0].dot[0], seq), 4_000_000
        log[-1].kind, log[-1].ids = kind, ids
        return log[-1].row

    run.any.rows[entries[0].key] = entries[0].row  # as if it had not been removed since
    run.any.rows[4_000_000] = add(999_998, "create", entries[0].ids)
    told = found_in(run, checker.a_create_makes_one_record)
    assert f"made the records {[entries[0].key, 4_000_000]}" in told
    row = add(999_999, "remove", [])
    row.vector = {entries[0].dot[0]: (999_999, 2)}
    row.life, row.instead = (row.life[0] + 1, row.life[1]), 77
    told = found_in(run, checker.a_create_makes_one_record)
    assert "4000000 was taken back for 77" in told


def test_it_sees_a_record_taken_back_with_what_was_written(run):
    _, entries = written(run)
    for copy in run.copies.values():
        for entry in copy.entries():
            if entry.dot == entries[0].dot:
                entry.kind, entry.ids = "remove", []
                entry.row.vector["us"] = 1, 5
    run.conflicts = {}
    assert "is not listed" in found_in(run, checker.what_was_taken_back_is_listed)


def test_it_sees_two_writes_over_one_version(run):
    ask, _ = written(run)
    other = pickle.loads(pickle.dumps(ask))
    other.price = "1.23"
    run.asks.append(other)
    told = found_in(run, checker.a_version_is_written_over_once)
    assert f"all write over version {ask.version}" in told
    ask.body["version"] += 1
    assert "it named version" in found_in(run, checker.a_version_is_written_over_once)


def test_it_sees_a_row_that_is_not_as_the_log_says(run):
    _, entries = written(run)
    run.any.rows[entries[0].key].price = "1.23"
    run.any.rows[4_000_000] = run.any.rows[3000]
    told = found_in(run, checker.rows_are_as_the_log_says)
    assert "and its log ends with" in told and "4000000 was made by nobody" in told


def beside_each_other(run):
    """The last two updates of a record, as if neither had seen the other."""
    key, lost, won = last_of_both_regions(run)
    for copy in run.copies.values():
        for entry in copy.entries():
            if entry.dot == won.dot:
                entry.row.vector[lost.dot[0]] = 0, 0
    run.conflicts = {name: [one for one in listed if one["key"] != str(key)]
                     for name, listed in run.conflicts.items()}
    return lost, won


def test_it_sees_a_conflict_that_is_not_listed(run):
    lost, _ = beside_each_other(run)
    told = found_in(run, checker.what_lost_is_listed)
    assert f"{lost} at {lost.row.price} lost against" in told


def test_it_sees_a_write_undone_by_what_slept(run):
    lost, won = beside_each_other(run)
    for ask in run.asks:
        if ask.request == won.request:
            ask.returned, ask.status = 1.0, 200
        elif ask.request == lost.request:
            ask.invoked = 2.0
    assert "was undone by" in found_in(run, checker.nothing_acknowledged_is_undone_by_what_slept)


def test_it_sees_a_read_of_what_nobody_wrote(run):
    ask = read(run)
    ask.body["price"] = "1.23"
    assert "a price that nobody wrote" in found_in(run, checker.reads_are_true)


def test_it_sees_a_read_without_what_its_token_names(run):
    _, entries = written(run)
    ask = read(run)
    ask.body["id"], ask.tag = entries[0].key, "base:1:1"
    ask.token = "{}:{}".format(*entries[0].dot)
    assert "does not have what its token names" in found_in(run, checker.reads_are_true)


def test_it_sees_that_a_failure_was_noticed(run):
    ask = during(run, "kill")
    run.faults = [checker.alone(run, ask)]  # which goes on longer might meet the next one
    ask.status, ask.returned = 502, ask.returned + 30
    assert "failed during" in found_in(run, checker.one_failure_is_not_noticed)
    assert "took " in found_in(run, checker.a_kill_costs_a_second_at_most)
