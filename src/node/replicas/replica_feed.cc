#include "node/replicas/replica_feed.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "model/value_text.hpp"

namespace reef::node {

using namespace model;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

namespace {

const std::string primary_cursor = "replica_of";
const std::string fill_cursor = "fill";
constexpr store::ScanLimits log_piece{512, 1 << 20};
constexpr store::ScanLimits rows_piece{1000, 1 << 20};
constexpr store::ScanLimits copies_piece{4000, 4 << 20};
// A change that is carried from region to region is in the rows a moment before it is in the log.
constexpr std::chrono::nanoseconds difference_lasts = 2s;

std::size_t bucket_of(const Key& key) {
    return hash_of(to_text(key)).low % store::digest_buckets;
}

std::uint64_t rows_in(const store::Ledger& ledger) {
    std::uint64_t rows = 0;
    for (const auto& [resource, digest] : ledger.digests)
        rows += digest.rows;
    return rows;
}

bool is_empty(const store::Ledger& ledger) {
    const bool no_rows =
        std::all_of(ledger.digests.begin(), ledger.digests.end(),
                    [](const auto& digest) { return digest.second == store::Digest{}; });
    return no_rows && std::all_of(ledger.origins.begin(), ledger.origins.end(),
                                  [](const auto& origin) { return origin.second.received == 0; });
}

// Each origin's entries follow its position, and none is missing.
bool has_hole(Position position, const std::vector<store::LogEntry>& entries) {
    return std::any_of(entries.begin(), entries.end(), [&position](const auto& entry) {
        return entry.dot.seq != ++position[entry.dot.origin];
    });
}

commit::Rows readable(std::vector<store::StoredRow> stored) {
    commit::Rows rows;
    rows.parks = true;
    for (store::StoredRow& row : stored) {
        if (row.readable()) rows.rows.push_back(std::move(row.row));
    }
    return rows;
}

}  // namespace

Position ReplicaFeed::position() const {
    const auto ledger = parts_.progress.ledger();
    Position position = ledger->received();
    position.erase(ledger->self);
    return position;
}

Task<bool> ReplicaFeed::catch_up() {
    const auto begun = parts_.clock.steady();
    const std::uint64_t seen = parts_.primary.generation();
    const auto goal = parts_.primary.ledger();
    const auto fills = needs_filling();
    if (!fills) co_return fills.error();
    auto good = co_await check_not_ahead(goal);
    if (!good) co_return good.error();
    Result<Step> step = Step::gap;
    if (!*fills) step = co_await follow_log(goal);
    if (step && *step == Step::gap) step = co_await fill(goal);
    if (step && *step == Step::done) step = co_await try_refused();
    if (step && *step == Step::done) {
        const auto buckets = lasting_differences(*goal);
        if (!buckets.empty()) step = co_await look_into(buckets);
    }
    if (!step) co_return step.error();
    if (*step != Step::done) co_return false;
    const bool level = parts_.primary.generation() == seen;
    parts_.state.reached(begun, level);
    if (parts_.primary.generation() != seen) parts_.state.primary_committed();
    co_return true;
}

Result<bool> ReplicaFeed::needs_filling() const {
    const auto here = parts_.progress.ledger();
    const auto known = here->cursors.find(primary_cursor);
    if (known == here->cursors.end()) {
        if (is_empty(*here)) return true;
        return Error{Errc::invalid, "its store has rows that are not those of a replica"};
    }
    if (known->second != parts_.of) {
        return Error{Errc::invalid,
                     "its store is a replica of " + known->second + ", not of " + parts_.of};
    }
    return here->cursors.contains(fill_cursor);
}

// What is in the primary's log may be told a moment later: where it counts, the store is asked.
Task<void> ReplicaFeed::check_not_ahead(std::shared_ptr<const store::Ledger> goal) {
    const Position here = position();
    if (has_all(*goal, here)) co_return Result<void>{};
    auto stored = co_await parts_.reader.ledger();
    if (!stored || has_all(*stored, here)) co_return Result<void>{};
    for (const auto& [origin, seq] : here) {
        if (has_all(*stored, {{origin, seq}})) continue;
        co_return Error{Errc::invalid, "it has writes that its primary lacks, up to " + origin +
                                           ':' + std::to_string(seq)};
    }
    co_return Result<void>{};
}

Task<ReplicaFeed::Step> ReplicaFeed::follow_log(std::shared_ptr<const store::Ledger> goal) {
    const Position wanted = goal->received();
    for (;;) {
        Position here = position();
        if (has_all(*parts_.progress.ledger(), wanted)) co_return Step::done;
        auto entries = co_await parts_.reader.changes_after(here, log_piece);
        if (!entries) co_return Step::away;
        if (entries->empty() || has_hole(std::move(here), *entries)) co_return Step::gap;
        commit::ChangeRun run;
        run.entries.reserve(entries->size());
        for (store::LogEntry& entry : *entries)
            run.entries.push_back(
                commit::ChangeRun::entry_of(parts_.schema, std::move(entry.json)));
        fault_point("replica.apply");
        auto applied = co_await parts_.committer.apply(std::move(run));
        if (!applied) co_return applied.error();
    }
}

// The position comes first. What is written after it comes with the log too, and joining it twice
// changes nothing.
Task<ReplicaFeed::Step> ReplicaFeed::fill(std::shared_ptr<const store::Ledger> goal) {
    parts_.state.begin(Phase::filling);
    const auto here = parts_.progress.ledger();
    const auto begun = here->cursors.find(fill_cursor);
    peers::SnapshotPlace place;
    auto unfinished = begun == here->cursors.end() ? Result<peers::SnapshotPlace>{Error{}}
                                                   : peers::parse_place(begun->second);
    if (unfinished && unfinished->head.self == goal->self) {
        place = std::move(*unfinished);
    } else {
        place.head.node = parts_.of;
        place.head.self = goal->self;
        place.head.marks = goal->origins;
        place.resource = parts_.schema.resources.front().name;
    }
    if (!place.resource.empty() && !parts_.schema.find(place.resource))
        co_return Error{Errc::invalid, "it was filled with " + place.resource};
    log::info("Fills a replica", {{"replica", parts_.state.name()}, {"rows", rows_in(*goal)}});
    std::uint64_t taken = rows_in(*here);
    // While a piece is saved the next one is read.
    auto piece = co_await read_piece(place);
    while (!place.resource.empty()) {
        if (!piece) co_return Step::away;
        parts_.state.filled(taken, rows_in(*goal));
        fault_point("replica.fill");
        commit::Rows rows = rows_of(std::move(*piece), place);
        taken += rows.rows_count();
        auto saving = parts_.committer.load(std::move(rows));
        auto reading = read_piece(place);
        auto both = std::move(saving) && std::move(reading);
        auto [saved, next] = co_await std::move(both);
        if (!saved) co_return saved.error();
        piece = std::move(next);
    }
    commit::Rows end;
    end.cursors = {{primary_cursor, parts_.of}, {fill_cursor, ""}};
    end.raised.insert(place.head.marks.begin(), place.head.marks.end());
    auto ended = co_await parts_.committer.load(std::move(end));
    if (!ended) co_return ended.error();
    parts_.state.fill_ended();
    // Rows may be newer than the position: there are no reads until it has come as far.
    const auto now = parts_.primary.ledger();
    co_return co_await follow_log(now);
}

Task<store::RowPiece> ReplicaFeed::read_piece(peers::SnapshotPlace place) {
    const Resource* resource = parts_.schema.find(place.resource);
    if (!resource) co_return store::RowPiece{};  // that was all
    std::optional<Key> after;
    if (place.after) after = key_from_text(resource->key_field(), *place.after);
    co_return co_await parts_.reader.scan_copies(resource->id, std::move(after), copies_piece);
}

// A piece that was read at this place. The place moves on: after the last one of a resource it is
// at the next resource.
commit::Rows ReplicaFeed::rows_of(store::RowPiece piece, peers::SnapshotPlace& place) const {
    commit::Rows rows = readable(std::move(piece.others));
    rows.copies = std::move(piece.copies);
    if (piece.last) {
        place.after = to_text(*piece.last);
    } else {
        const std::size_t next = parts_.schema.find(place.resource)->id + 1U;
        const auto& resources = parts_.schema.resources;
        place.resource = next < resources.size() ? resources[next].name : "";
        place.after.reset();
    }
    rows.cursors[primary_cursor] = parts_.of;
    rows.cursors[fill_cursor] = peers::place_json(place);
    return rows;
}

// Those that have differed by the same for a while. Each is looked into once. As long as a row is
// refused, that is why.
std::vector<ReplicaFeed::Bucket> ReplicaFeed::lasting_differences(const store::Ledger& goal) {
    std::vector<Bucket> lasting;
    if (parts_.state.has_refused()) return lasting;
    const auto here = parts_.progress.ledger();
    Position wanted = goal.received();
    std::erase_if(wanted, [](const auto& origin) { return origin.second == 0; });
    Position known = position();
    std::erase_if(known, [](const auto& origin) { return origin.second == 0; });
    if (known != wanted) return lasting;
    const auto now = parts_.clock.steady();
    static const store::Digest none;
    const auto digest_in = [](const store::Ledger& ledger, ResourceId id) -> const store::Digest& {
        const auto found = ledger.digests.find(id);
        return found == ledger.digests.end() ? none : found->second;
    };
    for (const Resource& resource : parts_.schema.resources) {
        const store::Digest& there = digest_in(goal, resource.id);
        const store::Digest& own = digest_in(*here, resource.id);
        for (std::size_t at = 0; at < store::digest_buckets; ++at) {
            Hash128 by = there.buckets[at];
            by -= own.buckets[at];
            const Bucket bucket{resource.id, at};
            if (by == Hash128{}) {
                differences_.erase(bucket);
                continue;
            }
            Difference& difference = differences_[bucket];
            if (difference.by != by) difference = {by, now, false};
            if (difference.looked_into || now - difference.since < difference_lasts) continue;
            difference.looked_into = true;
            lasting.push_back(bucket);
        }
    }
    return lasting;
}

Task<ReplicaFeed::Step> ReplicaFeed::look_into(std::vector<Bucket> buckets) {
    parts_.state.begin(Phase::filling);
    log::info("Takes rows that changed beside the log",
              {{"replica", parts_.state.name()}, {"buckets", buckets.size()}});
    for (const Resource& resource : parts_.schema.resources) {
        const auto concerned = [&](const store::StoredRow& stored) {
            const Bucket bucket{resource.id, bucket_of(stored.row.key)};
            return std::find(buckets.begin(), buckets.end(), bucket) != buckets.end();
        };
        const bool any = std::any_of(buckets.begin(), buckets.end(), [&](const Bucket& bucket) {
            return bucket.first == resource.id;
        });
        std::optional<Key> after;
        while (any) {
            auto piece = co_await parts_.reader.scan(resource.id, after, rows_piece);
            if (!piece) co_return Step::away;
            if (piece->empty()) break;
            after = piece->back().row.key;
            std::erase_if(*piece, [&](const auto& stored) { return !concerned(stored); });
            if (piece->empty()) continue;
            auto loaded = co_await parts_.committer.load(readable(std::move(*piece)));
            if (!loaded) co_return loaded.error();
        }
    }
    const auto now = parts_.primary.ledger();
    co_return co_await follow_log(now);
}

Task<ReplicaFeed::Step> ReplicaFeed::try_refused() {
    if (!parts_.state.has_refused()) co_return Step::done;
    const auto due = parts_.state.due_refusals();
    for (const RecordRef& ref : due) {
        auto row = co_await parts_.reader.get(ref);
        if (!row && row.error().code != Errc::invalid) co_return Step::away;
        if (!row || !*row) continue;
        commit::Rows rows;
        rows.parks = true;
        rows.rows.push_back(std::move(**row));
        auto loaded = co_await parts_.committer.load(std::move(rows));
        if (!loaded) co_return loaded.error();
        // Unchanged, it was saved before.
        const auto again = parts_.state.due_refusals();
        if (std::find(again.begin(), again.end(), ref) != again.end()) parts_.state.accepted(ref);
    }
    co_return Step::done;
}

}  // namespace reef::node
