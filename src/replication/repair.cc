#include "replication/repair.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "peers/record.hpp"

namespace reef::replication {

using namespace model;

namespace {

constexpr std::chrono::milliseconds peer_timeout{3000};
// While clients write a peer is a few writes behind: those that are here now come to it in a
// moment.
constexpr std::chrono::milliseconds wait_for_peers_max{2000};

}  // namespace

Task<Repaired> Repairs::repair(RecordRef ref, bool take_out) {
    auto there =
        asio::co_spawn(parts_.executor, repair_here(std::move(ref), take_out), asio::use_awaitable);
    co_return co_await std::move(there);
}

Task<Repaired> Repairs::repair_here(RecordRef ref, bool take_out) {
    const std::string name = parts_.schema[ref.resource].name + '/' + to_text(ref.key);
    auto row = co_await parts_.rows.get(ref);
    if (row && !*row) co_return Error{Errc::not_found, "there is no " + name};
    if (row) co_return Error{Errc::conflict, name + " can be read"};
    if (row.error().code != Errc::invalid) co_return row.error();
    auto left = co_await parts_.scanner.raw(ref);
    if (!left) co_return left.error();
    Repaired repaired;
    repaired.left = left->value_or("{}");
    auto from = co_await take_from_peers(ref);
    if (!from) co_return from.error();
    if (!from->empty()) {
        log::warn("Took a record that could not be read from peers",
                  {{"record", name}, {"peers", *from}});
        repaired.from = std::move(*from);
        // What cannot be replayed stays listed.
        static_cast<void>(co_await parts_.letters.replay_all_of(std::move(ref)));
        co_return repaired;
    }
    if (!take_out) co_return repaired;
    commit::Rows out;
    out.erased.push_back(ref);
    auto taken = co_await parts_.committer.load(std::move(out));
    if (!taken) co_return taken.error();
    log::warn("Took out a record that could not be read", {{"record", name}});
    repaired.taken_out = true;
    co_return repaired;
}

Task<std::vector<std::string>> Repairs::who_has_all() {
    const auto until = parts_.clock.steady() + std::chrono::nanoseconds{wait_for_peers_max};
    const auto ledger = parts_.progress.ledger();
    const Dot last{ledger->self, ledger->seq()};
    for (;;) {
        const std::uint64_t seen = parts_.peers.watch().generation();
        std::vector<std::string> names = parts_.peers.who_has(last);
        const auto left = until - parts_.clock.steady();
        if (!names.empty() || left <= left.zero()) co_return names;
        Result<void> waited = co_await parts_.peers.watch().wait_beyond(seen, left);
        if (!waited && waited.error().code != Errc::timeout) co_return waited.error();
    }
}

// Returns whose rows were joined. A peer that lacks writes of this node would bring the record back
// without them.
Task<std::string> Repairs::take_from_peers(RecordRef ref) {
    commit::Rows rows;
    rows.repairs = true;
    std::string from;
    const auto names = co_await who_has_all();
    if (!names) co_return names.error();
    for (const std::string& name : *names) {
        const auto calls = parts_.calls.find(name);
        if (calls == parts_.calls.end()) continue;
        auto row = co_await peers::record_of_peer(*calls->second, parts_.schema[ref.resource], ref,
                                                  peer_timeout);
        if (!row) continue;
        rows.rows.push_back(std::move(*row));
        from += (from.empty() ? "" : ", ") + name;
    }
    if (from.empty()) co_return from;
    auto joined = co_await parts_.committer.load(std::move(rows));
    if (!joined) co_return joined.error();
    co_return from;
}

}  // namespace reef::replication
