// What a PostgreSQL store does beside the contract: the tables that people see, other programs at
// work in them, connections that are lost.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <csignal>

#include "postgres_database.hpp"

namespace reef::store::test {
namespace {

TEST_F(PostgresDatabase, OneOfTwoProcessesHoldsTheLease) {
    const auto other = try_open();
    ASSERT_TRUE(other);
    auto first = store_->open_lease(context_.get_executor());
    auto second = (*other)->open_lease(context_.get_executor());
    EXPECT_EQ(run(first->next(0))->lease, 1U);
    EXPECT_EQ(run(second->next(0))->lease, 0U);
    EXPECT_EQ(run(first->next(0))->lease, 1U);
    first.reset();
    std::uint64_t lease = 0;
    for (int looks = 0; looks < 20 && lease == 0; ++looks)
        lease = run(second->next(0))->lease;
    EXPECT_EQ(lease, 2U);
    EXPECT_EQ(begin({})->ledger.lease, 2U);
    end_connections();
    EXPECT_EQ(run(second->next(0))->lease, 3U) << "a lease ends with its session";
}

TEST_F(PostgresDatabase, TellsOfTheBatchesOfOtherProcesses) {
    const auto other = try_open();
    ASSERT_TRUE(other);
    auto lease = (*other)->open_lease(context_.get_executor());
    const std::uint64_t before = run(lease->next(0))->ledger->batch;
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    std::optional<Ledger> told;
    for (int looks = 0; looks < 20 && !told; ++looks)
        told = run(lease->next(0))->ledger;
    ASSERT_TRUE(told);
    EXPECT_EQ(told->batch, before + 1);
    EXPECT_EQ(begin({})->ledger.batch, before + 1);
}

TEST_F(PostgresDatabase, TellsThatABatchIsGone) {
    const auto lease = store_->open_lease(context_.get_executor());
    const std::uint64_t newest = run(lease->next(0))->ledger->batch;
    EXPECT_TRUE(run(lease->next(newest)));
    const auto gone = run(lease->next(newest + 1));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::broken);
}

TEST_F(PostgresDatabase, ShowsPeopleWhatTheApiShows) {
    Row row = make_thing(7);
    row.cells[things::price].value = Value{std::int64_t{125000050}};
    row.cells[things::at].value = Value{std::int64_t{1767268800123456}};
    row.cells[things::status].value = Value{std::int64_t{1}};
    ASSERT_TRUE(succeeded(save({row})));
    EXPECT_EQ(run_sql("SELECT price::text || ' ' || at::text || ' ' || status FROM things"),
              "1250000.50 2026-01-01 12:00:00.123456 in_transit");
    EXPECT_EQ(run_sql("SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY"
                      " ordinal_position) FROM information_schema.columns"
                      " WHERE table_name = 'things'"),
              "id bigint, price numeric, big numeric, count integer, total bigint,"
              " ratio double precision, flag boolean, title character varying,"
              " at timestamp without time zone, uid uuid, doc json, status text, version integer,"
              " atoll_vector text, atoll_state text, atoll_hash bytea");
}

TEST_F(PostgresDatabase, ReadsWhatAnotherProgramInserted) {
    run_sql("INSERT INTO things (id, price) VALUES (5, 12.5)");
    const auto row = get(5);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->cells[things::price].value, Value{std::int64_t{1250}});
    EXPECT_EQ(version_of(*row), 1U);
    ASSERT_TRUE(succeeded(save({make_thing(5, 2)})));
    EXPECT_EQ(run_sql("SELECT price FROM things"), "5.00");
}

TEST_F(PostgresDatabase, RefusesARowForARuleThatPeopleAdded) {
    run_sql("ALTER TABLE things ADD CONSTRAINT \"no dear things\" CHECK (price < 6)");
    const auto done = save({make_thing(1), make_thing(6)});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::rejected);
    EXPECT_NE(done.error().what.find("no dear things"), std::string::npos) << done.error().what;
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
}

// NaN is above all numbers, infinity is a time, and -0.5 a price.
TEST_F(PostgresDatabase, TheTableRefusesWhatTheApiRefuses) {
    for (const char* set : {"price = 'NaN'", "price = -0.01", "big = 'NaN'", "ratio = 'NaN'",
                            "ratio = 'Infinity'", "at = 'infinity'", "at = '0044-03-15 BC'",
                            "status = 'lost'", "version = 0", "total = NULL"}) {
        ASSERT_TRUE(succeeded(save({make_thing(1)})));
        EXPECT_THROW(run_sql(std::string{"UPDATE things SET "} + set), std::runtime_error) << set;
    }
}

TEST_F(PostgresDatabase, ALockedRowHoldsUpItsOwnWriteOnly) {
    ASSERT_TRUE(succeeded(save({make_thing(1), make_thing(2)})));
    const auto held = hold_sql("UPDATE things SET price = 1 WHERE id = 1");
    const auto both = save({make_thing(1, 2), make_thing(2, 3)});
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().code, Errc::locked);
    // From now on it is known when the batch begins.
    const auto loaded = begin({make_thing(1), make_thing(2)});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->locked, (std::set<RecordRef>{{thing, Key{std::int64_t{1}}}}));
    ASSERT_TRUE(succeeded(commit(*loaded, {make_thing(2, 3)})));
    EXPECT_EQ(save({make_thing(1, 2)}).error().code, Errc::locked);
}

// Between loading and saving: what was decided was decided about another row.
TEST_F(PostgresDatabase, ARowThatIsAnotherOneMeanwhileIsNotSaved) {
    for (const char* sql :
         {"DELETE FROM things WHERE id = 1", "UPDATE things SET price = 77 WHERE id = 1",
          "INSERT INTO things (id, price) VALUES (3, 77)"}) {
        open(true);
        ASSERT_TRUE(succeeded(save({make_thing(1), make_thing(2)})));
        const auto loaded = begin({make_thing(1), make_thing(2), make_thing(3)});
        ASSERT_TRUE(loaded);
        run_sql(sql);
        const auto done = commit(*loaded, {make_thing(1, 2), make_thing(2, 2), make_thing(3, 2)});
        ASSERT_FALSE(done) << sql;
        EXPECT_EQ(done.error().code, Errc::locked) << sql;
        EXPECT_EQ(*get(2), make_thing(2)) << sql;
        ASSERT_TRUE(succeeded(save({make_thing(1, 2), make_thing(3, 2)}))) << sql;
        EXPECT_EQ(*get(1), make_thing(1, 2)) << sql;
    }
}

TEST_F(PostgresDatabase, ARowThatIsAnotherOneMeanwhileIsNotRemoved) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const auto loaded = begin({make_thing(1)});
    ASSERT_TRUE(loaded);
    run_sql("UPDATE things SET price = 77");
    EXPECT_EQ(commit(*loaded, {removed(make_thing(1), 2)}).error().code, Errc::locked);
    EXPECT_TRUE(get(1)->alive());
    ASSERT_TRUE(succeeded(save({removed(make_thing(1), 2)})));
    EXPECT_FALSE(get(1)->alive());
}

// Once a row was found changed, batches lock what they load: the next one cannot fail in this way.
TEST_F(PostgresDatabase, ABatchThatIsBegunAgainHoldsItsRows) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const auto loaded = begin({make_thing(1)});
    ASSERT_TRUE(loaded);
    run_sql("UPDATE things SET price = 77");
    ASSERT_FALSE(commit(*loaded, {make_thing(1, 2)}));
    const auto again = begin({make_thing(1)});
    ASSERT_TRUE(again);
    EXPECT_THROW(run_sql("SELECT 1 FROM things FOR UPDATE NOWAIT"), std::runtime_error);
    EXPECT_TRUE(succeeded(commit(*again, {make_thing(1, 2)})));
}

TEST_F(PostgresDatabase, ALostConnectionIsNobodysError) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    ASSERT_TRUE(get(1));
    end_connections();
    EXPECT_TRUE(get(1));
    EXPECT_TRUE(succeeded(save({make_thing(2)})));
    EXPECT_TRUE(run(reader_->list({})));
}

TEST_F(PostgresDatabase, AConnectionLostWithinABatchSavesNothing) {
    const auto loaded = begin({make_thing(1)});
    ASSERT_TRUE(loaded);
    end_connections();
    const auto done = commit(*loaded, {make_thing(1)});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::unavailable);
    EXPECT_FALSE(get(1));
    EXPECT_TRUE(succeeded(save({make_thing(1)})));
}

// A trigger that once ends the connection when all is said and done: after the commit, before its
// answer.
TEST_F(PostgresDatabase, ACommitWhoseAnswerIsLostIsFound) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    run_sql("CREATE SEQUENCE cuts");
    run_sql(
        "CREATE OR REPLACE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM CASE WHEN nextval('cuts') = 1 THEN pg_terminate_backend(pg_backend_pid()) END;"
        " RETURN NULL; END $$");
    run_sql(
        "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON atoll_batches DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION cut()");
    const auto cut = save({make_thing(1, 2)});
    run_sql("DROP TRIGGER cut ON atoll_batches");
    run_sql("DROP SEQUENCE cuts");
    // Ended before the commit or after: the answer is what has become of it.
    EXPECT_EQ(*get(1), cut ? make_thing(1, 2) : make_thing(1));
    if (!cut) {
        EXPECT_EQ(cut.error().code, Errc::unavailable);
    }
    EXPECT_TRUE(succeeded(save({make_thing(3)})));
}

TEST_F(PostgresDatabase, AnotherNodesStoreIsRefused) {
    const auto other_node = try_open(false, "eu");
    ASSERT_FALSE(other_node);
    EXPECT_EQ(other_node.error().code, Errc::invalid);
    EXPECT_NE(other_node.error().what.find("the store of the node us, not of eu"),
              std::string::npos);
}

TEST_F(PostgresDatabase, ADatabaseThatIsAwayIsUnavailable) {
    const auto away = open_postgres(schema_, {.file = "",
                                              .url = "postgresql://me:secret@127.0.0.1:1/nothing",
                                              .node = "us",
                                              .incarnation = "k3f9"});
    ASSERT_FALSE(away);
    EXPECT_EQ(away.error().code, Errc::unavailable);
    EXPECT_NE(away.error().what.find("127.0.0.1:1/nothing"), std::string::npos);
    EXPECT_EQ(away.error().what.find("secret"), std::string::npos);
}

TEST_F(PostgresDatabase, AServerIsFoundByItsName) {
    std::string url = postgres_url();
    const std::string address = "127.0.0.1";
    url.replace(url.find(address), address.size(), "localhost");
    const auto store =
        open_postgres(schema_, {.file = "", .url = url, .node = "us", .incarnation = "k3f9"});
    EXPECT_TRUE(store) << store.error().what;
}

// The node compares it with what the store remembers of its last run.
TEST_F(PostgresDatabase, SaysOnWhichStorageItLies) {
    const StorageIdentity identity = store_->identity();
    EXPECT_NE(identity.cluster, "");
    EXPECT_NE(identity.timeline, "");
    EXPECT_NE(identity.table, "");
    open();
    EXPECT_EQ(store_->identity(), identity);
    open(true);
    EXPECT_EQ(compare(identity, store_->identity()), SameStorage::no) << "the tables are new";
}

// The version before kept it in a table of its own: what it says counts.
TEST_F(PostgresDatabase, TheIdentityOfAnEarlierVersionIsMovedIntoTheLedger) {
    const StorageIdentity identity = store_->identity();
    const std::size_t slash = identity.cluster.find('/');
    run_sql("INSERT INTO atoll_meta VALUES ('identity', '" + identity.cluster.substr(0, slash) +
            '/' + identity.timeline + identity.cluster.substr(slash) + "')");
    open();
    const auto known = run(reader_->ledger())->cursors;
    ASSERT_TRUE(known.contains(std::string{identity_cursor}));
    const StorageIdentity was = parse_identity(known.at(std::string{identity_cursor}));
    EXPECT_EQ(was.cluster, identity.cluster);
    EXPECT_EQ(compare(was, store_->identity()), SameStorage::yes);
    EXPECT_EQ(run_sql("SELECT count(*) FROM atoll_meta WHERE name = 'identity'"), "0");
}

TEST_F(PostgresDatabase, ADatabaseThatGoesBackInTimeEndsTheProcess) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    ASSERT_TRUE(succeeded(save({make_thing(2)})));
    run_sql("DELETE FROM atoll_batches WHERE number = (SELECT max(number) FROM atoll_batches)");
    EXPECT_EQ(save({make_thing(3)}).error().code, Errc::broken);
}

// As after a standby took over that lacked the newest batch: its number must not be given again.
TEST_F(PostgresDatabase, AnotherBatchUnderTheKnownNumberEndsTheProcess) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    run_sql(
        "UPDATE atoll_batches SET token = token + 1"
        " WHERE number = (SELECT max(number) FROM atoll_batches)");
    EXPECT_EQ(save({make_thing(2)}).error().code, Errc::broken);
}

// The same, while a batch is in flight: the one before it is lost with the primary.
TEST_F(PostgresDatabase, ABatchIsNotSettledOnADatabaseThatLacksTheOneBefore) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const auto loaded = begin({make_thing(2)});
    ASSERT_TRUE(loaded);
    end_connections();
    run_sql("DELETE FROM atoll_batches WHERE number = (SELECT max(number) FROM atoll_batches)");
    EXPECT_EQ(commit(*loaded, {make_thing(2)}).error().code, Errc::broken);
}

// Two writers on one database: what one has saved the other knows at its next batch.
TEST_F(PostgresDatabase, WritersOfOneDatabaseFollowEachOther) {
    auto store = try_open();
    ASSERT_TRUE(store);
    auto second = (*store)->open_writer(context_.get_executor());
    std::uint64_t seq = 0;
    for (int i = 0; i < 6; ++i) {
        Writer& writer = i % 2 ? *second : *writer_;
        auto loaded = run(writer.begin({}));
        ASSERT_TRUE(loaded);
        EXPECT_EQ(loaded->ledger.seq(), seq);
        WriteSet saved;
        saved.ledger = loaded->ledger;
        saved.log.push_back(entry_of(self, ++seq));
        saved.ledger.origins[self].received = seq;
        ASSERT_TRUE(succeeded(run(writer.commit(std::move(saved)))));
    }
}

TEST_F(PostgresDatabase, ANewFieldAndNewRulesAreAddedToTheTable) {
    const Row row = make_thing(1);
    ASSERT_TRUE(succeeded(save({row, removed(make_thing(2), 2)})));
    Field colour;
    colour.name = "colour";
    colour.nullable = true;
    colour.index = true;
    schema_.resources[thing].fields.push_back(colour);
    schema_.resources[thing].fields[things::title].text_max = 80;
    schema_.resources[thing].fields[things::price].max = Value{std::int64_t{1000}};
    open();
    ASSERT_TRUE(get(1));
    EXPECT_TRUE(get(2));
    run_sql("UPDATE things SET colour = 'red', title = repeat('x', 80)");
    EXPECT_THROW(run_sql("UPDATE things SET price = 11"), std::runtime_error);
    schema_.resources[thing].fields[things::price].max = Value{std::int64_t{50}};
    const auto narrow = try_open();
    ASSERT_FALSE(narrow);
    EXPECT_EQ(narrow.error().code, Errc::invalid);
    schema_.resources[thing].fields[things::price].type = FieldType::int64;
    EXPECT_EQ(try_open().error().code, Errc::invalid);
}

// ---- decided ahead ------------------------------------------------------------------------------
class PostgresAhead : public PostgresDatabase {
protected:
    // A batch writes thing 1; then others come, and a batch that was decided on top of it.
    Result<void> commit_ahead(const std::function<void()>& others, const std::vector<Row>& rows) {
        auto loaded = begin({make_thing(1)});
        EXPECT_TRUE(loaded);
        EXPECT_TRUE(succeeded(commit(*loaded, {make_thing(1, ++writes_)})));
        EXPECT_TRUE(writer_->loads_ahead());
        LoadRequest wanted;
        for (const Row& row : rows)
            wanted.records.push_back(row.ref());
        load_ahead(wanted);
        others();
        WriteSet saved;
        saved.ledger = loaded->ledger;
        for (const Row& row : rows)
            saved.rows.push_back({row, hash_of_row(schema_, row)});
        return run(writer_->commit_ahead(std::move(saved)));
    }
    // On a busy machine it may be given up, as one that would keep others waiting.
    void load_ahead(const LoadRequest& wanted) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
        while (!run(writer_->load_ahead(wanted)) || !writer_->loads_ahead())
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
    void expect_overtaken(const std::function<void()>& others, const std::vector<Row>& rows) {
        const auto done = commit_ahead(others, rows);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::locked) << done.error().what;
        EXPECT_FALSE(get(99)) << "all or nothing";
        EXPECT_FALSE(writer_->loads_ahead()) << "it will happen again";
    }

    std::uint64_t writes_ = 1;
};

TEST_F(PostgresAhead, IsSavedWhenNobodyCameBetween) {
    ASSERT_TRUE(succeeded(save({make_thing(2)})));
    const std::vector<Row> rows{make_thing(1, 7), make_thing(2, 8), make_thing(99)};
    ASSERT_TRUE(succeeded(commit_ahead([] {}, rows)));
    EXPECT_TRUE(writer_->loads_ahead());
    for (const Row& row : rows)
        EXPECT_EQ(*get(std::get<std::int64_t>(row.key)), row);
}

TEST_F(PostgresAhead, IsOvertakenByAnotherProcess) {
    auto store = try_open();
    ASSERT_TRUE(store);
    auto second = (*store)->open_writer(context_.get_executor());
    const auto another_batch = [&] {
        auto loaded = run(second->begin({}));
        ASSERT_TRUE(loaded);
        WriteSet saved;
        saved.ledger = loaded->ledger;
        ASSERT_TRUE(succeeded(run(second->commit(std::move(saved)))));
    };
    expect_overtaken(another_batch, {make_thing(99)});
}

TEST_F(PostgresAhead, IsOvertakenByOtherPrograms) {
    for (const char* sql :
         {"INSERT INTO atoll_leases (number) VALUES (7)",
          "UPDATE things SET price = 77 WHERE id = 1", "UPDATE things SET price = 77 WHERE id = 2",
          "DELETE FROM things WHERE id = 1", "DELETE FROM things WHERE id = 2",
          "INSERT INTO things (id, price) VALUES (3, 77)"}) {
        SCOPED_TRACE(sql);
        open(true);
        ASSERT_TRUE(succeeded(save({make_thing(1), make_thing(2)})));
        expect_overtaken([sql] { run_sql(sql); },
                         {make_thing(1, 8), make_thing(2, 8), make_thing(3, 8), make_thing(99)});
        EXPECT_TRUE(succeeded(save({make_thing(1, 9), make_thing(2, 9)})));
    }
}

TEST_F(PostgresAhead, IsOvertakenByAnotherProgramsDeleteOfWhatItDeletes) {
    ASSERT_TRUE(succeeded(save({make_thing(2)})));
    expect_overtaken([] { run_sql("DELETE FROM things WHERE id = 2"); },
                     {removed(make_thing(2), 8), make_thing(99)});
}

TEST_F(PostgresAhead, TwoLooksThatDifferShowThatSomebodyWasThere) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    LoadRequest wanted;
    wanted.records = {make_thing(1).ref(), make_thing(3).ref()};
    ASSERT_TRUE(succeeded(commit_ahead([] {}, {make_thing(1, 7)})));
    load_ahead(wanted);
    load_ahead(wanted);
    run_sql("INSERT INTO things (id, price) VALUES (3, 77)");
    const auto again = run(writer_->load_ahead(wanted));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::locked);
}

// Those whose batch is durable wait for a look: one that fails is not tried again at once.
TEST_F(PostgresAhead, ALookThatMeetsALockedTableIsGivenUp) {
    ASSERT_TRUE(succeeded(commit_ahead([] {}, {make_thing(1, 7)})));
    const auto held = hold_sql("LOCK TABLE things IN ACCESS EXCLUSIVE MODE");
    LoadRequest wanted;
    wanted.records = {make_thing(1).ref()};
    EXPECT_FALSE(run(writer_->load_ahead(std::move(wanted))));
    EXPECT_FALSE(writer_->loads_ahead());
}

// What is looked up while a batch waits for a new connection is for the one after it.
TEST_F(PostgresAhead, LooksGoOnWhileABatchWaitsForItsConnection) {
    ASSERT_TRUE(succeeded(save({make_thing(2)})));
    bool looked = false;
    const auto look = [this, &looked]() -> asio::awaitable<void> {
        LoadRequest wanted;
        wanted.records = {make_thing(2).ref()};
        while (!looked) {
            auto loaded = co_await writer_->load_ahead(wanted);
            looked = loaded.has_value();
        }
    };
    const auto others = [&] {
        end_connections();
        asio::post(context_, [&] { asio::co_spawn(context_, look(), asio::detached); });
    };
    ASSERT_TRUE(succeeded(commit_ahead(others, {make_thing(1, 8)})));
    while (!looked)
        context_.run_one();
    run_sql("UPDATE things SET price = 77 WHERE id = 2");
    WriteSet saved;
    saved.ledger = run(reader_->ledger()).value();
    saved.rows.push_back({make_thing(2, 9), hash_of_row(schema_, make_thing(2, 9))});
    const auto overtaken = run(writer_->commit_ahead(std::move(saved)));
    ASSERT_FALSE(overtaken);
    EXPECT_EQ(overtaken.error().code, Errc::locked);
}

// A server that sleeps until it is given up has all of the batch before it, and has begun nothing.
TEST_F(PostgresAhead, ABatchThatWasGivenUpIsNotSavedLater) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    const std::string session = run_sql(
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE '%writer'");
    const auto gone = [&session] {
        return run_sql("SELECT count(*) FROM pg_stat_activity WHERE pid = " + session) == "0";
    };
    const auto done =
        commit_ahead([&session] { ::kill(std::stoi(session), SIGSTOP); }, {make_thing(99)});
    ::kill(std::stoi(session), SIGCONT);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::unavailable) << done.error().what;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!gone())
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    EXPECT_FALSE(get(99));
    EXPECT_TRUE(succeeded(save({make_thing(99)})));
}

TEST_F(PostgresAhead, AConnectionThatWasLostBetweenIsNobodysError) {
    EXPECT_TRUE(
        succeeded(commit_ahead([] { end_connections(); }, {make_thing(1, 8), make_thing(9)})));
    EXPECT_EQ(*get(1), make_thing(1, 8));
}

}  // namespace
}  // namespace reef::store::test
