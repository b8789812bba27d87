#include "node/takeover.hpp"

#include <algorithm>
#include <optional>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"

namespace reef::node {

namespace {

constexpr std::chrono::milliseconds look_pause{200};
// The takeover fails after so many interrupted walks in a row that counted nothing.
constexpr int fruitless_max = 5;

struct Walk {
    std::size_t uncounted = 0;  // rows that no sum had in
    std::size_t counted = 0;    // of them, now
    std::optional<Error> interrupted;
};

// The connection was lost. The next walk sees which rows have been counted.
bool may_pass(const Error& error) {
    return error.code == Errc::unavailable || error.code == Errc::outcome_unknown;
}

// Counts the records of a resource that are not counted yet.
Task<Walk> walk(model::ResourceId resource, commit::Committer& committer, store::RowScanner& rows) {
    Walk walked;
    std::optional<model::Key> after;
    for (;;) {
        auto piece = co_await rows.scan(resource, after, {});
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return walked;
        after = piece->back().row.key;
        commit::ExternalSqlWrites uncounted;
        for (const store::StoredRow& stored : *piece) {
            if (stored.readable() && stored.hash == Hash128{})
                uncounted.records.push_back(stored.row.ref());
        }
        if (uncounted.records.empty()) continue;
        walked.uncounted += uncounted.records.size();
        fault_point("takeover.piece");
        auto taken = co_await committer.ingest(std::move(uncounted));
        if (taken) {
            walked.counted += taken->changed;
        } else if (may_pass(taken.error())) {
            walked.interrupted = taken.error();
        } else {
            co_return taken.error();
        }
    }
}

}  // namespace

Task<std::size_t> take_over_rows(const model::Schema& schema, commit::Committer& committer,
                                 store::RowScanner& rows, store::LedgerReader& ledgers,
                                 std::function<bool()> stop_asked) {
    const std::string under_way{store::takeover_cursor};
    const std::string done{store::taken_over_cursor};
    std::size_t taken = 0;
    int fruitless = 0;
    auto ledger = co_await ledgers.ledger();
    if (!ledger) co_return ledger.error();
    if (!ledger->cursors.contains(under_way)) co_return taken;
    for (const model::Resource& resource : schema.resources) {
        for (;;) {
            auto walked = co_await walk(resource.id, committer, rows);
            if (!walked) co_return walked.error();
            taken += walked->counted;
            if (walked->uncounted == 0) break;
            if (walked->counted == walked->uncounted) continue;
            if (walked->interrupted) {
                log::warn("The takeover was interrupted and goes on",
                          {{"reason", walked->interrupted->what}});
                fruitless = walked->counted == 0 ? fruitless + 1 : 0;
                if (fruitless == fruitless_max) co_return *walked->interrupted;
            }
            // Another program keeps the rest locked, or a lost connection left it: try again.
            if (stop_asked && stop_asked()) co_return Error{Errc::closed, "stopped"};
            Result<void> slept = co_await system_clock().sleep(look_pause);
            if (!slept) co_return slept.error();
        }
    }
    commit::Rows end;
    end.cursors[under_way] = "";
    const auto counted = co_await ledgers.ledger();
    if (!counted) co_return counted.error();
    const bool any = std::any_of(counted->digests.begin(), counted->digests.end(),
                                 [](const auto& digest) { return digest.second.rows > 0; });
    if (any) {
        const auto last = ledger->cursors.find(done);
        const int times = last == ledger->cursors.end() ? 0 : std::stoi(last->second);
        end.cursors[done] = std::to_string(times + 1);
    }
    auto saved = co_await committer.load(std::move(end));
    if (!saved) co_return saved.error();
    co_return taken;
}

}  // namespace reef::node
