// What a batch loads, saves as a whole, or leaves alone; and what is kept beside the rows.
#include "store_contract.hpp"

namespace reef::store::test {
namespace {

RequestId request(std::string text, RequestKind kind = RequestKind::id) {
    return {kind, std::move(text)};
}

RequestSeen seen_at(std::uint64_t n) {
    RequestSeen seen;
    seen.stamp = stamp_of(n);
    seen.record = {thing, Key{std::int64_t(n)}};
    seen.kind = WriteKind::create;
    seen.attempt = "try";
    seen.body = hash_of("body");
    return seen;
}

FieldRef code(std::string text) {
    return {note, notes::code, Value{std::move(text)}};
}

FieldRef pointing_at(std::int64_t id) {
    return {note, notes::thing, Value{id}};
}

TEST_P(StoreContract, StartsWithAnEmptyLedgerOfItsOwnOrigin) {
    const Ledger ledger = value_of_task(reader_->ledger());
    EXPECT_EQ(ledger.self, self);
    EXPECT_EQ(ledger.seq(), 0U);
    EXPECT_EQ(ledger.origins.size(), 1U);
    EXPECT_EQ(ledger.digests.size(), schema_.resources.size());
    EXPECT_EQ(ledger.digests.at(thing), Digest{});
    EXPECT_EQ(begin().ledger.self, self);
    run(writer_->release());
}

Ledger changed(Ledger ledger) {
    ledger.stamp = stamp_of(12);
    ledger.origins[self] = {12, 12, hash_of("self")};
    ledger.origins[other] = {7, 5, hash_of("other")};
    ledger.next_id[thing] = 3001;
    ledger.digests[thing].buckets[0] = hash_of("a");
    ledger.digests[thing].buckets[63] = hash_of("b");
    ledger.digests[thing].rows = 3;
    ledger.cursors["kafka"] = "0:17";
    ledger.cursors["old"] = "1";
    return ledger;
}

void expect_equal(const Ledger& a, const Ledger& b) {
    EXPECT_EQ(a.self, b.self);
    EXPECT_EQ(to_text(a.stamp), to_text(b.stamp));
    EXPECT_EQ(a.origins, b.origins);
    EXPECT_EQ(a.next_id, b.next_id);
    EXPECT_EQ(a.digests, b.digests);
    EXPECT_EQ(a.cursors, b.cursors);
}

TEST_P(StoreContract, KeepsTheLedger) {
    WriteSet saved;
    saved.ledger = changed(begin().ledger);
    const Ledger first = saved.ledger;
    ASSERT_TRUE(succeeded(commit(saved)));
    expect_equal(value_of_task(reader_->ledger()), first);
    saved.ledger = begin().ledger;
    expect_equal(saved.ledger, first);
    saved.ledger.cursors.erase("old");
    saved.ledger.digests[note].rows = 1;
    ++saved.ledger.origins[self].received;
    const Ledger second = saved.ledger;
    ASSERT_TRUE(succeeded(commit(saved)));
    expect_equal(value_of_task(reader_->ledger()), second);
    if (!place_->keeps()) return;
    reopen();
    expect_equal(value_of_task(reader_->ledger()), second);
    expect_equal(begin().ledger, second);
    run(writer_->release());
}

TEST_P(StoreContract, KeepsEverythingWhenOpenedAgain) {
    if (!place_->keeps()) GTEST_SKIP() << "this store lives in memory";
    const Row row = make_thing(1);
    const Row gone = removed(make_note("n", "c"), 2);
    ASSERT_TRUE(succeeded(save({row, gone})));
    ASSERT_TRUE(succeeded(save_log({entry_of(self, 1), entry_of(other, 1)})));
    reopen();
    expect_stored(row);
    expect_stored(gone);
    EXPECT_EQ(dots_after({}).size(), 2U);
    ASSERT_TRUE(succeeded(save_log({entry_of(self, 2)})));
}

TEST_P(StoreContract, SavesABatchAsAWhole) {
    WriteSet saved;
    saved.ledger = changed(begin().ledger);
    const Row row = make_thing(1);
    saved.rows.push_back({row, hash_of_row(schema_, row)});
    saved.log.push_back(entry_of(self, 12));
    saved.requests.emplace_back(request("a1"), seen_at(1));
    saved.conflicts.push_back({row.ref(), stamp_of(1).time, "fields", "{}", "id"});
    saved.dead_letters.push_back({other, 6, row.ref(), "why", "body", stamp_of(1).time});
    ASSERT_TRUE(succeeded(commit(saved)));
    expect_stored(row);
    EXPECT_TRUE(value_of_task(reader_->change({self, 12})));
    EXPECT_EQ(value_of_task(reader_->conflicts({})).size(), 1U);
    EXPECT_EQ(value_of_task(reader_->dead_letters(0, {})).size(), 1U);
}

// One row that the database refuses, at the end of a batch that has everything else.
TEST_P(StoreContract, ARefusedRowLeavesNothingOfItsBatch) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const Ledger before = value_of_task(reader_->ledger());
    Row bad = make_thing(3);
    bad.cells[things::price].value = Value{std::int64_t{-1}};
    Row absent = make_thing(4);
    absent.cells[things::price].value = Value{};
    Row wide = make_thing(5);
    wide.cells[things::title].value = Value{std::string(41, 'x')};
    for (const Row& refused : {bad, absent, wide}) {
        LoadRequest wanted;
        wanted.records = {{thing, Key{std::int64_t{1}}}, refused.ref()};
        WriteSet saved;
        saved.ledger = changed(begin(wanted).ledger);
        const Row changed_row = removed(make_thing(1), 2);
        const Row good = make_thing(2);
        saved.rows = {{changed_row, {}}, {good, {}}, {refused, {}}};
        saved.log.push_back(entry_of(self, 12));
        saved.requests.emplace_back(request("a1"), seen_at(1));
        saved.conflicts.push_back({good.ref(), stamp_of(1).time, "fields", "{}", "id"});
        const auto done = commit(std::move(saved));
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::rejected) << done.error().what;
    }
    expect_stored(make_thing(1));
    EXPECT_FALSE(get({thing, Key{std::int64_t{2}}}));
    EXPECT_TRUE(dots_after({}).empty());
    EXPECT_TRUE(value_of_task(reader_->conflicts({})).empty());
    expect_equal(value_of_task(reader_->ledger()), before);
    LoadRequest wanted;
    wanted.requests = {request("a1")};
    const LoadResult loaded = begin(wanted);
    EXPECT_TRUE(loaded.requests.empty());
    expect_equal(loaded.ledger, before);
    run(writer_->release());
    // The origin that the refused batches brought with them is new again.
    ASSERT_TRUE(succeeded(save_log({entry_of("ap.1", 1)})));
    ASSERT_TRUE(succeeded(save_log({entry_of(other, 1)})));
    EXPECT_EQ(value_of_task(reader_->change({other, 1}))->json, entry_of(other, 1).json);
}

TEST_P(StoreContract, AReleasedBatchLeavesNothing) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    begin({{{thing, Key{std::int64_t{1}}}}, {}, {}, {}});
    run(writer_->release());
    expect_stored(make_thing(1));
    ASSERT_TRUE(succeeded(save({make_thing(2)})));
}

TEST_P(StoreContract, LoadsEachRecordOnceAndNothingForAnUnknownOne) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const RecordRef one{thing, Key{std::int64_t{1}}};
    const LoadResult loaded = begin({{one, one, {thing, Key{std::int64_t{9}}}, one}, {}, {}, {}});
    run(writer_->release());
    EXPECT_EQ(loaded.rows.size(), 1U);
}

TEST_P(StoreContract, KnowsWhichKeysAreFree) {
    const auto ref = [](std::int64_t id) { return RecordRef{thing, Key{id}}; };
    ASSERT_TRUE(succeeded(save({make_thing(1), removed(make_thing(2), 2)})));
    LoadRequest wanted;
    wanted.candidates = {ref(1), ref(2), ref(3), ref(new_number_max)};
    LoadResult loaded = begin(wanted);
    EXPECT_EQ(loaded.free, (std::set<RecordRef>{ref(3), ref(new_number_max)}));
    WriteSet saved;
    saved.ledger = loaded.ledger;
    saved.rows = {{make_thing(3), hash_of_row(schema_, make_thing(3))}};
    ASSERT_TRUE(succeeded(commit(std::move(saved))));
    expect_stored(make_thing(3));
    EXPECT_EQ(begin(wanted).free, (std::set<RecordRef>{ref(new_number_max)}));
    run(writer_->release());
}

TEST_P(StoreContract, KnowsRequestsByKindAndText) {
    WriteSet saved;
    saved.ledger = begin().ledger;
    saved.requests = {{request("a1"), seen_at(1)},
                      {request("a1", RequestKind::key), seen_at(2)},
                      {request("it's"), seen_at(3)}};
    RequestSeen by_text = seen_at(4);
    by_text.record = {note, Key{std::string{"10"}}};
    by_text.kind = WriteKind::remove;
    by_text.attempt = "";
    by_text.added = {{notes::stock, -2}};
    by_text.life = {3, stamp_of(2)};
    by_text.later = {seen_at(5), by_text};
    by_text.later[1].stamp = stamp_of(6, other);
    saved.requests.emplace_back(request("n"), by_text);
    ASSERT_TRUE(succeeded(commit(saved)));
    LoadRequest wanted;
    wanted.requests = {request("a1"),   request("a1", RequestKind::key),
                       request("it's"), request("n"),
                       request("A1"),   request("a1", RequestKind::attempt)};
    const LoadResult loaded = begin(wanted);
    run(writer_->release());
    EXPECT_EQ(loaded.requests.size(), 4U);
    EXPECT_EQ(loaded.requests.at(request("a1")), seen_at(1));
    EXPECT_EQ(loaded.requests.at(request("a1", RequestKind::key)), seen_at(2));
    EXPECT_EQ(loaded.requests.at(request("it's")), seen_at(3));
    EXPECT_EQ(loaded.requests.at(request("n")), by_text);
}

TEST_P(StoreContract, KeepsTheLatestOfOneRequestId) {
    for (const std::uint64_t n : {1U, 2U}) {
        WriteSet saved;
        saved.ledger = begin().ledger;
        saved.requests.emplace_back(request("a1"), seen_at(n));
        ASSERT_TRUE(succeeded(commit(saved)));
    }
    LoadRequest wanted;
    wanted.requests = {request("a1")};
    EXPECT_EQ(begin(wanted).requests.at(request("a1")), seen_at(2));
    run(writer_->release());
}

TEST_P(StoreContract, FindsLivingHoldersAndReferrers) {
    ASSERT_TRUE(succeeded(save({make_note("a", "one", 1), make_note("b", "two", 2),
                                removed(make_note("c", "three", 3), 9)})));
    LoadRequest wanted;
    wanted.holders = {code("one"), code("three"), code("none"), {note, notes::thing, Value{}}};
    wanted.referrers = {pointing_at(1), pointing_at(3), pointing_at(4)};
    const LoadResult loaded = begin(wanted);
    run(writer_->release());
    EXPECT_EQ(loaded.holders.size(), 1U);
    EXPECT_EQ(loaded.holders.at(code("one")), Key{std::string{"a"}});
    EXPECT_TRUE(loaded.referrers.at(pointing_at(1)));
    EXPECT_FALSE(loaded.referrers.at(pointing_at(3)));
    EXPECT_FALSE(loaded.referrers.at(pointing_at(4)));
}

// Two nodes apart took one value: both records stay, the earlier one is found.
TEST_P(StoreContract, OfTwoHoldersTheEarlierLifeIsFound) {
    ASSERT_TRUE(succeeded(save({make_note("a", "same", 1, 8), make_note("z", "same", 1, 2),
                                make_note("m", "same", 1, 5)})));
    LoadRequest wanted;
    wanted.holders = {code("same")};
    EXPECT_EQ(begin(wanted).holders.at(code("same")), Key{std::string{"z"}});
    run(writer_->release());
    EXPECT_EQ(value_of_task(reader_->find(code("same")))->key, Key{std::string{"z"}});
    ASSERT_TRUE(succeeded(save({removed(make_note("z", "same", 1, 2), 9)})));
    EXPECT_EQ(value_of_task(reader_->find(code("same")))->key, Key{std::string{"m"}});
}

// Of a thing when `n` is odd, else of a note; found at the time n.
Conflict conflict(std::uint64_t n, const std::string& kind = "fields") {
    Conflict made;
    made.record = {n % 2 ? thing : note, n % 2 ? Key{std::int64_t(n)} : Key{"k"}};
    made.at = stamp_of(n).time;
    made.kind = kind;
    made.detail = "{\"n\":" + std::to_string(n) + '}';
    made.id = "id-" + std::to_string(n);
    made.lost = {other, n};
    return made;
}

TEST_P(StoreContract, ListsConflictsInTheOrderTheyCame) {
    for (std::uint64_t n = 1; n <= 5; ++n) {
        WriteSet saved;
        saved.ledger = begin().ledger;
        saved.conflicts = {conflict(n)};
        ASSERT_TRUE(succeeded(commit(saved)));
    }
    const auto first = value_of_task(reader_->conflicts({.limits = {3, 1 << 20}}));
    ASSERT_EQ(first.size(), 3U);
    const auto rest = value_of_task(reader_->conflicts({.after = first.back().number}));
    ASSERT_EQ(rest.size(), 2U);
    EXPECT_LT(first.back().number, rest.front().number);
    EXPECT_EQ(first[1].record, conflict(2).record);
    EXPECT_EQ(rest[1].record, conflict(5).record);
    EXPECT_EQ(rest[1].at, conflict(5).at);
    EXPECT_EQ(rest[1].kind, "fields");
    EXPECT_EQ(rest[1].detail, conflict(5).detail);
    EXPECT_EQ(rest[1].id, "id-5");
    EXPECT_EQ(rest[1].lost, (Dot{other, 5}));
    EXPECT_TRUE(rest[1].is_open());
    EXPECT_EQ(value_of_task(reader_->conflicts({.limits = {9, 1}})).size(), 1U);
}

TEST_P(StoreContract, FiltersConflicts) {
    WriteSet saved;
    saved.ledger = begin().ledger;
    saved.conflicts = {conflict(1), conflict(2, "life"), conflict(3, "life"), conflict(4)};
    saved.settled_conflicts = {{"id-3", "us.1:9"}};
    ASSERT_TRUE(succeeded(commit(saved)));
    const auto ids = [this](ConflictQuery query) {
        std::string all;
        for (const Conflict& one : value_of_task(reader_->conflicts(std::move(query))))
            all += one.id.substr(3);
        return all;
    };
    EXPECT_EQ(ids({.kind = "life"}), "23");
    EXPECT_EQ(ids({.resource = note}), "24");
    EXPECT_EQ(ids({.since = stamp_of(3).time}), "34");
    EXPECT_EQ(ids({.open = true}), "124");
    EXPECT_EQ(ids({.kind = "life", .resource = thing, .open = true}), "");
    EXPECT_EQ(ids({.id = "id-2"}), "2");
    EXPECT_EQ(ids({.id = "id-9"}), "");
    const auto counts = value_of_task(reader_->conflict_counts());
    EXPECT_EQ(counts.at("fields"), (ConflictCount{2, 2}));
    EXPECT_EQ(counts.at("life"), (ConflictCount{2, 1}));
}

// One id is one conflict: what is found of it later changes what it says, not what it is.
TEST_P(StoreContract, ListsAConflictOnceAndSettlesIt) {
    for (const char* detail : {"{\"n\":1}", "{\"n\":2}"}) {
        WriteSet saved;
        saved.ledger = begin().ledger;
        saved.conflicts = {conflict(1), conflict(3)};
        saved.conflicts[0].detail = detail;
        ASSERT_TRUE(succeeded(commit(saved)));
    }
    WriteSet settled;
    settled.ledger = begin().ledger;
    settled.settled_conflicts = {{"id-1", "us.1:9"}};
    settled.gone_conflicts = {"id-3", "id-9"};
    ASSERT_TRUE(succeeded(commit(settled)));
    const auto listed = value_of_task(reader_->conflicts({}));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].detail, "{\"n\":2}");
    EXPECT_EQ(listed[0].settled, "us.1:9");
}

// Once the rows of the batch are saved: what several living records have, and what living ones
// refer to though it was buried.
TEST_P(StoreContract, ListsWhatIsSharedWhileItIsSo) {
    const RecordRef target{thing, Key{std::int64_t{1}}};
    const auto listed_after = [&](const std::vector<Row>& rows) {
        LoadRequest wanted;
        for (const Row& row : rows)
            wanted.records.push_back(row.ref());
        WriteSet saved;
        saved.ledger = begin(wanted).ledger;
        for (const Row& row : rows)
            saved.rows.push_back({row, hash_of_row(schema_, row)});
        saved.shared = {{code("same"), {}, conflict(2, "unique")},
                        {pointing_at(1), target, conflict(1, "dangling")}};
        EXPECT_TRUE(succeeded(commit(std::move(saved))));
        std::string kinds;
        for (const Conflict& one : value_of_task(reader_->conflicts({})))
            kinds += one.kind + ' ';
        return kinds;
    };
    EXPECT_EQ(listed_after({make_thing(1), make_note("a", "same", 1)}), "");
    EXPECT_EQ(listed_after({make_note("b", "same", 1)}), "unique ");
    EXPECT_EQ(listed_after({make_note("c", "same", 1)}), "unique ");
    EXPECT_EQ(listed_after({removed(make_thing(1), 7)}), "unique dangling ");
    EXPECT_EQ(listed_after({removed(make_note("b", "same", 1), 8)}), "unique dangling ");
    EXPECT_EQ(listed_after({removed(make_note("c", "same", 1), 9)}), "dangling ");
    EXPECT_EQ(listed_after({removed(make_note("a", "same", 1), 10)}), "");
    EXPECT_EQ(listed_after({make_note("d", "other", 2)}), "");
}

// A batch hears of them with their records, once the ledger says that there may be any.
TEST_P(StoreContract, LoadsOpenConflictsOfTheRecords) {
    WriteSet saved;
    saved.ledger = begin().ledger;
    saved.ledger.cursors.emplace(conflicts_cursor, "listed");
    saved.rows = {{make_thing(1), {}}, {make_thing(3), {}}, {make_thing(5), {}}};
    saved.conflicts = {conflict(1), conflict(3), conflict(5)};
    saved.settled_conflicts = {{"id-5", "us.1:9"}};
    ASSERT_TRUE(succeeded(commit(saved)));
    LoadRequest wanted;
    for (const std::int64_t id : {1, 5, 1})
        wanted.records.push_back({thing, Key{id}});
    const LoadResult loaded = begin(wanted);
    run(writer_->release());
    ASSERT_EQ(loaded.open_conflicts.size(), 1U);
    const auto& open = loaded.open_conflicts.at({thing, Key{std::int64_t{1}}});
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].id, "id-1");
    EXPECT_EQ(open[0].detail, conflict(1).detail);
    EXPECT_EQ(open[0].lost, (Dot{other, 1}));
}

TEST_P(StoreContract, ListsDeadLettersWithTheirBodiesAsTheyCame) {
    WriteSet saved;
    saved.ledger = begin().ledger;
    const std::string bytes{"\x00\xff not text", 11};
    saved.dead_letters = {{other, 3, RecordRef{note, Key{"k"}}, "a fork", "{}", Time{5}},
                          {"topic/0", 17, {}, "not JSON", bytes, Time{6}}};
    ASSERT_TRUE(succeeded(commit(saved)));
    const auto letters = value_of_task(reader_->dead_letters(0, {}));
    ASSERT_EQ(letters.size(), 2U);
    EXPECT_EQ(letters[0].record, (RecordRef{note, Key{"k"}}));
    EXPECT_EQ(letters[0].source, other);
    EXPECT_EQ(letters[0].seq, 3U);
    EXPECT_EQ(letters[0].reason, "a fork");
    EXPECT_FALSE(letters[1].record);
    EXPECT_EQ(letters[1].body, bytes);
    EXPECT_EQ(letters[1].at, Time{6});
    EXPECT_EQ(value_of_task(reader_->dead_letters(letters[0].id, {})).size(), 1U);
}

// What is parked is known with every batch, so that what comes later can queue behind it.
TEST_P(StoreContract, KnowsWhatIsParkedUntilItIsSettled) {
    WriteSet saved;
    saved.ledger = begin().ledger;
    const RecordRef record{note, Key{"k"}};
    saved.dead_letters = {{other, 3, record, "refused", "{}", Time{5}},
                          {other, 4, record, "waits", "{}", Time{6}},
                          {"topic/0", 17, {}, "not JSON", "?", Time{7}}};
    ASSERT_TRUE(succeeded(commit(std::move(saved))));
    const std::map<Dot, std::optional<RecordRef>> all{
        {{other, 3}, record}, {{other, 4}, record}, {{"topic/0", 17}, std::nullopt}};
    EXPECT_EQ(value_of_task(reader_->ledger()).parked, all);
    if (place_->keeps()) reopen();
    LoadResult loaded = begin();
    EXPECT_EQ(loaded.ledger.parked, all);
    saved.ledger = std::move(loaded.ledger);
    saved.dead_letters.clear();
    saved.settled = {{other, 3}, {"topic/0", 17}, {"nobody", 1}};
    ASSERT_TRUE(succeeded(commit(std::move(saved))));
    const std::map<Dot, std::optional<RecordRef>> left{{{other, 4}, record}};
    EXPECT_EQ(begin().ledger.parked, left);
    run(writer_->release());
    EXPECT_EQ(value_of_task(reader_->ledger()).parked, left);
    const auto letters = value_of_task(reader_->dead_letters(0, {}));
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].seq, 4U);
    EXPECT_EQ(letters[0].id, 2U);
}

TEST_P(StoreContract, OfOneNameThereIsOneDeadLetter) {
    for (const char* reason : {"first", "second"}) {
        WriteSet saved;
        saved.ledger = begin().ledger;
        saved.dead_letters = {{other, 3, {}, reason, "{}", Time{5}}};
        ASSERT_TRUE(succeeded(commit(std::move(saved))));
    }
    const auto letters = value_of_task(reader_->dead_letters(0, {}));
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].reason, "second");
}

// Two readers, opened at different times, see a batch when it is committed and not before.
TEST_P(StoreContract, ReadersSeeCommittedDataOnly) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const auto second = store_->open_reader(context_.get_executor());
    const auto prices = [&] {
        std::string text;
        for (Reader* reader : {reader_.get(), second.get()}) {
            const auto row = value_of_task(reader->get({thing, Key{std::int64_t{1}}}));
            text += std::to_string(std::get<std::int64_t>(row->cells[things::price].value)) + ' ';
        }
        return text;
    };
    EXPECT_EQ(prices(), "100 100 ");
    LoadRequest wanted;
    wanted.records = {{thing, Key{std::int64_t{1}}}};
    WriteSet saved;
    saved.ledger = begin(wanted).ledger;
    EXPECT_EQ(prices(), "100 100 ");
    Row row = make_thing(1);
    row.cells[things::price].value = Value{std::int64_t{200}};
    saved.rows.push_back({row, {}});
    ASSERT_TRUE(succeeded(commit(std::move(saved))));
    EXPECT_EQ(prices(), "200 200 ");
}

// ---- decided ahead ------------------------------------------------------------------------------
RecordRef thing_at(std::int64_t id) {
    return {thing, Key{id}};
}

// Four batches, each decided on top of the one before: what one wrote the next one writes again,
// brings back or finds by its request, beside what look() has found.
TEST_P(StoreContract, SavesWhatFollowsABatchAsWhatIsBegun) {
    if (!writer_->loads_ahead()) GTEST_SKIP() << "a commit is over before anybody comes";
    ASSERT_TRUE(succeeded(save({make_thing(1), make_thing(2), removed(make_thing(3), 9)})));
    WriteSet first;
    LoadRequest wanted;
    wanted.records = {thing_at(1), thing_at(4)};
    first.ledger = begin(wanted).ledger;
    for (const Row& row : {make_thing(1, 20), make_thing(4, 21)})
        first.rows.push_back({row, hash_of_row(schema_, row)});
    first.requests.emplace_back(request("r1"), seen_at(20));
    Ledger ledger = first.ledger;
    ASSERT_TRUE(succeeded(commit(std::move(first))));

    const auto save_ahead = [&](std::vector<RecordRef> unknown, const std::vector<Row>& rows,
                                std::uint64_t n) {
        for (const RecordRef& ref : unknown) {  // one by one: what is found adds up
            LoadRequest more;
            more.records = {ref};
            more.requests = {request("r1"), request("r" + std::to_string(n))};
            value_of_task(writer_->load_ahead(std::move(more)));
        }
        WriteSet saved;
        ledger.origins[self] = {n, n, hash_of("log")};
        saved.ledger = ledger;
        saved.log.push_back(entry_of(self, n));
        for (const Row& row : rows)
            saved.rows.push_back({row, hash_of_row(schema_, row)});
        for (const char* id : {"r1", "new"})
            saved.requests.emplace_back(request(id), seen_at(n));
        saved.requests.emplace_back(request("r" + std::to_string(n)), seen_at(n));
        return run(writer_->commit_ahead(std::move(saved)));
    };
    ASSERT_TRUE(
        succeeded(save_ahead({thing_at(2), thing_at(3), thing_at(5)},
                             {make_thing(1, 30), removed(make_thing(2), 31), make_thing(3, 32),
                              removed(make_thing(4, 21), 33), make_thing(5, 34)},
                             40)));
    ASSERT_TRUE(succeeded(save_ahead({thing_at(6)},
                                     {make_thing(2, 41), removed(make_thing(3, 32), 42),
                                      make_thing(4, 43), make_thing(5, 44), make_thing(6, 45)},
                                     41)));
    ASSERT_TRUE(succeeded(save_ahead({thing_at(1)}, {make_thing(1, 50), make_thing(6, 51)}, 42)));
    for (const Row& row : {make_thing(1, 50), make_thing(2, 41), removed(make_thing(3, 32), 42),
                           make_thing(4, 43), make_thing(5, 44), make_thing(6, 51)})
        expect_stored(row);
    LoadRequest requests;
    requests.requests = {request("r1"), request("new"), request("r40"), request("r42")};
    const LoadResult loaded = begin(requests);
    run(writer_->release());
    EXPECT_EQ(loaded.requests.at(request("r1")), seen_at(42));
    EXPECT_EQ(loaded.requests.at(request("new")), seen_at(42));
    EXPECT_EQ(loaded.requests.at(request("r40")), seen_at(40));
    EXPECT_EQ(loaded.ledger.seq(), 42U);
}

TEST_P(StoreContract, OfWhatFollowsAndIsRefusedNothingIsSaved) {
    if (!writer_->loads_ahead()) GTEST_SKIP() << "a commit is over before anybody comes";
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const Ledger ledger = value_of_task(reader_->ledger());
    LoadRequest wanted;
    wanted.records = {thing_at(2), thing_at(3)};
    value_of_task(writer_->load_ahead(wanted));
    Row bad = make_thing(3);
    bad.cells[things::price].value = Value{std::int64_t{-1}};
    WriteSet saved;
    saved.ledger = ledger;
    for (const Row& row : {make_thing(2), bad})
        saved.rows.push_back({row, hash_of_row(schema_, row)});
    const auto refused = run(writer_->commit_ahead(std::move(saved)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::rejected);
    EXPECT_FALSE(get(thing_at(2)));
    ASSERT_TRUE(succeeded(save({make_thing(2)})));
}

}  // namespace
}  // namespace reef::store::test
