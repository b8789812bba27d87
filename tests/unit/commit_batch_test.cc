// One batch: what its items see of each other, and what it refuses of a peer.
#include "commit/batch.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

// Shipments with a unique number that refer to warehouses, both with numbers of their own.
Schema logistics() {
    Resource warehouses;
    warehouses.id = 0;
    warehouses.name = "warehouses";
    warehouses.fields = {field("id", FieldType::int64), field("name", FieldType::text)};
    warehouses.fields[0].key = KeyKind::slots;
    warehouses.fields[0].first_key = 3001;
    warehouses.fields[0].key_from_client = true;
    Resource shipments;
    shipments.id = 1;
    shipments.name = "shipments";
    shipments.fields = {field("id", FieldType::uuid), field("tracking", FieldType::text),
                        field("warehouse", FieldType::int64)};
    shipments.fields[0].key = KeyKind::uuid7;
    shipments.fields[1].unique = true;
    shipments.fields[1].nullable = true;
    shipments.fields[2].refers_to = "warehouses";
    shipments.fields[2].nullable = true;
    Schema schema;
    schema.resources = {std::move(warehouses), std::move(shipments)};
    return schema;
}

Intent write(WriteKind kind, ResourceId resource, std::optional<Key> key,
             std::vector<std::pair<FieldId, Value>> fields) {
    Intent intent;
    intent.kind = kind;
    intent.resource = resource;
    intent.key = std::move(key);
    intent.fields = std::move(fields);
    intent.received = Time{1'000'000};
    return intent;
}

class BatchTest : public testing::Test {
protected:
    const Schema schema = logistics();
    Island us{schema, "us.1"};

    // All in one batch; what became of each.
    std::vector<Outcome> together(const std::vector<Intent>& intents) {
        store::LoadRequest wanted;
        for (const Intent& intent : intents)
            commit::add_to_request(schema, commit::ClientWrite{intent}, wanted);
        const auto batch = us.begin(wanted);
        std::vector<Outcome> outcomes;
        for (const Intent& intent : intents)
            outcomes.push_back(std::get<Outcome>(batch->take(commit::ClientWrite{intent}).value()));
        if (batch->changed()) us.save(batch->finish());
        return outcomes;
    }

    static Key key_of(const Outcome& outcome) { return std::get<Accepted>(outcome).row.key; }
    static std::string refusal(const Outcome& outcome) {
        const auto* refused = std::get_if<Refused>(&outcome);
        return refused ? std::string{name_of(refused->refusal)} : "";
    }
    Intent ship(const char* tracking, std::optional<Value> warehouse = std::nullopt) {
        auto intent = write(WriteKind::create, 1, std::nullopt, {{1, std::string{tracking}}});
        if (warehouse) intent.fields.emplace_back(FieldId{2}, *warehouse);
        return intent;
    }
    Intent track(const Key& key, Value tracking) {
        return write(WriteKind::update, 1, key, {{1, std::move(tracking)}});
    }
};

TEST_F(BatchTest, TwoItemsDoNotTakeOneUniqueValue) {
    const auto done = together({ship("T1"), ship("T1"), ship("T2")});
    EXPECT_TRUE(std::holds_alternative<Accepted>(done[0]));
    EXPECT_EQ(refusal(done[1]), "not_unique");
    EXPECT_EQ(std::get<Refused>(done[1]).pointer, "/tracking");
    EXPECT_TRUE(std::holds_alternative<Accepted>(done[2]));
    EXPECT_EQ(refusal(together({ship("T1")})[0]), "not_unique");
}

TEST_F(BatchTest, WhatPeersSendIsRefusedWithoutTheLease) {
    store::LoadResult loaded = us.load({});
    loaded.ledger.lease = 2;
    us.batch_context.lease = 1;  // it slept, and another process has taken over
    commit::Batch batch{schema, std::move(loaded), us.batch_context};
    commit::Rows piece;
    piece.under_lease = true;
    for (const commit::Work& work : {commit::Work{commit::ChangeRun{}}, commit::Work{piece}}) {
        const auto done = batch.take(work);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::unavailable);
    }
    EXPECT_TRUE(batch.take(commit::ClientWrite{ship("T1")}));
}

TEST_F(BatchTest, OneItemTakesWhatAnotherGaveUp) {
    const auto first = together({ship("T1"), ship("T2")});
    const Key one = key_of(first[0]);
    const Key two = key_of(first[1]);
    const auto done = together({track(two, std::string{"T1"}), track(one, std::string{"T3"}),
                                track(two, std::string{"T1"}), track(one, std::string{"T1"})});
    EXPECT_EQ(refusal(done[0]), "not_unique");
    EXPECT_EQ(refusal(done[1]), "");
    EXPECT_EQ(refusal(done[2]), "");
    EXPECT_EQ(refusal(done[3]), "not_unique");
}

TEST_F(BatchTest, DeletedRecordHoldsNoValue) {
    const Key one = key_of(together({ship("T1")})[0]);
    const auto done = together({write(WriteKind::remove, 1, one, {}), ship("T1")});
    EXPECT_EQ(refusal(done[1]), "");
}

TEST_F(BatchTest, SameValueAgainIsItsOwn) {
    const Key one = key_of(together({ship("T1")})[0]);
    EXPECT_EQ(refusal(together({track(one, std::string{"T1"})})[0]), "");
    EXPECT_EQ(refusal(together({track(one, Null{}), track(one, Null{})})[1]), "");
}

TEST_F(BatchTest, ReferencesSeeTheBatch) {
    const auto make = write(WriteKind::create, 0, std::nullopt, {{1, std::string{"w"}}});
    const auto done = together({ship("T1", Value{std::int64_t{3001}}), make,
                                ship("T2", Value{std::int64_t{3001}}),
                                write(WriteKind::remove, 0, Key{std::int64_t{3001}}, {})});
    EXPECT_EQ(refusal(done[0]), "unknown_reference");
    EXPECT_EQ(refusal(done[2]), "");
    EXPECT_EQ(refusal(done[3]), "still_referenced");
    const Key shipment = key_of(done[2]);
    // A store says only that some record refers to it: within this batch it still does.
    const auto remove = write(WriteKind::remove, 0, Key{std::int64_t{3001}}, {});
    const auto after = together({write(WriteKind::remove, 1, shipment, {}), remove});
    EXPECT_EQ(refusal(after[1]), "still_referenced");
    EXPECT_EQ(refusal(together({remove})[0]), "");
}

// Decided on top of a batch that is being saved, with facts from before or after that commit.
class FollowingBatchTest : public BatchTest, public testing::WithParamInterface<bool> {
protected:
    std::vector<Outcome> outcomes;

    void one_after_the_other(const std::vector<Intent>& before, const std::vector<Intent>& after) {
        store::LoadRequest wanted, more;
        for (const Intent& intent : before)
            commit::add_to_request(schema, commit::ClientWrite{intent}, wanted);
        for (const Intent& intent : after)
            commit::add_to_request(schema, commit::ClientWrite{intent}, more);
        const auto first = us.begin(wanted);
        for (const Intent& intent : before)
            first->take(commit::ClientWrite{intent}).value();
        store::WriteSet saved = first->finish();
        us.batch_context.random[0] = 1;  // for other keys
        commit::Batch second{schema, saved, us.batch_context};
        if (GetParam()) us.save(saved);
        commit::SearchedNumbers searched;
        commit::NumberSearch numbers{schema, us.batch_context.node_index, searched};
        do {
            numbers.ask(more);
            second.add(us.load(more), us.batch_context);
        } while (!numbers.is_enough(second));
        if (!GetParam()) us.save(std::move(saved));
        for (const Intent& intent : after)
            outcomes.push_back(std::get<Outcome>(second.take(commit::ClientWrite{intent}).value()));
        if (second.changed()) us.save(second.finish());
    }
};
INSTANTIATE_TEST_SUITE_P(FactsOf, FollowingBatchTest, testing::Bool(), [](const auto& facts) {
    return facts.param ? "AfterTheCommit" : "BeforeTheCommit";
});

TEST_P(FollowingBatchTest, KnowsWhatWasTaken) {
    one_after_the_other({ship("T1")}, {ship("T1"), ship("T2")});
    EXPECT_EQ(refusal(outcomes[0]), "not_unique");
    EXPECT_EQ(refusal(outcomes[1]), "");
}

TEST_P(FollowingBatchTest, KnowsWhatWasGivenUp) {
    const Key first = key_of(us.submit(ship("T1")));
    one_after_the_other({track(first, Value{})}, {ship("T1"), ship("T1")});
    EXPECT_EQ(refusal(outcomes[0]), "");
    EXPECT_EQ(refusal(outcomes[1]), "not_unique");
}

TEST_P(FollowingBatchTest, KnowsWhatIsReferredTo) {
    const Key house = key_of(us.submit(write(WriteKind::create, 0, std::nullopt, {})));
    const Value number = std::get<std::int64_t>(house);
    one_after_the_other({ship("T1", number)}, {write(WriteKind::remove, 0, house, {})});
    EXPECT_EQ(refusal(outcomes[0]), "still_referenced");
}

TEST_P(FollowingBatchTest, KnowsWhatIsGone) {
    const Key house = key_of(us.submit(write(WriteKind::create, 0, std::nullopt, {})));
    const Value number = std::get<std::int64_t>(house);
    one_after_the_other({write(WriteKind::remove, 0, house, {})}, {ship("T1", number)});
    EXPECT_EQ(refusal(outcomes[0]), "unknown_reference");
}

TEST_P(FollowingBatchTest, GoesOnWithNumbersSeqAndSums) {
    const Intent create = write(WriteKind::create, 0, std::nullopt, {});
    one_after_the_other({create, create}, {create});
    EXPECT_EQ(key_of(outcomes[0]), Key{std::int64_t{3033}});
    EXPECT_EQ(us.ledger.seq(), 3U);
    Hash128 running;
    for (const auto& entry : us.log.at("us.1"))
        EXPECT_EQ(entry.hash, running = chain(running, entry.json));
    EXPECT_EQ(us.ledger.digests.at(0).rows, 3U);
}

TEST_F(BatchTest, GeneratedKeysFollowFromTheRequest) {
    auto one = ship("T1");
    one.request.ids = {{RequestKind::attempt, "try-1"}};
    auto two = ship("T2");
    two.request.ids = {{RequestKind::attempt, "try-2"}};
    const Key first = key_of(together({one})[0]);
    EXPECT_NE(key_of(together({two})[0]), first);
    Island eu{schema, "eu.1"};
    EXPECT_EQ(key_of(eu.submit(one)), first) << "the same request makes the same record elsewhere";
    const auto random = together({ship("T3"), ship("T4")});
    EXPECT_NE(key_of(random[0]), key_of(random[1]));
    EXPECT_EQ(std::get<std::string>(key_of(random[0])).at(14), '7');
}

TEST_F(BatchTest, SeqAndRunningHashGoOnWithoutHoles) {
    together({ship("T1"), ship("T1"), ship("T2")});
    together({ship("T3")});
    const auto& log = us.log.at("us.1");
    ASSERT_EQ(log.size(), 3U);
    for (std::size_t i = 0; i < log.size(); ++i)
        EXPECT_EQ(log[i].dot.seq, i + 1);
    EXPECT_EQ(us.ledger.origins.at("us.1").hash, log.back().hash);
    EXPECT_EQ(us.ledger.origins.at("us.1").applied, 3U);
    EXPECT_EQ(us.ledger.digests.at(1).rows, 3U);
}

// One request that makes a record here and another one there, before either can tell the other.
class ExtraRecordTest : public BatchTest {
protected:
    Island eu{schema, "eu.1"};
    const Key kept{std::int64_t{3001}};   // by us
    const Key extra{std::int64_t{3002}};  // by eu, later

    void SetUp() override {
        eu.batch_context.node_index = 1;
        us.submit(create(10, 'a'));
        eu.submit(create(20, 'a'));
    }
    static Intent create(std::int64_t received, char body) {
        auto intent = write(WriteKind::create, 0, std::nullopt, {{1, std::string{"w"}}});
        intent.request.ids = {{RequestKind::attempt, "try-1"}, {RequestKind::id, "r1"}};
        intent.request.attempt = "try-1";
        intent.request.body = hash_of(std::string{body});
        intent.received = Time{received};
        return intent;
    }
    static Intent rename(const Key& key, std::int64_t received) {
        auto intent = write(WriteKind::update, 0, key, {{1, std::string{"x"}}});
        intent.received = Time{received};
        return intent;
    }
    void exchange() {
        for (int turn = 0; turn < 2; ++turn) {
            us.take(eu.run_of("eu.1", us.received("eu.1") + 1, 9)).value();
            eu.take(us.run_of("us.1", eu.received("us.1") + 1, 9)).value();
        }
        EXPECT_EQ(us.text(), eu.text());
    }
};

TEST_F(ExtraRecordTest, IsTakenBackByItsMaker) {
    exchange();
    EXPECT_EQ(us.log.at("us.1").size(), 1U);
    EXPECT_EQ(us.log.at("eu.1").size(), 2U);
    EXPECT_TRUE(us.row(kept)->alive());
    EXPECT_FALSE(us.row(extra)->alive());
    EXPECT_EQ(us.row(extra)->life.superseded_by, std::get<std::int64_t>(kept));
    EXPECT_EQ(eu.ledger.digests.at(0).rows, 1U);
    EXPECT_TRUE(eu.conflicts.empty()) << "nothing was lost";
    const auto again = eu.submit(create(30, 'a'));
    EXPECT_EQ(std::get<Replayed>(again).seen.record.key, kept);
}

TEST_F(ExtraRecordTest, IsTakenBackWithinTheBatchThatMadeIt) {
    auto second = create(40, 'd');
    second.request.ids = {{RequestKind::id, "r2"}};
    second.request.attempt = "try-2";
    us.submit(second);
    us.take(eu.run_of("eu.1", 1, 9)).value();
    eu.take(us.run_of("us.1", 1, 1)).value();
    second.received = Time{50};
    second.request.attempt = "try-3";
    const commit::Work arriving = us.run_of("us.1", 2, 1);
    store::LoadRequest wanted;
    commit::add_to_request(schema, commit::ClientWrite{second}, wanted);
    commit::add_to_request(schema, arriving, wanted);
    commit::Batch batch{schema, eu.load(wanted), eu.batch_context};
    EXPECT_TRUE(batch.lacks(arriving).empty());
    batch.take(commit::ClientWrite{second}).value();
    batch.take(arriving).value();
    eu.save(batch.finish());
    exchange();
    EXPECT_EQ(eu.ledger.digests.at(0).rows, 2U);
}

TEST_F(ExtraRecordTest, SaysWhichOneStays) {
    exchange();
    const auto refused = std::get<Refused>(us.submit(rename(extra, 40)));
    EXPECT_EQ(refused.refusal, Refusal::not_found);
    EXPECT_EQ(refused.superseded_by, std::get<std::int64_t>(kept));
}

TEST_F(ExtraRecordTest, IsListedWhenPeopleHaveWrittenToIt) {
    eu.submit(rename(extra, 30));
    exchange();
    ASSERT_EQ(eu.conflicts.size(), 1U);
    EXPECT_EQ(eu.conflicts[0].kind, "twin");
    EXPECT_EQ(eu.conflicts[0].record.key, extra);
    EXPECT_FALSE(us.row(extra)->alive());
}

TEST_F(ExtraRecordTest, IsFoundInASnapshotToo) {
    commit::Rows snapshot;
    for (const auto& [ref, stored] : us.rows)
        snapshot.rows.push_back(stored.row);
    for (const auto& [id, seen] : us.requests)
        snapshot.requests.emplace_back(id, seen);
    eu.take(snapshot).value();
    EXPECT_FALSE(eu.row(extra)->alive());
}

TEST_F(ExtraRecordTest, AnotherRequestWithTheSameIdKeepsItsRecord) {
    auto other = create(30, 'b');
    other.request.ids = {{RequestKind::id, "r2"}};
    us.submit(other);
    other.request.body = hash_of("c");
    eu.submit(other);
    exchange();
    EXPECT_EQ(eu.ledger.digests.at(0).rows, 3U);
}

TEST_F(ExtraRecordTest, ThatIsGoneAlreadyIsLeftAlone) {
    auto remove = write(WriteKind::remove, 0, extra, {});
    remove.received = Time{30};
    eu.submit(remove);
    exchange();
    EXPECT_EQ(us.log.at("eu.1").size(), 2U);
    EXPECT_FALSE(us.row(extra)->life.superseded_by);
}

TEST_F(ExtraRecordTest, ThreeNodesKeepTheFirst) {
    Island ap{schema, "ap.1"};
    ap.batch_context.node_index = 2;
    ap.submit(create(5, 'a'));
    exchange();  // eu's is taken back for us's, then us's for ap's
    for (Island* island : {&us, &eu}) {
        island->take(ap.run_of("ap.1", 1, 9)).value();
    }
    exchange();
    EXPECT_EQ(us.ledger.digests.at(0).rows, 1U);
    EXPECT_TRUE(us.row(Key{std::int64_t{3003}})->alive());
    EXPECT_EQ(us.row(kept)->life.superseded_by, 3003);
}

class PeerTest : public testing::Test {
protected:
    const Schema schema = things();
    Island us{schema, "us.1"};
    Island eu{schema, "eu.1"};

    void write_three() {
        Intent intent;
        intent.key = Key{std::string{"k"}};
        intent.received = Time{10};
        for (int i = 0; i < 3; ++i) {
            intent.kind = i == 0 ? WriteKind::create : WriteKind::update;
            intent.fields = {{1, "n" + std::to_string(i)}};
            eu.submit(intent);
        }
    }
};

// ---- a table that was there before
// ---------------------------------------------------------------

class AdoptionTest : public PeerTest {
protected:
    const RecordRef ref{0, Key{std::string{"k"}}};

    Row copy(const std::string& name, std::uint64_t version, std::int64_t time = 0) const {
        std::vector<Value> values(schema[0].fields.size());
        values[1] = name;
        values[7] = std::int64_t{0};
        values[9] = time;
        return base_row(schema[0], ref.key, std::move(values), version);
    }
    // As the store reads what another program has inserted.
    void insert(Island& island, const Row& row) const { island.rows[ref] = {row, Hash128{}}; }
    std::uint64_t adopt(Island& island) const {
        const auto done = island.take(commit::ExternalSqlWrites{{ref}});
        return std::get<commit::Applied>(done.value()).changed;
    }
    void level(Island& a, Island& b) const {
        a.take(commit::Rows{{b.rows.at(ref).row}, {}, {}}).value();
        b.take(commit::Rows{{a.rows.at(ref).row}, {}, {}}).value();
        EXPECT_EQ(a.text(), b.text());
        EXPECT_EQ(a.ledger.digests, b.ledger.digests);
    }
};

TEST_F(AdoptionTest, ARowIsCountedOnceAndIsInNoLog) {
    insert(us, copy("n", 4));
    EXPECT_EQ(adopt(us), 1U);
    EXPECT_EQ(us.ledger.digests.at(0).rows, 1U);
    const auto digests = us.ledger.digests;
    EXPECT_EQ(adopt(us), 0U);
    EXPECT_EQ(us.ledger.digests, digests);
    EXPECT_EQ(us.rows.at(ref).row, copy("n", 4));
    EXPECT_TRUE(us.log.empty());
}

TEST_F(AdoptionTest, OfTwoCopiesOnlyWhatDiffersAtOneVersionIsListed) {
    struct Case {
        Row here, there;
        std::string name;
        std::size_t listed;
    };
    for (const Case& one :
         {Case{copy("a", 4), copy("a", 4), "a", 0}, Case{copy("a", 4), copy("b", 3), "a", 0},
          Case{copy("a", 4, 1), copy("a", 4, 2), "a", 0},
          Case{copy("a", 4), copy("b", 4), "b", 1}}) {
        Island a{schema, "us.1"};
        Island b{schema, "eu.1"};
        insert(a, one.here);
        insert(b, one.there);
        adopt(a);
        adopt(b);
        level(a, b);
        EXPECT_EQ(std::get<std::string>(b.row(ref.key)->cells[1].value), one.name);
        EXPECT_EQ(version_of(*b.row(ref.key)), 4U);
        ASSERT_EQ(a.conflicts.size() + b.conflicts.size(), one.listed);
        EXPECT_TRUE(one.listed == 0 || a.conflicts.front().kind == "copies");
        level(a, b);
        EXPECT_EQ(a.conflicts.size() + b.conflicts.size(), one.listed);
    }
}

TEST_F(PeerTest, RunIsTakenOnceAndDuplicatesChangeNothing) {
    write_three();
    const auto run = eu.run_of("eu.1", 1, 9);
    EXPECT_EQ(std::get<commit::Applied>(us.take(run).value()).received, 3U);
    EXPECT_EQ(us.text(), eu.text());
    const auto hash = us.ledger.origins.at("eu.1").hash;
    EXPECT_EQ(std::get<commit::Applied>(us.take(run).value()).received, 3U);
    EXPECT_EQ(us.log.at("eu.1").size(), 3U);
    EXPECT_EQ(us.ledger.origins.at("eu.1").hash, hash);
    EXPECT_EQ(us.log.at("eu.1")[1].json, eu.log.at("eu.1")[1].json) << "passed on unaltered";
}

// A forwarded write's answer brings the row before the log brings the requests that made it.
TEST_F(PeerTest, ARetryIsNotRefusedForItsOwnSuccessThatOnlyTheRowTells) {
    Intent intent;
    intent.key = Key{std::string{"k"}};
    intent.received = Time{10};
    intent.kind = WriteKind::create;
    intent.fields = {{1, std::string{"n"}}};
    eu.submit(intent);
    us.take(eu.run_of("eu.1", 1, 1)).value();
    intent.kind = WriteKind::update;
    intent.precondition.version = 1;
    intent.request.ids = {{RequestKind::id, "r1"}};
    intent.request.attempt = "a1";
    eu.submit(intent);
    us.take(commit::Rows{{*eu.row(*intent.key)}, {}, {}}).value();
    const auto early = std::get<Refused>(us.submit(intent));
    EXPECT_EQ(name_of(early.refusal), "replica_behind");
    EXPECT_TRUE(early.doubtful);
    us.take(eu.run_of("eu.1", 2, 1)).value();
    EXPECT_TRUE(std::holds_alternative<Replayed>(us.submit(intent)));
    intent.request = {};
    const auto stale = std::get<Refused>(us.submit(intent));
    EXPECT_EQ(name_of(stale.refusal), "version_conflict");
}

TEST_F(PeerTest, RunWithAHoleIsRefusedWhole) {
    write_three();
    auto run = eu.run_of("eu.1", 1, 9);
    run.entries.erase(run.entries.begin() + 1);
    const auto done = us.take(run);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::invalid);
    EXPECT_EQ(us.received("eu.1"), 0U);
    EXPECT_TRUE(us.rows.empty());
}

TEST_F(PeerTest, NobodyElseWritesUnderOnesOwnName) {
    Island impostor{schema, "us.1"};
    Intent intent;
    intent.kind = WriteKind::create;
    intent.key = Key{std::string{"k"}};
    intent.fields = {{1, std::string{"forged"}}};
    impostor.submit(intent);
    const auto done = us.take(impostor.run_of("us.1", 1, 1));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::invalid);
    EXPECT_EQ(us.ledger.seq(), 0U);
    us.submit(intent);
    EXPECT_TRUE(us.take(impostor.run_of("us.1", 1, 1))) << "a duplicate by its seq";
}

TEST_F(PeerTest, VectorThatCouldNotBeReadAgainIsRefused) {
    write_three();
    us.take(eu.run_of("eu.1", 1, 9)).value();
    Row row = *us.row(Key{std::string{"k"}});
    while (row.vector.entries().size() < vector_entries_max - 1)
        row.vector.put({"x" + std::to_string(row.vector.entries().size()), 1, 1});
    ASSERT_TRUE(us.take(commit::Rows{{row}, {}, {}}));
    Row more = *eu.row(row.key);
    for (int i = 0; i < 4; ++i)
        more.vector.put({"y" + std::to_string(i), 1, 1});
    EXPECT_FALSE(us.take(commit::Rows{{more}, {}, {}}));
    EXPECT_TRUE(parse_vector(to_text(us.row(row.key)->vector)));
}

}  // namespace
}  // namespace reef::test
