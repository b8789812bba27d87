// Thousands of random histories of two to four nodes, cut off from each other and exchanging rows
// and changes late, twice, in any order, with clocks that lie. In the end all must hold the same,
// and what an oracle says that knows writes and causes but no vectors, stamps of rows or joins.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "islands.hpp"
#include "model/effects.hpp"
#include "model/join.hpp"
#include "model/record_json.hpp"
#include "model/row_hash.hpp"

namespace reef::test {
namespace {

using namespace model;

constexpr FieldId name_field = 1, note_field = 2, stock_field = 3, sold_field = 4, high_field = 5,
                  low_field = 6, stage_field = 7;

using WriteNumber = std::size_t;

// A life as the oracle names it: how deep, and the write that began it.
struct OracleLife {
    std::uint64_t depth = 0;
    Stamp begun;
    auto operator<=>(const OracleLife&) const = default;
};

struct Write {
    Stamp stamp;
    WriteKind kind = WriteKind::create;
    Key key;
    std::size_t request = 0;  // number of the intent: two writes of one are twins
    std::set<WriteNumber> causes;
    OracleLife life;                        // after the write
    std::map<FieldId, Value> set;           // content fields
    std::map<FieldId, std::int64_t> added;  // counters
};

class History {
public:
    History(std::uint64_t seed, bool shown)
        : random_(seed), schema_(things(shown)), resource_(schema_[0]) {
        const std::size_t count = 2 + below(3);
        for (std::size_t i = 0; i < count; ++i) {
            nodes_.push_back(std::make_unique<Island>(
                schema_, std::string(1, static_cast<char>('a' + i)) + ".x" + std::to_string(i)));
            skews_us_.push_back(chance(3) ? std::int64_t(below(20'000)) - 10'000 : 0);
            holds_.emplace_back();
        }
        if (chance(3)) begin_with_base();
    }

    void live(std::size_t steps) {
        for (std::size_t i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
            now_us_ += std::int64_t(below(3));
            const std::size_t node = below(nodes_.size());
            switch (below(8)) {
                case 0:
                case 1:
                case 2:
                    write(node, fresh_intent(node));
                    break;
                case 3:
                    if (!asked_.empty()) repeat(node);
                    break;
                case 4:
                    pass_row(node);
                    break;
                case 5:
                    offer_gap(node);
                    break;
                default:
                    pass_changes(node);
            }
        }
    }

    // Everything reaches everybody, in a random order.
    void level() {
        for (bool behind = true; behind;) {
            behind = false;
            std::vector<std::pair<std::size_t, std::size_t>> pairs;
            for (std::size_t to = 0; to < nodes_.size(); ++to) {
                for (std::size_t of = 0; of < nodes_.size(); ++of)
                    if (to != of) pairs.emplace_back(to, of);
            }
            std::shuffle(pairs.begin(), pairs.end(), random_);
            for (const auto& [to, of] : pairs)
                behind = send(of, to, of, 1 + below(3)) || behind;
        }
    }

    void check_equal() {
        for (const auto& node : nodes_) {
            ASSERT_EQ(node->text(), nodes_[0]->text());
            ASSERT_EQ(node->ledger.digests, nodes_[0]->ledger.digests);
            for (const auto& other : nodes_) {
                const std::string& origin = other->ledger.self;
                ASSERT_EQ(node->received(origin), other->received(origin));
                ASSERT_EQ(node->ledger.origins[origin].hash, other->ledger.origins[origin].hash);
            }
            for (const auto& [ref, stored] : node->rows) {
                ASSERT_TRUE(is_hash_of(stored.hash, resource_, stored.row));
            }
        }
    }

    void check_oracle() {
        std::map<Key, std::vector<WriteNumber>> by_key;
        for (WriteNumber i = 0; i < writes_.size(); ++i)
            by_key[writes_[i].key].push_back(i);
        for (const auto& [key, numbers] : by_key) {
            SCOPED_TRACE("record " + to_text(key));
            check_record(key, numbers);
        }
    }

    // Any three states that any node ever had of one record.
    void check_join() {
        for (const auto& [ref, states] : states_) {
            for (int i = 0; i < 4; ++i) {
                const Row& a = states[below(states.size())];
                const Row& b = states[below(states.size())];
                const Row& c = states[below(states.size())];
                const auto joined = [&](const Row& x, const Row& y) {
                    return join(resource_, x, y).row;
                };
                ASSERT_EQ(joined(a, a), a);
                ASSERT_EQ(joined(a, b), joined(b, a));
                ASSERT_EQ(joined(joined(a, b), c), joined(a, joined(b, c)));
                ASSERT_EQ(joined(joined(a, b), b), joined(a, b));
                ASSERT_EQ(join(resource_, a, b).changed, joined(a, b) != a);
            }
        }
    }

    std::size_t twins() const {
        std::size_t count = 0;
        for (const auto& [ref, stored] : nodes_[0]->rows)
            count += stored.row.twins.size();
        return count;
    }
    std::size_t writes() const { return writes_.size(); }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }

    void begin_with_base() {
        std::vector<Value> values(resource_.fields.size());
        values[name_field] = std::string{"seed"};
        values[stock_field] = std::int64_t{100};
        values[sold_field] = std::int64_t{0};
        values[stage_field] = std::int64_t{0};
        if (resource_.version) values.back() = std::int64_t{0};
        Write write;
        write.stamp = base_stamp();
        write.key = Key{std::string{"k0"}};
        write.request = next_request_++;
        write.life = {1, base_stamp()};
        write.set = {{name_field, values[name_field]}, {stage_field, values[stage_field]}};
        write.added = {{stock_field, 100}};
        writes_.push_back(write);
        for (std::size_t node = 0; node < nodes_.size(); ++node) {
            ASSERT_TRUE(
                nodes_[node]->take(commit::Rows{{base_row(resource_, write.key, values)}, {}, {}}));
            holds_[node].insert(0);
        }
        remember_state(0, {0, write.key});
    }

    // ---- the oracle --------------------------------------------------------------------------
    OracleLife life_at(std::size_t node, const Key& key) const {
        OracleLife life;
        for (const WriteNumber number : holds_[node]) {
            if (writes_[number].key == key) life = std::max(life, writes_[number].life);
        }
        return life;
    }

    void note_write(std::size_t node, const Intent& intent, std::size_t request) {
        const Island& island = *nodes_[node];
        const auto change =
            parse_change(schema_, island.log.at(island.ledger.self).back().json).value();
        Write write;
        write.stamp = change.stamp;
        write.kind = change.kind;
        write.key = *intent.key;
        write.request = request;
        for (const WriteNumber number : holds_[node]) {
            if (writes_[number].key == write.key) write.causes.insert(number);
        }
        write.life = life_at(node, write.key);
        if (change.kind != WriteKind::update) write.life = {write.life.depth + 1, change.stamp};
        for (const auto& [id, value] : intent.fields) {
            if (resource_.fields[id].merge != Merge::counter) write.set[id] = value;
        }
        if (change.kind == WriteKind::create) {
            if (!write.set.contains(stage_field)) write.set[stage_field] = std::int64_t{0};
        }
        for (const auto& [id, delta] : change.added)
            write.added[id] += delta;
        writes_.push_back(std::move(write));
        holds_[node].insert(writes_.size() - 1);
        remember_state(node, {0, *intent.key});
    }

    void check_record(const Key& key, const std::vector<WriteNumber>& numbers) {
        const Row& row = *nodes_[0]->row(key);
        std::set<std::size_t> requests;
        OracleLife life;
        for (const WriteNumber number : numbers) {
            requests.insert(writes_[number].request);
            life = std::max(life, writes_[number].life);
        }
        ASSERT_EQ(distinct_writes(row), requests.size());
        ASSERT_GE(version_of(row), numbers.size());
        ASSERT_LE(version_of(row), numbers.size() + (numbers.size() - requests.size()));
        ASSERT_EQ(row.life.n, life.depth);
        ASSERT_EQ(row.life.stamp, life.begun);
        std::vector<WriteNumber> inside;  // of the life that lasts, in the order of stamps
        for (const WriteNumber number : numbers) {
            if (writes_[number].life == life && row.alive()) inside.push_back(number);
        }
        std::sort(inside.begin(), inside.end(), [this](WriteNumber a, WriteNumber b) {
            return writes_[a].stamp < writes_[b].stamp;
        });
        if (row.alive()) check_fields(row, inside);
    }

    void check_fields(const Row& row, const std::vector<WriteNumber>& inside) {
        std::map<FieldId, Value> latest;
        std::map<FieldId, WriteNumber> setters;
        std::map<FieldId, std::int64_t> sums;
        std::set<std::size_t> requests;
        for (const WriteNumber number : inside) {
            const Write& write = writes_[number];
            for (const auto& [id, value] : write.set) {
                fold(latest, id, value);
                const auto [setter, fresh] = setters.try_emplace(id, number);
                ASSERT_FALSE(writes_[setter->second].causes.contains(number))
                    << "a later stamp than what it caused";
                setter->second = number;
            }
            if (!requests.insert(write.request).second) continue;  // a twin adds nothing
            for (const auto& [id, delta] : write.added)
                sums[id] += delta;
        }
        for (const FieldId id : {name_field, note_field, high_field, low_field, stage_field}) {
            ASSERT_EQ(row.cells[id].value, latest[id]) << resource_.fields[id].name;
        }
        for (const FieldId id : {stock_field, sold_field}) {
            ASSERT_EQ(counter_sum(row, id), sums[id]) << resource_.fields[id].name;
        }
        ASSERT_GE(std::get<std::int64_t>(value_of(resource_, row, sold_field)), 0);
    }

    static void fold(std::map<FieldId, Value>& values, FieldId id, const Value& value) {
        Value& held = values[id];
        const bool ordered = id == high_field || id == low_field || id == stage_field;
        if (!ordered) {
            held = value;
        } else if (!is_null(value) &&
                   (is_null(held) || (id == low_field ? value < held : value > held))) {
            held = value;
        }
    }

    // ---- writing -----------------------------------------------------------------------------
    Intent fresh_intent(std::size_t node) {
        Intent intent;
        intent.key = Key{"k" + std::to_string(below(2))};
        const bool alive = life_at(node, *intent.key).depth % 2 == 1;
        intent.kind = !alive      ? WriteKind::create
                      : chance(6) ? WriteKind::remove
                                  : WriteKind::update;
        if (intent.kind != WriteKind::remove) choose_fields(intent);
        const std::size_t number = next_request_++;
        if (!chance(4)) {
            intent.request.ids.push_back({RequestKind::id, "r" + std::to_string(number)});
            if (chance(2)) {
                intent.request.ids.push_back({RequestKind::key, "q" + std::to_string(number)});
            }
        }
        intent.request.body = hash_of(std::to_string(number));
        asked_.push_back({intent, number});
        misuse(asked_.back().first);
        return asked_.back().first;
    }

    // Now and then a client uses one id for another request.
    void misuse(Intent& intent) {
        if (intent.request.ids.empty() || asked_.size() < 2 || !chance(8)) return;
        const auto& other = asked_[below(asked_.size() - 1)].first.request.ids;
        if (!other.empty()) intent.request.ids.front() = other.front();
    }

    void choose_fields(Intent& intent) {
        const auto put = [&intent](FieldId id, Value value) {
            intent.fields.emplace_back(id, std::move(value));
        };
        if (chance(2) || intent.kind == WriteKind::create) {
            put(name_field, "n" + std::to_string(below(100)));
        }
        if (chance(3)) put(note_field, chance(3) ? Value{} : Value{"o" + std::to_string(below(9))});
        if (chance(2)) put(stock_field, std::int64_t(below(50)));
        if (chance(4)) put(sold_field, std::int64_t(below(5)));
        if (chance(3)) put(high_field, std::int64_t(below(100)));
        if (chance(3)) put(low_field, std::int64_t(below(100)));
        if (chance(3)) put(stage_field, std::int64_t(below(4)));
    }

    void write(std::size_t node, Intent intent) { execute(node, intent, asked_.size() - 1); }

    // The client, or the gateway, tries a request again somewhere.
    void repeat(std::size_t node) {
        const std::size_t which = chance(2) ? asked_.size() - 1 : below(asked_.size());
        if (asked_[which].first.request.ids.empty()) return;  // a new request then
        execute(node, asked_[which].first, which);
    }

    void execute(std::size_t node, Intent intent, std::size_t which) {
        intent.received = Time{now_us_ + skews_us_[node]};
        const bool known =
            std::any_of(intent.request.ids.begin(), intent.request.ids.end(),
                        [&](const RequestId& id) { return nodes_[node]->requests.contains(id); });
        const Outcome outcome = nodes_[node]->submit(intent);
        const bool accepted = std::holds_alternative<Accepted>(outcome);
        ASSERT_FALSE(known && accepted) << "a request took effect twice at one node";
        if (accepted) note_write(node, intent, asked_[which].second);
        if (!accepted || intent.kind == WriteKind::remove) return;
        const Row& row = std::get<Accepted>(outcome).row;
        for (const auto& [id, value] : intent.fields) {
            if (resource_.fields[id].merge == Merge::counter) {
                ASSERT_EQ(Value{counter_sum(row, id)}, value) << "its client sees what it set";
            } else {
                ASSERT_EQ(row.cells[id].value, value) << "its client sees what it set";
            }
        }
    }

    // ---- exchanging --------------------------------------------------------------------------
    bool send(std::size_t from, std::size_t to, std::size_t of, std::size_t count) {
        const std::string& origin = nodes_[of]->ledger.self;
        const std::uint64_t before = nodes_[to]->received(origin);
        const auto run = nodes_[from]->run_of(origin, before + 1, count);
        if (run.entries.empty()) return false;
        deliver(to, run);
        return true;
    }

    void deliver(std::size_t to, const commit::ChangeRun& run) {
        const Stamp& last = run.entries.back().change.stamp;
        const auto done = nodes_[to]->take(run);
        ASSERT_TRUE(done) << done.error().what;
        ASSERT_GE(std::get<commit::Applied>(*done).received, last.dot.seq);
        for (const auto& entry : run.entries) {
            for (WriteNumber i = 0; i < writes_.size(); ++i) {
                if (writes_[i].stamp != entry.change.stamp) continue;
                holds_[to].insert(i);
                holds_[to].insert(writes_[i].causes.begin(), writes_[i].causes.end());
            }
            remember_state(to, entry.change.row.ref());
        }
    }

    // From any node that has it, some of it again: duplicates change nothing.
    void pass_changes(std::size_t to) {
        const std::size_t from = below(nodes_.size());
        const std::size_t of = below(nodes_.size());
        if (from == to || of == to) return;
        const std::string& origin = nodes_[of]->ledger.self;
        const std::uint64_t next = nodes_[to]->received(origin) + 1;
        const std::uint64_t first = next - std::min<std::uint64_t>(next - 1, below(3));
        const auto run = nodes_[from]->run_of(origin, first, 1 + below(4));
        if (run.entries.empty()) return;
        const bool all_known = run.entries.back().change.stamp.dot.seq < next;
        const std::string before = nodes_[to]->text();
        deliver_known(to, run, all_known);
        if (all_known) {
            ASSERT_EQ(nodes_[to]->text(), before);
        }
    }

    void deliver_known(std::size_t to, const commit::ChangeRun& run, bool all_known) {
        const auto digests = nodes_[to]->ledger.digests;
        deliver(to, run);
        if (all_known) {
            ASSERT_EQ(nodes_[to]->ledger.digests, digests);
        }
    }

    void offer_gap(std::size_t to) {
        const std::size_t of = below(nodes_.size());
        if (of == to) return;
        const std::string& origin = nodes_[of]->ledger.self;
        const std::uint64_t received = nodes_[to]->received(origin);
        const auto run = nodes_[of]->run_of(origin, received + 2, 2);
        if (run.entries.empty()) return;
        const std::string before = nodes_[to]->text();
        const auto done = nodes_[to]->take(run);
        ASSERT_FALSE(done);
        ASSERT_EQ(done.error().code, Errc::invalid);
        ASSERT_EQ(nodes_[to]->text(), before);
        ASSERT_EQ(nodes_[to]->received(origin), received);
    }

    // A row of another node, now or as it was once: with the request ids of its writes, or without
    // them, as a node gets one that it asks a peer for.
    void pass_row(std::size_t to) {
        if (offered_.empty() || chance(2)) {
            const std::size_t from = below(nodes_.size());
            if (nodes_[from]->rows.empty()) return;
            auto at = nodes_[from]->rows.begin();
            std::advance(at, below(nodes_[from]->rows.size()));
            Offer offer{{{at->second.row}, {}, {}}, {}};
            const bool alone = chance(4);
            for (const auto& [id, seen] : nodes_[from]->requests) {
                if (alone) break;
                if (seen.record == at->first || chance(2))
                    offer.rows.requests.emplace_back(id, seen);
            }
            for (const WriteNumber number : holds_[from]) {
                if (writes_[number].key == at->first.key) offer.holds.insert(number);
            }
            offered_.push_back(std::move(offer));
        }
        const Offer& offer = offered_[below(offered_.size())];
        ASSERT_TRUE(nodes_[to]->take(offer.rows));
        holds_[to].insert(offer.holds.begin(), offer.holds.end());
        remember_state(to, offer.rows.rows.front().ref());
    }

    // A number that a node has shown for a record never comes back for another state of it.
    void remember_state(std::size_t node, const RecordRef& ref) {
        const Row& row = nodes_[node]->rows.at(ref).row;
        states_[ref].push_back(row);
        std::string text = row.alive() ? "" : "gone: ";
        append_record(text, resource_, row, {});
        const auto shown = shown_.try_emplace({node, ref, version_of(row)}, text).first;
        ASSERT_EQ(shown->second, text) << "both as version " << version_of(row) << " at " << node;
    }

    struct Offer {
        commit::Rows rows;
        std::set<WriteNumber> holds;
    };

    std::mt19937_64 random_;
    const Schema schema_;
    const Resource& resource_;
    std::vector<std::unique_ptr<Island>> nodes_;
    std::vector<std::int64_t> skews_us_;
    std::vector<std::set<WriteNumber>> holds_;  // by node: the writes inside its rows
    std::vector<Write> writes_;
    std::vector<std::pair<Intent, std::size_t>> asked_;
    std::size_t next_request_ = 0;
    std::vector<Offer> offered_;
    std::map<RecordRef, std::vector<Row>> states_;
    std::map<std::tuple<std::size_t, RecordRef, std::uint64_t>, std::string> shown_;
    std::int64_t now_us_ = 1'000'000'000;
};

TEST(History, EveryOrderOfExchangeEndsInTheSameRows) {
    const std::uint64_t seed = seed_of_this_run(1);
    const bool one = std::getenv("REEF_SEED") != nullptr;
#ifdef __OPTIMIZE__
    const std::uint64_t histories = one ? 1 : 3000;
#else
    const std::uint64_t histories = one ? 1 : 400;
#endif
    std::size_t twins = 0;
    std::size_t writes = 0;
    for (std::uint64_t i = 0; i < histories; ++i) {
        SCOPED_TRACE("REEF_SEED=" + std::to_string(seed + i));
        History history{seed + i, (seed + i) % 3 != 0};
        history.live(12 + (seed + i) % 30);
        if (HasFatalFailure()) return;
        history.level();
        if (HasFatalFailure()) return;
        history.check_equal();
        if (HasFatalFailure()) return;
        history.check_oracle();
        if (HasFatalFailure()) return;
        history.check_join();
        if (HasFatalFailure()) return;
        twins += history.twins();
        writes += history.writes();
    }
    // The histories are what they are meant to be: full of writes and of twins.
    if (!one) {
        EXPECT_GT(writes, histories * 5);
        EXPECT_GT(twins, histories / 10);
    }
}

}  // namespace
}  // namespace reef::test
