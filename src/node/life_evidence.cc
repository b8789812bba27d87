#include "node/life_evidence.hpp"

namespace reef::node {

namespace {

// What the storage says of itself, against what the store remembers.
std::optional<Evidence> compare_storage(const store::Ledger& ledger,
                                        const store::StorageIdentity& identity) {
    const auto known = ledger.cursors.find(std::string{store::identity_cursor});
    if (known == ledger.cursors.end()) return std::nullopt;
    switch (compare(store::parse_identity(known->second), identity)) {
        case store::SameStorage::yes:
            return std::nullopt;
        case store::SameStorage::promoted:
            return Evidence{"a standby has taken over", true};
        case store::SameStorage::no:
            break;
    }
    return Evidence{"it lies elsewhere than it did: it is a copy, or a backup was put back"};
}

Evidence older(const Mark& mark) {
    return {"it lacks writes that it had: it knows less than " +
            to_text(model::Dot{mark.origin, mark.seq})};
}

// The running hash at the mark's number. Absent: the log no longer holds it.
Task<std::optional<Hash128>> hash_at(const store::OriginMark& known, model::Dot dot,
                                     store::LogReader& log) {
    if (known.received == dot.seq) co_return std::optional{known.hash};
    auto entry = co_await log.change(std::move(dot));
    if (!entry) co_return entry.error();
    co_return *entry ? std::optional{(*entry)->hash} : std::nullopt;
}

}  // namespace

Task<std::optional<Evidence>> find_evidence(store::Ledger ledger, store::StorageIdentity identity,
                                            std::optional<Mark> mark, store::LogReader& log) {
    if (auto moved = compare_storage(ledger, identity)) co_return moved;
    if (!mark) co_return std::nullopt;
    const auto known = ledger.origins.find(mark->origin);
    if (known == ledger.origins.end())
        co_return Evidence{"the store that this node had is gone: " + mark->origin};
    if (ledger.runs().lacks(mark->run_number, mark->run)) co_return older(*mark);
    if (known->second.received < mark->seq) co_return older(*mark);
    if (mark->seq == 0) co_return std::nullopt;
    model::Dot dot{mark->origin, mark->seq};
    auto hash = co_await hash_at(known->second, std::move(dot), log);
    if (!hash) co_return hash.error();
    if (*hash && **hash != mark->hash) co_return older(*mark);
    co_return std::nullopt;
}

}  // namespace reef::node
