#include "commit/batch.hpp"

#include "commit/batch_state.hpp"
#include "commit/load_request.hpp"

namespace reef::commit {

using namespace model;

namespace {

constexpr const char* too_many_origins = ": its vector would name too many origins";

Error too_many_letters() {
    return {Errc::overloaded, "there are " + std::to_string(parked_max) +
                                  " dead letters: changes are held until some are settled"};
}

bool is_full_of_letters(const BatchState& state) {
    return state.loaded().ledger.parked.size() >= parked_max;
}

// ---- what a client wants -----------------------------------------------------------------------
Outcome take_intent(BatchState& state, const Intent& intent) {
    Decision decision = decide(state.schema(), intent, state);
    if (auto* change = std::get_if<Change>(&decision)) {
        Accepted accepted{change->row, change->kind, change->stamp};
        state.write(std::move(*change));
        return accepted;
    }
    if (auto* replayed = std::get_if<Replayed>(&decision)) return std::move(*replayed);
    if (auto* forward = std::get_if<ForwardHome>(&decision)) return std::move(*forward);
    return std::move(std::get<Refused>(decision));
}

// ---- what another program wrote into the table -------------------------------------------------
// What no write may say is put back in the table, and stays listed.
void take_captured(BatchState& state, const Captured& captured) {
    CapturedWrite done = captured_write(state.schema(), captured, state);
    if (!done.change) {
        if (const Row* row = state.record(captured.record)) state.put_joined(*row);
        return;
    }
    if (!done.put_back.empty()) {
        const Row here = *state.record(captured.record);
        state.list_conflict("sql", done.put_back, here, done.wanted, done.change->row);
    }
    state.write(std::move(*done.change));
}

// ---- what other nodes wrote --------------------------------------------------------------------
// What is new follows what is known without a hole, and is nobody's forgery of our own.
Result<void> check_sequence(const BatchState& state, const ChangeRun& run) {
    store::Position at;
    for (const auto& entry : run.entries) {
        const Dot& dot = entry.change.stamp.dot;
        const auto known = at.try_emplace(dot.origin, state.received_of(dot.origin)).first;
        if (dot.seq <= known->second) continue;
        const std::string name = dot.origin + ':' + std::to_string(dot.seq);
        if (dot.origin == state.self) {
            return Error{Errc::invalid, "a fork: " + name + " was not written here"};
        }
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
    if (!state.has_room(row)) return to_text(entry.change.stamp) + too_many_origins;
    return "";
}

// The change is logged and its request known, as if it had been applied: others get it from us.
void park(BatchState& state, const ChangeRun::Entry& entry, std::string why) {
    const Dot& dot = entry.change.stamp.dot;
    const auto record = entry.about();
    state.put_letter({dot.origin, dot.seq, record, std::move(why), entry.json, state.now});
    state.log(dot, entry.readable() ? entry.change.at : state.now, entry.json);
    if (entry.readable()) state.remember(entry.change);
}

void apply(BatchState& state, const Change& change) {
    const RequestSeen seen = seen_by(change);
    Row there = change.row;
    for (const RequestId& id : change.request.ids) {
        state.remember(id, seen);
        state.add_twins(there, *state.request(id), seen);
    }
    state.join(there);
}

Result<Done> take_run(BatchState& state, const ChangeRun& run) {
    if (auto good = check_sequence(state, run); !good) return good.error();
    Applied applied;
    for (const auto& entry : run.entries) {
        const Dot& dot = entry.change.stamp.dot;
        applied.received = state.received_of(dot.origin);
        if (dot.seq <= applied.received) continue;  // a duplicate
        const std::string why = why_parked(state, entry);
        if (why.empty()) {
            state.log(dot, entry.change.at, entry.json);
            apply(state, entry.change);
        } else {
            if (is_full_of_letters(state)) return too_many_letters();
            park(state, entry, why);
            applied.parked.push_back({dot, entry.may_pass});
        }
        applied.received = dot.seq;
    }
    return Done{std::move(applied)};
}

// ---- rows from a snapshot ----------------------------------------------------------------------
// A row without a change of its own: named by its key, so that the next one takes its place.
void park_row(BatchState& state, const Row& row, std::string why) {
    const Resource& resource = state.schema()[row.resource];
    constexpr std::uint64_t seq_mask = (std::uint64_t{1} << 48) - 1;
    std::string json;
    append_row_json(json, resource, row);
    state.put_letter({"row/" + resource.name, hash_of(to_text(row.key)).low & seq_mask, row.ref(),
                      std::move(why), std::move(json), state.now});
}

Result<Done> take_rows(BatchState& state, const Rows& rows) {
    Applied applied;
    for (const Row& row : rows.rows) {
        const std::string why = !rows.refused.empty() ? rows.refused
                                : state.has_room(row) ? ""
                                                      : to_text(row.key) + too_many_origins;
        if (why.empty()) {
            if (state.join(row)) ++applied.received;
            continue;
        }
        if (!rows.parks) return Error{Errc::invalid, why};
        if (is_full_of_letters(state)) return too_many_letters();
        park_row(state, row, why);
    }
    for (const auto& [id, seen] : rows.requests) {
        state.remember(id, seen);
        state.mark_twins(*state.request(id));
    }
    for (const auto& [name, mark] : rows.cursors)
        state.move_cursor(name, mark);
    for (const auto& [origin, mark] : rows.raised)
        state.raise(origin, mark);
    for (const store::DeadLetter& letter : rows.letters) {
        if (state.loaded().ledger.parked.contains({letter.source, letter.seq})) continue;
        if (is_full_of_letters(state)) return too_many_letters();
        store::DeadLetter put = letter;
        put.at = state.now;
        state.put_letter(std::move(put));
    }
    return Done{applied};
}

// ---- what programs of another kind wrote -------------------------------------------------------
void adopt(BatchState& state, Adoption adoption) {
    const Row& row = adoption.change.row;
    if (adoption.concurrent) {
        state.list_conflict("fields", adoption.change.written, *state.record(row.ref()), row, row);
    }
    state.write(std::move(adoption.change));
}

Result<Done> take_foreign(BatchState& state, const ForeignRun& run) {
    ImportResults fates;
    for (const ForeignWrite& foreign : run.writes) {
        ForeignDecision decided = decide_foreign(state.schema(), foreign, state);
        fates.push_back(fate_of(decided, run.adopts));
        if (fates.back().kind != ImportResult::Kind::adopted) continue;
        adopt(state, std::get<Adoption>(std::move(decided)));
    }
    return Done{std::move(fates)};
}

// ---- dead letters that are settled -------------------------------------------------------------
bool is_inside(const BatchState& state, const Dot& letter, const std::optional<RecordRef>& ref) {
    if (!ref) return false;
    const Row* row = state.record(*ref);
    const bool is_change = state.loaded().ledger.origins.contains(letter.origin);
    return row && (!is_change || row->vector.covers(letter));
}

Result<Done> take_settlement(BatchState& state, const Settlement& settlement) {
    Applied applied;
    for (const auto& entry : settlement.replayed) {
        if (!state.has_room(entry.change.row)) {
            return Error{Errc::rejected, to_text(entry.change.stamp) + too_many_origins};
        }
        apply(state, entry.change);
    }
    for (const Row& row : settlement.rows) {
        if (!state.has_room(row)) {
            return Error{Errc::rejected, to_text(row.key) + too_many_origins};
        }
        state.join(row);
    }
    const bool waives = !settlement.waived.empty();
    for (const Dot& letter : settlement.letters) {
        const auto& parked = state.loaded().ledger.parked;
        const auto found = parked.find(letter);
        if (found == parked.end()) continue;
        const std::optional<RecordRef> record = found->second;
        if (!waives && !is_inside(state, letter, record)) {
            return Error{Errc::conflict, letter.origin + ':' + std::to_string(letter.seq) +
                                             " is not inside the record yet"};
        }
        // What was given up stays listed; where nobody can tell the record, there is no place.
        if (waives && record) state.list_waiver(letter, *record, settlement.waived);
        state.settle(letter);
        ++applied.received;
    }
    return Done{applied};
}

// ---- what other programs wrote with SQL --------------------------------------------------------
// What was captured is taken in already: see Batch(). A row without a hash was there before Atoll,
// or was inserted when nothing was captured: it is what it is, and from now on in the sums.
Result<Done> count_rows(BatchState& state, const ExternalSqlWrites& captured) {
    Applied applied{state.loaded().captured.size(), {}};
    for (const RecordRef& ref : captured.records) {
        const auto stored = state.loaded().rows.find(ref);
        const bool counted =
            stored == state.loaded().rows.end() || stored->second.hash != Hash128{};
        if (counted) continue;
        state.put_joined(Row{stored->second.row});
        ++applied.received;
    }
    return Done{std::move(applied)};
}

// ---- what may not be taken now -----------------------------------------------------------------
// A row that is only looked at may be locked: it is as it was loaded.
std::optional<RecordRef> find_locked(const BatchState& state, const Work& work) {
    const auto& locked = state.loaded().locked;
    if (locked.empty()) return std::nullopt;
    store::LoadRequest wanted;
    if (const auto* intent = std::get_if<Intent>(&work)) {
        if (intent->key) wanted.records.push_back({intent->resource, *intent->key});
    } else {
        add_to_request(state.schema(), work, wanted);
    }
    for (const RecordRef& ref : wanted.records) {
        if (locked.contains(ref)) return ref;
    }
    return std::nullopt;
}

Error is_locked(const Schema& schema, const RecordRef& ref) {
    return {Errc::locked, "another program has locked " + schema[ref.resource].name + '/' +
                              to_text(ref.key) + ": try again soon"};
}

Error lease_lost() {
    return {Errc::unavailable, "another process of this node applies what peers send"};
}

bool needs_lease(const Work& work) {
    if (const auto* rows = std::get_if<Rows>(&work)) return rows->under_lease;
    return std::holds_alternative<ChangeRun>(work) || std::holds_alternative<ForeignRun>(work);
}

}  // namespace

Batch::Batch(const Schema& schema, store::LoadResult loaded, BatchContext batch_context)
    : state_(std::make_unique<BatchState>(schema, std::move(loaded), std::move(batch_context))) {
    const store::LoadResult& found = state_->loaded();
    for (const Captured& captured : found.captured)
        take_captured(*state_, captured);
}

Batch::Batch(const Schema& schema, const store::WriteSet& before, BatchContext batch_context)
    : state_(std::make_unique<BatchState>(schema, before, std::move(batch_context))) {}

Batch::~Batch() = default;

void Batch::add(store::LoadResult more, BatchContext batch_context) {
    state_->add(std::move(more), std::move(batch_context));
}

std::vector<RecordRef> Batch::lacks(const Work& work) const {
    return lacking(work, *state_);
}

Result<Done> Batch::take(const Work& work) {
    BatchState& state = *state_;
    if (const auto locked = find_locked(state, work)) return is_locked(state.schema(), *locked);
    if (needs_lease(work) && !state.holds_lease()) return lease_lost();
    if (const auto* intent = std::get_if<Intent>(&work)) return Done{take_intent(state, *intent)};
    if (const auto* run = std::get_if<ChangeRun>(&work)) return take_run(state, *run);
    if (const auto* rows = std::get_if<Rows>(&work)) return take_rows(state, *rows);
    if (const auto* foreign = std::get_if<ForeignRun>(&work)) return take_foreign(state, *foreign);
    if (const auto* done = std::get_if<Settlement>(&work)) return take_settlement(state, *done);
    return count_rows(state, std::get<ExternalSqlWrites>(work));
}

bool Batch::changed() const {
    return state_->changed();
}

store::WriteSet Batch::finish() {
    return state_->finish();
}

std::vector<RecordRef> Batch::take_joined() {
    return state_->take_joined();
}

}  // namespace reef::commit
