#include "commit/load_request.hpp"

#include <iterator>

#include "model/effects.hpp"

namespace reef::commit {

using namespace model;

namespace {

void append(store::LoadRequest& wanted, Lookups lookups) {
    const auto move_into = [](auto& to, auto& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    };
    move_into(wanted.records, lookups.records);
    move_into(wanted.holders, lookups.holders);
    move_into(wanted.referrers, lookups.referrers);
}

// Of a request that is known, when it comes with this effect.
void add_lacking(RequestSeen all, const RequestSeen& effect, const Facts& facts,
                 std::vector<RecordRef>& lacking) {
    if (!add_effects(all, effect)) return;
    for (const DuplicateCreate& extra : extra_records(all, facts.node())) {
        if (!facts.record(extra.record)) lacking.push_back(extra.record);
    }
}

}  // namespace

void add_to_request(const Schema& schema, const Work& work, store::LoadRequest& wanted) {
    const auto add_ids = [&wanted](const RequestMark& mark) {
        wanted.requests.insert(wanted.requests.end(), mark.ids.begin(), mark.ids.end());
    };
    // The record of one that is parked may be what cannot be read.
    const auto add_entries = [&](const std::vector<ChangeRun::Entry>& entries) {
        for (const auto& entry : entries) {
            if (!entry.readable()) continue;
            if (entry.refused.empty()) wanted.records.push_back(entry.change.row.ref());
            add_ids(entry.change.request);
        }
    };
    if (const auto* intent = std::get_if<Intent>(&work)) {
        append(wanted, lookups_of(schema, *intent));
        add_ids(intent->request);
    } else if (const auto* run = std::get_if<ChangeRun>(&work)) {
        add_entries(run->entries);
    } else if (const auto* settlement = std::get_if<Settlement>(&work)) {
        add_entries(settlement->replayed);
        for (const Row& row : settlement->rows)
            wanted.records.push_back(row.ref());
    } else if (const auto* captured = std::get_if<ExternalSqlWrites>(&work)) {
        wanted.records.insert(wanted.records.end(), captured->records.begin(),
                              captured->records.end());
    } else if (const auto* foreign = std::get_if<ForeignRun>(&work)) {
        for (const ForeignWrite& write : foreign->writes) {
            append(wanted, foreign_lookups(schema, write));
            add_ids(write.request);
        }
    } else {
        const Rows& rows = std::get<Rows>(work);
        if (!rows.refused.empty()) return;
        for (const Row& row : rows.rows)
            wanted.records.push_back(row.ref());
        for (const auto& [id, seen] : rows.requests) {
            wanted.requests.push_back(id);
            wanted.records.push_back(seen.record);
            for (const RequestSeen& effect : seen.later)
                wanted.records.push_back(effect.record);
        }
    }
}

std::vector<RecordRef> lacking(const Work& work, const Facts& facts) {
    std::vector<RecordRef> lacking;
    if (const auto* run = std::get_if<ChangeRun>(&work)) {
        for (const auto& entry : run->entries) {
            if (!entry.readable() || entry.change.kind != WriteKind::create) continue;
            for (const RequestId& id : entry.change.request.ids) {
                const RequestSeen* known = facts.request(id);
                if (known) add_lacking(*known, seen_by(entry.change), facts, lacking);
            }
        }
    } else if (const auto* rows = std::get_if<Rows>(&work)) {
        for (const auto& [id, effect] : rows->requests) {
            const RequestSeen* known = facts.request(id);
            if (known) add_lacking(*known, effect, facts, lacking);
        }
    }
    return lacking;
}

}  // namespace reef::commit
