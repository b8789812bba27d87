#include "commit/work/change_run.hpp"

#include "commit/batch_state.hpp"
#include "model/effects.hpp"

namespace reef::commit {

using namespace model;

namespace {

// What is new follows what is known without a hole, and is nobody's forgery of our own.
Result<void> check_sequence(const BatchState& state, const ChangeRun& run) {
    store::Position at;
    for (const auto& entry : run.entries) {
        const Dot& dot = entry.change.stamp.dot;
        const auto known = at.try_emplace(dot.origin, state.received_of(dot.origin)).first;
        if (dot.seq <= known->second) continue;
        const std::string name = to_text(dot);
        if (dot.origin == state.self) {
            return Error{Errc::invalid, "a fork: " + name + " was not written here"};
        }
        if (state.is_beyond_end(dot)) return Error{Errc::invalid, "its life ended before " + name};
        if (dot.seq != known->second + 1) return Error{Errc::invalid, "a gap before " + name};
        known->second = dot.seq;
    }
    return {};
}

// "": it is applied.
std::string why_parked(const BatchState& state, const ChangeRun::Entry& entry) {
    if (!entry.refused.empty()) return entry.refused;
    const Row& row = entry.change.row;
    if (state.has_parked(row.ref())) return "an earlier change of its record is parked";
    if (const std::string* why = state.unreadable(row.ref())) return *why;
    return state.why_unfit(row);
}

// The record that cannot be read is repaired, or what this node's own numbers are comes out.
bool may_pass(const BatchState& state, const ChangeRun::Entry& entry) {
    if (entry.may_pass || !entry.readable() || !entry.refused.empty()) return entry.may_pass;
    const Row& row = entry.change.row;
    return state.unreadable(row.ref()) || row.vector.seq_of(state.self) >= state.next_seq;
}

// The change is logged and its request known, as if it had been applied: others get it from us.
void park(BatchState& state, const ChangeRun::Entry& entry, std::string why) {
    const Dot& dot = entry.change.stamp.dot;
    const auto record = entry.about();
    state.put_letter({dot.origin, dot.seq, record, std::move(why), entry.json, state.now});
    state.log(dot, entry.readable() ? entry.change.at : state.now, entry.json);
    if (!entry.readable()) return;
    state.remember(entry.change);
    state.add_event(entry.change);
}

}  // namespace

ChangeRun::Entry ChangeRun::entry_of(const Schema& schema, std::string json) {
    Entry entry;
    auto change = parse_change(schema, json);
    if (change) {
        entry.change = std::move(*change);
    } else {
        entry.refused = change.error().what;
        entry.change.stamp = stamp_in(json).value_or(Stamp{});
        entry.record = record_in(schema, json);
    }
    entry.json = std::move(json);
    return entry;
}

std::size_t ChangeRun::rows_count() const {
    return entries.size();
}

// The record of an entry that is parked is left out: it may be what cannot be read.
void add_to_request(const std::vector<ChangeRun::Entry>& entries, store::LoadRequest& request) {
    for (const auto& entry : entries) {
        if (!entry.readable()) continue;
        if (entry.refused.empty()) request.records.push_back(entry.change.row.ref());
        append(request.requests, entry.change.request.ids);
    }
}

void ChangeRun::add_to(store::LoadRequest& request, const Schema& /*schema*/) const {
    add_to_request(entries, request);
}

// A create whose request has made another record elsewhere may take one of this node's back.
std::vector<RecordRef> ChangeRun::lacking(const Facts& facts) const {
    std::vector<RecordRef> records;
    for (const auto& entry : entries) {
        if (!entry.readable() || entry.change.kind != WriteKind::create) continue;
        for (const RequestId& id : entry.change.request.ids)
            append(records, retracted_by(id, seen_by(entry.change), facts));
    }
    return records;
}

std::vector<RecordRef> ChangeRun::written() const {
    store::LoadRequest request;
    add_to_request(entries, request);
    return std::move(request.records);
}

bool ChangeRun::needs_lease() const {
    return true;
}

void apply(BatchState& state, const Change& change) {
    const RequestSeen seen = seen_by(change);
    Row there = change.row;
    for (const RequestId& id : change.request.ids) {
        state.remember(id, seen);
        state.add_twins(there, *state.request(id), seen);
    }
    state.add_event(change);
    state.settle_conflicts(change);
    state.join(there);
    // The record may be an extra one of this node: of a life that the store lost.
    for (const RequestId& id : change.request.ids)
        state.take_back_extra(id);
}

Result<Done> ChangeRun::take(BatchState& state) const {
    if (auto good = check_sequence(state, *this); !good) return good.error();
    Applied applied;
    for (const auto& entry : entries) {
        const Dot& dot = entry.change.stamp.dot;
        applied.received = state.received_of(dot.origin);
        if (dot.seq <= applied.received) continue;  // a duplicate
        const std::string why = why_parked(state, entry);
        if (why.empty()) {
            state.log(dot, entry.change.at, entry.json);
            apply(state, entry.change);
        } else {
            if (state.is_full_of_letters()) return too_many_letters();
            const bool passes = may_pass(state, entry);
            park(state, entry, why);
            applied.parked.push_back({dot, passes});
        }
        applied.received = dot.seq;
    }
    return Done{std::move(applied)};
}

// Down to the one change that is refused, which is parked. In order, since changes leave no holes.
Division<ChangeRun> ChangeRun::divide(const Error& error) && {
    if (entries.size() > 1) {
        ChangeRun first{take_half(entries)};
        return divided_into(std::move(first), std::move(*this));
    }
    if (entries.empty() || !entries.front().refused.empty()) return {{}, error};
    entries.front().refused = error.what;
    entries.front().may_pass = true;
    return divided_into(std::move(*this));
}

}  // namespace reef::commit
