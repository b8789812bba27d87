#include "commit/batch_state.hpp"

#include <algorithm>

#include "commit/id_allocation.hpp"
#include "commit/shared_values.hpp"
#include "model/abridged.hpp"
#include "model/conflict.hpp"
#include "model/effects.hpp"
#include "model/join.hpp"
#include "model/row_hash.hpp"

namespace reef::commit {

using namespace model;

namespace {

// No node gives out so many. Stores of earlier versions may be beyond it: clients' numbers moved
// what they gave out.
constexpr std::int64_t next_number_max = std::int64_t{1} << 52;

std::size_t bucket_of(const Key& key) {
    return hash_of(to_text(key)).low % store::digest_buckets;
}

store::LoadResult facts_of(const store::WriteSet& saved) {
    store::LoadResult facts;
    facts.ledger = saved.ledger;
    for (const store::SavedRow& row : saved.rows)
        facts.rows.emplace(row.row.ref(), store::StoredRow{row.row, row.hash});
    for (const auto& [id, seen] : saved.requests)
        facts.requests.insert_or_assign(id, seen);
    for (const Conflict& conflict : saved.conflicts)
        facts.open_conflicts[conflict.record].push_back(conflict);
    return facts;
}

}  // namespace

Error too_many_letters() {
    return {Errc::overloaded, "there are " + std::to_string(parked_max) +
                                  " dead letters: changes are held until some are settled"};
}

BatchState::BatchState(const Schema& schema, store::LoadResult loaded, BatchContext batch_context)
    : schema_(schema), loaded_(std::move(loaded)) {
    update(std::move(batch_context));
    self = loaded_.ledger.self;
    next_seq = loaded_.ledger.seq() + 1;
    for (const auto& [letter, record] : loaded_.ledger.parked) {
        if (record) parked_records_.insert(*record);
    }
}

BatchState::BatchState(const Schema& schema, const store::WriteSet& before,
                       BatchContext batch_context)
    : BatchState(schema, facts_of(before), std::move(batch_context)) {
    for (const store::SavedRow& saved : before.rows)
        before_.insert(saved.row.ref());
    for (const auto& [id, by] : before.settled_conflicts)
        settled_before_.insert(id);
    for (auto& [record, open] : loaded_.open_conflicts)
        std::erase_if(open, [this](const Conflict& c) { return settled_before_.contains(c.id); });
}

void BatchState::add(store::LoadResult more, BatchContext batch_context) {
    loaded_.rows.merge(more.rows);
    loaded_.holders.merge(more.holders);
    loaded_.referrers.merge(more.referrers);
    loaded_.requests.merge(more.requests);
    loaded_.free.merge(more.free);
    loaded_.unreadable.merge(more.unreadable);
    for (auto& [record, open] : more.open_conflicts) {
        auto& known = loaded_.open_conflicts[record];
        for (Conflict& conflict : open) {
            const auto same = [&](const Conflict& other) { return other.id == conflict.id; };
            const bool newer = std::any_of(known.begin(), known.end(), same);
            if (!newer && !settled_before_.contains(conflict.id))
                known.push_back(std::move(conflict));
        }
    }
    update(std::move(batch_context));
}

void BatchState::update(BatchContext batch_context) {
    context_ = std::move(batch_context);
    now = context_.now;
    schema_id = context_.schema;
    foreign_nodes = context_.foreign_nodes;
    members = context_.members;
    other_members = context_.other_members;
}

const Row* BatchState::record(const RecordRef& ref) const {
    const auto found = loaded_.rows.find(ref);
    return found == loaded_.rows.end() ? nullptr : &found->second.row;
}

const RequestSeen* BatchState::request(const RequestId& id) const {
    const auto found = loaded_.requests.find(id);
    return found == loaded_.requests.end() ? nullptr : &found->second;
}

// Of this batch, or of the one that it follows.
const Row* BatchState::written_with(const FieldRef& ref) const {
    const auto holds = [this, &ref](const RecordRef& written) {
        const Row* row = written.resource == ref.resource ? record(written) : nullptr;
        return row && row->alive() && row->cells[ref.field].value == ref.value ? row : nullptr;
    };
    for (const RecordRef& written : touched_) {
        if (const Row* row = holds(written)) return row;
    }
    for (const RecordRef& written : before_) {
        if (const Row* row = holds(written)) return row;
    }
    return nullptr;
}

std::optional<Key> BatchState::holder(const FieldRef& ref) const {
    if (const Row* taken = written_with(ref)) return taken->key;
    const auto found = loaded_.holders.find(ref);
    if (found == loaded_.holders.end()) return std::nullopt;
    const RecordRef held_by{ref.resource, found->second};
    const bool given_up = touched_set_.contains(held_by) || before_.contains(held_by);
    return given_up ? std::nullopt : std::optional{found->second};
}

bool BatchState::referred(const FieldRef& ref) const {
    if (written_with(ref)) return true;
    const auto found = loaded_.referrers.find(ref);
    return found != loaded_.referrers.end() && found->second;
}

std::int64_t BatchState::next_number(ResourceId resource) const {
    const auto known = loaded_.ledger.next_id.find(resource);
    const bool begins = known == loaded_.ledger.next_id.end() || known->second > next_number_max;
    return begins ? own_slot_above(resource, 0) : known->second;
}

std::vector<std::int64_t> BatchState::free_numbers(ResourceId resource) const {
    std::vector<std::int64_t> numbers;
    auto free = loaded_.free.lower_bound({resource, Key{next_number(resource)}});
    for (; free != loaded_.free.end() && free->resource == resource; ++free) {
        if (!record(*free)) numbers.push_back(std::get<std::int64_t>(free->key));
    }
    return numbers;
}

std::optional<std::int64_t> BatchState::free_slot(ResourceId resource) const {
    auto free = loaded_.free.lower_bound({resource, Key{next_number(resource)}});
    for (; free != loaded_.free.end() && free->resource == resource; ++free) {
        if (!record(*free)) return std::get<std::int64_t>(free->key);
    }
    return std::nullopt;
}

std::array<std::uint8_t, 16> BatchState::random() const {
    // One hash of (the batch's random bytes, a count) for each key.
    auto bytes = context_.random;
    ++random_count_;
    const std::string_view seed{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    const Hash128 hash = chain(hash_of(seed), std::to_string(random_count_));
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(hash.high >> (8 * i));
        bytes[i + 8] = static_cast<std::uint8_t>(hash.low >> (8 * i));
    }
    return bytes;
}

Decider BatchState::decider(std::string_view home, const std::vector<std::string>& passed) const {
    if (context_.decider) return context_.decider(home, passed);
    return {std::string{node()}, home == node() ? "" : std::string{home}, true};
}

bool BatchState::has_logged(const Vector& writes) const {
    const auto& entries = writes.entries();
    return std::all_of(entries.begin(), entries.end(), [this](const auto& entry) {
        return entry.origin == base_origin || entry.seq <= received_of(entry.origin);
    });
}

bool BatchState::changed() const {
    return !touched_.empty() || !saved_.log.empty() || !saved_.requests.empty() ||
           !saved_.dead_letters.empty() || !saved_.settled.empty() || !saved_.erased.empty() ||
           !saved_.conflicts.empty() || !saved_.copies.empty() || marks_moved_ ||
           !loaded_.captured.empty();
}

store::WriteSet BatchState::finish() {
    saved_.rows.reserve(touched_.size());
    for (const RecordRef& ref : touched_) {
        store::StoredRow& stored = loaded_.rows.at(ref);
        saved_.rows.push_back({std::move(stored.row), stored.hash});
    }
    saved_.ledger = std::move(loaded_.ledger);
    return std::move(saved_);
}

void BatchState::write(Change change) {
    settle_conflicts(change);
    const Hash128 hash = write_log(change);
    remember(change);
    add_event(change);
    put(std::move(change.row), hash);
    ++next_seq;
}

Hash128 BatchState::write_log(const Change& change) {
    row_json_.clear();
    append_row_json(row_json_, schema_[change.row.resource], change.row);
    log(change.stamp.dot, change.at, change_json(schema_, change, row_json_));
    loaded_.ledger.stamp = std::max(loaded_.ledger.stamp, change.stamp);
    return row_hash(schema_[change.row.resource], change.row);
}

void BatchState::log(const Dot& dot, Time at, std::string json) {
    store::OriginMark& mark = loaded_.ledger.origins[dot.origin];
    mark.received = dot.seq;
    mark.applied = applied_of(dot.origin, mark);
    mark.hash = chain(mark.hash, entry_hash(json));
    saved_.log.push_back({dot, at, std::move(json), mark.hash});
}

std::uint64_t BatchState::applied_of(const OriginId& origin, const store::OriginMark& mark) const {
    const auto& parked = loaded_.ledger.parked;
    const auto lowest = parked.lower_bound(Dot{origin, 0});
    const bool none = lowest == parked.end() || lowest->first.origin != origin;
    return none ? mark.received : lowest->first.seq - 1;
}

void BatchState::remember(const Change& change) {
    const RequestSeen seen = seen_by(change);
    for (const RequestId& id : change.request.ids)
        remember(id, seen);
}

void BatchState::remember(const RequestId& id, const RequestSeen& seen) {
    const auto [known, fresh] = loaded_.requests.try_emplace(id, seen);
    const bool more = !fresh && add_effects(known->second, seen);
    if (fresh || more) saved_.requests.emplace_back(id, known->second);
    if (more) take_back_extra(id);
}

void BatchState::add_event(const Change& change) {
    if (!context_.keeps_events) return;
    saved_.events.push_back(event_of(schema_, change));
    for (const RequestId& id : change.request.ids) {
        if (const RequestSeen* known = request(id)) remove_twin_events(*known);
    }
}

void BatchState::add_event(Event event) {
    if (context_.keeps_events) saved_.events.push_back(std::move(event));
}

void BatchState::remove_twin_events(const RequestSeen& known) {
    if (!context_.keeps_events) return;
    for (Stamp& twin : twin_stamps(known))
        saved_.twin_events.push_back(std::move(twin));
}

void BatchState::begin_events() {
    const store::Ledger& ledger = loaded_.ledger;
    const std::string name{store::events_cursor};
    const bool kept = ledger.cursors.contains(name);
    if (kept == context_.keeps_events) return;
    if (kept) return move_cursor(name, "");
    const auto has_written = [](const auto& origin) { return origin.second.received > 0; };
    const bool any = std::any_of(ledger.origins.begin(), ledger.origins.end(), has_written);
    have_events_from(any ? now : Time{0});
}

void BatchState::have_events_from(Time from) {
    if (!context_.keeps_events) return;
    move_cursor(std::string{store::events_cursor}, std::to_string(from.us));
}

void BatchState::take_back_extra(const RequestId& id) {
    for (const DuplicateCreate& extra : extra_records(*request(id), node())) {
        auto change = model::retract(schema_, extra, *this);
        if (change) retract(std::move(*change));
    }
}

void BatchState::retract(Change change) {
    const Row here = *record(change.row.ref());
    const Row gone = change.row;
    write(std::move(change));
    const Resource& resource = schema_[here.resource];
    if (distinct_writes(here) > 1)
        list(conflict_about(resource, "twin", {}, gone, here, latest_stamp(here).dot));
}

void BatchState::put_letter(store::DeadLetter letter) {
    loaded_.ledger.parked[{letter.source, letter.seq}] = letter.record;
    if (letter.record) parked_records_.insert(*letter.record);
    saved_.dead_letters.push_back(std::move(letter));
}

void BatchState::settle(const Dot& letter) {
    loaded_.ledger.parked.erase(letter);
    saved_.settled.push_back(letter);
    const auto mark = loaded_.ledger.origins.find(letter.origin);
    if (mark == loaded_.ledger.origins.end()) return;
    mark->second.applied = applied_of(letter.origin, mark->second);
}

std::uint64_t BatchState::received_of(std::string_view origin) const {
    const auto known = loaded_.ledger.origins.find(origin);
    return known == loaded_.ledger.origins.end() ? 0 : known->second.received;
}

void BatchState::raise(const OriginId& origin, const store::OriginMark& there) {
    if (origin == self || received_of(origin) >= there.received) return;
    if (is_beyond_end({origin, there.received})) return;
    store::OriginMark& mark = loaded_.ledger.origins[origin];
    mark.received = there.received;
    mark.hash = there.hash;
    mark.applied = applied_of(origin, mark);
    marks_moved_ = true;
}

void BatchState::end_life(const OriginId& origin, const store::EndedLife& ended) {
    const bool known = loaded_.ledger.ended(origin).has_value();
    if (origin == self || known || received_of(origin) > ended.last) return;
    move_cursor(store::ended_cursor(origin), store::ended_text(ended));
}

void BatchState::retire_life(const OriginId& origin) {
    const auto ended = loaded_.ledger.ended(origin);
    if (!ended || !loaded_.ledger.is_complete(origin, *ended)) return;
    loaded_.ledger.origins[origin];  // of one that never wrote
    move_cursor(store::retired_cursor(origin), "1");
}

bool BatchState::is_beyond_end(const Dot& dot) const {
    const auto ended = loaded_.ledger.ended(dot.origin);
    return ended && dot.seq > ended->last;
}

const std::string* BatchState::unreadable(const RecordRef& ref) const {
    if (record(ref)) return nullptr;  // it was replaced, in this batch or the one before
    const auto found = loaded_.unreadable.find(ref);
    return found == loaded_.unreadable.end() ? nullptr : &found->second.why;
}

std::string BatchState::why_unfit(const Row& there) const {
    const std::uint64_t own = there.vector.seq_of(self);
    if (own >= next_seq) {
        return "its vector names " + self + ':' + std::to_string(own) +
               ", which was not written here";
    }
    const Row* here = record(there.ref());
    if (!here) return "";
    Vector both = here->vector;
    both.join(there.vector);
    const bool fits = both.entries().size() <= vector_entries_max;
    return fits ? "" : to_text(there.key) + ": its vector would name too many origins";
}

void BatchState::forget_unreadable(const RecordRef& ref) {
    const auto found = loaded_.unreadable.find(ref);
    if (found == loaded_.unreadable.end()) return;
    store::Digest& digest = loaded_.ledger.digests[ref.resource];
    digest.buckets[bucket_of(ref.key)] -= found->second.hash;
    if (found->second.alive && found->second.hash != Hash128{}) --digest.rows;
    loaded_.unreadable.erase(found);
}

void BatchState::erase(const RecordRef& ref) {
    forget_unreadable(ref);
    saved_.erased.push_back(ref);
}

void BatchState::add_twins(Row& there, const RequestSeen& known, const RequestSeen& effect) const {
    const Row* here = record(effect.record);
    for (const Twin& twin : twins_of(known, effect.record, effect.body)) {
        const bool inside =
            there.vector.covers(twin.dot) || (here && here->vector.covers(twin.dot));
        if (inside) join_twins(there.twins, {twin});
    }
}

void BatchState::mark_twins(const RequestSeen& known) {
    const auto mark = [this, &known](const RequestSeen& effect) {
        const Row* here = record(effect.record);
        if (!here) return;
        Row marked = *here;
        add_twins(marked, known, effect);
        if (marked != *here) put_joined(std::move(marked));
    };
    if (known.later.empty()) return;
    mark(known);
    for (const RequestSeen& effect : known.later)
        mark(effect);
}

void BatchState::put_joined(Row row) {
    const Hash128 hash = row_hash(schema_[row.resource], row);
    put(std::move(row), hash);
}

void BatchState::copy(std::shared_ptr<const store::RowCopies> copies) {
    store::Digest& digest = loaded_.ledger.digests[copies->resource().id];
    for (std::size_t row = 0; row < copies->size(); ++row) {
        digest.buckets[bucket_of(copies->key_of(row))] += copies->hash_of(row);
        if (copies->is_alive(row)) ++digest.rows;
    }
    saved_.copies.push_back(std::move(copies));
}

bool BatchState::join(const Row& there) {
    const RecordRef ref = there.ref();
    const Row* here = record(ref);
    Joined joined = model::join(schema_[ref.resource], here ? *here : Row{}, there);
    const Resource& resource = schema_[ref.resource];
    if (joined.clash) {
        for (Conflict& found : conflicts_of(resource, *joined.clash, *here, there, joined.row))
            list(std::move(found));
    } else if (here && here->vector == there.vector && here->life == there.life) {
        // Of a table that two nodes took over, each its own copy.
        const auto fields = differing_fields(resource, *here, there);
        const bool here_lost = !differing_fields(resource, *here, joined.row).empty();
        const Row& lost = here_lost ? *here : there;
        if (!fields.empty()) list(conflict_of_copies(resource, fields, joined.row, lost));
    }
    // What both sides lost nothing of may still be two answers to one version.
    if (!joined.clash && here && here->life.n > 0) list_in_stead(*here, there, joined.row);
    if (!joined.changed) return false;
    if (joined.row.vector != there.vector && here->vector != joined.row.vector)
        joined_.push_back(ref);
    put_joined(std::move(joined.row));
    return true;
}

// Where the home is another program, any node decides about its records.
void BatchState::list_in_stead(const Row& here, const Row& there, const Row& joined) {
    const Resource& resource = schema_[joined.resource];
    const std::string* home = home_of(resource, joined);
    if (!home || is_foreign(*home)) return;
    for (Conflict& found : in_stead_conflicts(resource, here, there, joined))
        list(std::move(found));
}

void BatchState::list(Conflict conflict) {
    conflict.at = now;
    loaded_.ledger.cursors.emplace(store::conflicts_cursor, "listed");
    auto& open = loaded_.open_conflicts[conflict.record];
    const auto replaced = std::partition(open.begin(), open.end(), [&](const Conflict& earlier) {
        return !is_replaced_by(earlier, conflict);
    });
    for (auto earlier = replaced; earlier != open.end(); ++earlier)
        settle_conflict(*earlier, conflict.lost);
    open.erase(replaced, open.end());
    const auto same = [&](const Conflict& other) { return other.id == conflict.id; };
    const auto known = std::find_if(open.begin(), open.end(), same);
    if (known == open.end()) {
        open.push_back(conflict);
    } else {
        add_fields(*known, conflict);
        conflict = *known;
    }
    std::erase_if(saved_.conflicts, same);
    saved_.conflicts.push_back(std::move(conflict));
}

void BatchState::settle_conflicts(const Change& change) {
    const auto found = loaded_.open_conflicts.find(change.row.ref());
    if (found == loaded_.open_conflicts.end()) return;
    const Row* before = record(change.row.ref());
    std::erase_if(found->second, [&](const Conflict& conflict) {
        if (!settles(schema_[change.row.resource], change, before, conflict)) return false;
        settle_conflict(conflict, change.stamp.dot);
        return true;
    });
}

void BatchState::settle_conflict(const Conflict& conflict, const Dot& by) {
    saved_.settled_conflicts.emplace_back(conflict.id, to_text(by));
}

void BatchState::put(Row row, const Hash128& hash) {
    const RecordRef ref = row.ref();
    forget_unreadable(ref);
    auto [at, fresh] = loaded_.rows.try_emplace(ref);
    store::Digest& digest = loaded_.ledger.digests[ref.resource];
    Hash128& bucket = digest.buckets[bucket_of(ref.key)];
    // One that another program inserted is in no sum yet: it has no hash.
    const bool was_alive = !fresh && at->second.hash != Hash128{} && at->second.row.alive();
    if (!fresh) bucket -= at->second.hash;
    bucket += hash;
    if (row.alive() && !was_alive) ++digest.rows;
    if (!row.alive() && was_alive) --digest.rows;
    pass_over(row);
    look_at(fresh ? nullptr : &at->second.row, row);
    end_claims(row);
    at->second = {std::move(row), hash};
    if (touched_set_.insert(ref).second) touched_.push_back(ref);
}

void BatchState::look_at(const Row* before, const Row& after) {
    look_at_counters(before, after);
    const auto is_alive = [this](const RecordRef& ref) {
        const Row* row = record(ref);
        return row && row->alive();
    };
    for (store::SharedValue& value : shared_values(schema_, before, after, is_alive)) {
        if (!shared_.insert(value.conflict.id).second) continue;
        value.conflict.at = now;
        saved_.shared.push_back(std::move(value));
    }
}

void BatchState::look_at_counters(const Row* before, const Row& after) {
    const Resource& resource = schema_[after.resource];
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        if (resource.fields[id].merge != Merge::counter || !resource.fields[id].min) continue;
        const auto was = before ? shortfall(resource, *before, id) : std::nullopt;
        const auto is = shortfall(resource, after, id);
        if (was == is) continue;
        Conflict conflict = counter_shortfall(resource, after, id);
        conflict.at = now;
        std::erase_if(saved_.conflicts, [&](const Conflict& c) { return c.id == conflict.id; });
        std::erase(saved_.gone_conflicts, conflict.id);
        if (is) {
            saved_.conflicts.push_back(std::move(conflict));
        } else {
            saved_.gone_conflicts.push_back(conflict.id);
        }
    }
}

std::int64_t BatchState::own_slot_above(ResourceId resource, std::int64_t number) const {
    const Field& key = schema_[resource].key_field();
    return slot_above(number, key.first_key, schema_.id_slots, context_.node_index);
}

void BatchState::give(const RecordRef& ref) {
    const std::int64_t number = std::get<std::int64_t>(ref.key);
    loaded_.ledger.next_id[ref.resource] = own_slot_above(ref.resource, number);
}

// The next number goes on by itself where somebody else has taken it. Beside that only rows that
// were there before any node move it, the seed's and those of a table that was taken over: up to
// where the gap in their numbers is so wide that what follows is no part of their sequence.
void BatchState::pass_over(const Row& row) {
    constexpr std::int64_t gap_max = 1'000'000;
    if (schema_[row.resource].key_field().key != KeyKind::slots) return;
    const auto& entries = row.vector.entries();
    const bool was_before = entries.size() == 1 && entries.front().origin == base_origin;
    const std::int64_t number = std::get<std::int64_t>(row.key);
    const std::int64_t next = next_number(row.resource);
    if (number < next || number - next > (was_before ? gap_max : 0)) return;
    loaded_.ledger.next_id[row.resource] = own_slot_above(row.resource, number);
}

void BatchState::begin_life(const OriginId& origin) {
    loaded_.ledger.self = self = origin;
    loaded_.ledger.origins.try_emplace(origin);
    next_seq = loaded_.ledger.seq() + 1;
    marks_moved_ = true;
}

void BatchState::raise_next_id(ResourceId resource, std::int64_t next) {
    std::int64_t& known = loaded_.ledger.next_id[resource];
    known = std::max(known, next);
    marks_moved_ = true;
}

void BatchState::move_cursor(const std::string& name, const std::string& mark) {
    loaded_.ledger.cursors[name] = mark;
    if (mark.empty()) loaded_.ledger.cursors.erase(name);
    marks_moved_ = true;
}

}  // namespace reef::commit
