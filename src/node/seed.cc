#include "node/seed.hpp"

#include "base/fault.hpp"
#include "config/seed.hpp"

namespace reef::node {

namespace {

constexpr std::size_t piece_rows = 1000;
const std::string mark{store::seed_cursor};

bool is_empty(const store::Ledger& ledger) {
    for (const auto& [resource, digest] : ledger.digests) {
        if (digest != store::Digest{}) return false;
    }
    for (const auto& [origin, known] : ledger.origins) {
        if (known.received > 0) return false;
    }
    return true;
}

// A database that ends a transaction, because this machine was too busy to go on with it in time,
// is there again at once. Rows that were saved after all stay as they are.
Task<void> load_piece(commit::Committer& committer, const commit::Rows& piece) {
    for (int tries_left = 5;; --tries_left) {
        commit::Rows rows = piece;
        auto loaded = co_await committer.load(std::move(rows));
        if (loaded) co_return Result<void>{};
        const Errc code = loaded.error().code;
        const bool passes = code == Errc::unavailable || code == Errc::outcome_unknown;
        if (!passes || tries_left == 0) co_return loaded.error();
    }
}

}  // namespace

Task<std::size_t> load_seed(const config::App& app, commit::Committer& committer,
                            store::Ledger ledger) {
    const auto begun = ledger.cursors.find(mark);
    const bool unfinished = begun != ledger.cursors.end() && begun->second == "begun";
    if (app.seed.empty() || (!unfinished && !is_empty(ledger))) co_return std::size_t{0};
    // With foreign nodes the rows are those that other programs keep, and these have moved on since
    // the seed.
    if (!app.foreign_nodes().empty()) co_return std::size_t{0};
    auto rows = config::read_seed(app.schema, app.seed);
    if (!rows) co_return rows.error();
    for (std::size_t first = 0; first < rows->size(); first += piece_rows) {
        const std::size_t end = std::min(rows->size(), first + piece_rows);
        commit::Rows piece;
        piece.rows.assign(
            std::make_move_iterator(rows->begin() + static_cast<std::ptrdiff_t>(first)),
            std::make_move_iterator(rows->begin() + static_cast<std::ptrdiff_t>(end)));
        piece.cursors[mark] = end == rows->size() ? "done" : "begun";
        fault_point("seed.piece");
        Result<void> loaded = co_await load_piece(committer, piece);
        if (!loaded) co_return loaded.error();
    }
    co_return rows->size();
}

}  // namespace reef::node
