#include "commit/batch.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

#include "base/fault.hpp"
#include "commit/conflict_detail.hpp"
#include "commit/slots.hpp"
#include "commit/wanted.hpp"
#include "model/effects.hpp"
#include "model/join.hpp"

namespace reef::commit {

using namespace model;

namespace {

std::size_t bucket_of(const Key& key) {
    return hash_of(to_text(key)).low % store::digest_buckets;
}

constexpr const char* too_many_origins = ": its vector would name too many origins";

}  // namespace

// The facts of this moment: what was loaded, overlaid by what the batch has done so far.
class Batch::Overlay final : public Facts {
public:
    Overlay(const Schema& schema, store::Loaded loaded, Surroundings surroundings)
        : schema_(schema), loaded_(std::move(loaded)), surroundings_(std::move(surroundings)) {
        self = loaded_.ledger.self;
        next_seq = loaded_.ledger.seq() + 1;
        now = surroundings_.now;
        schema_id = surroundings_.schema;
        foreign_nodes = surroundings_.foreign_nodes;
        for (const auto& [letter, record] : loaded_.ledger.parked) {
            if (record) parked_records_.insert(*record);
        }
        for (const Captured& captured : loaded_.captured)
            take_in(captured);
    }

    // ---- Facts -------------------------------------------------------------------------------
    const Row* record(const RecordRef& ref) const override {
        const auto found = loaded_.rows.find(ref);
        return found == loaded_.rows.end() ? nullptr : &found->second.row;
    }

    const RequestSeen* request(const RequestId& id) const override {
        const auto found = loaded_.requests.find(id);
        return found == loaded_.requests.end() ? nullptr : &found->second;
    }

    std::optional<Key> holder(const FieldRef& ref) const override {
        for (const RecordRef& touched : touched_) {  // taken or given up within this batch
            const Row* row = record(touched);
            if (touched.resource == ref.resource && row->alive() &&
                row->cells[ref.field].value == ref.value) {
                return row->key;
            }
        }
        const auto found = loaded_.holders.find(ref);
        if (found == loaded_.holders.end()) return std::nullopt;
        const bool overtaken = touched_set_.contains({ref.resource, found->second});
        return overtaken ? std::nullopt : std::optional{found->second};
    }

    bool referred(const FieldRef& ref) const override {
        for (const RecordRef& touched : touched_) {
            const Row* row = record(touched);
            if (touched.resource == ref.resource && row->alive() &&
                row->cells[ref.field].value == ref.value) {
                return true;
            }
        }
        const auto found = loaded_.referrers.find(ref);
        return found != loaded_.referrers.end() && found->second;
    }

    std::optional<std::int64_t> free_slot(ResourceId resource) const override {
        const auto known = loaded_.ledger.next_slot.find(resource);
        const std::int64_t next =
            known == loaded_.ledger.next_slot.end() ? own_slot_above(resource, 0) : known->second;
        if (next > slot_limit) return std::nullopt;
        return next;
    }

    std::array<std::uint8_t, 16> random() const override {
        // One hash of (the batch's random bytes, a count) for each key.
        auto bytes = surroundings_.random;
        ++random_count_;
        const std::string_view seed{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        const Hash128 hash = chain(hash_of(seed), std::to_string(random_count_));
        for (std::size_t i = 0; i < 8; ++i) {
            bytes[i] = static_cast<std::uint8_t>(hash.high >> (8 * i));
            bytes[i + 8] = static_cast<std::uint8_t>(hash.low >> (8 * i));
        }
        return bytes;
    }

    bool reachable(std::string_view name) const override {
        return surroundings_.reachable && surroundings_.reachable(name);
    }

    bool has_peers() const override { return surroundings_.has_peers; }

    bool has_logged(const Vector& writes) const override {
        const auto& entries = writes.entries();
        return std::all_of(entries.begin(), entries.end(), [this](const auto& entry) {
            return entry.origin == base_origin || entry.seq <= received_of(entry.origin);
        });
    }

    // ---- doing -------------------------------------------------------------------------------
    Result<Done> take(const Work& work) {
        if (const auto locked = find_locked(work)) return is_locked(*locked);
        if (const auto* intent = std::get_if<Intent>(&work)) return Done{take(*intent)};
        const auto* run = std::get_if<ChangeRun>(&work);
        const auto* foreign = std::get_if<ForeignRun>(&work);
        if ((run || foreign) && !holds_lease()) return lease_lost();
        if (run) return take(*run);
        if (foreign) return take(*foreign);
        if (const auto* letters = std::get_if<Settlement>(&work)) return take(*letters);
        if (std::holds_alternative<CapturedRecords>(work)) {
            return Done{Applied{loaded_.captured.size(), {}}};
        }
        const Rows& rows = std::get<Rows>(work);
        if (rows.under_lease && !holds_lease()) return lease_lost();
        return take(rows);
    }

    // A row that is only looked at may be locked: it is as it was loaded.
    std::optional<RecordRef> find_locked(const Work& work) const {
        if (loaded_.locked.empty()) return std::nullopt;
        store::Wanted wanted;
        if (const auto* intent = std::get_if<Intent>(&work)) {
            if (intent->key) wanted.records.push_back({intent->resource, *intent->key});
        } else {
            add_wanted(schema_, work, wanted);
        }
        for (const RecordRef& ref : wanted.records) {
            if (loaded_.locked.contains(ref)) return ref;
        }
        return std::nullopt;
    }

    Error is_locked(const RecordRef& ref) const {
        return {Errc::locked, "another program has locked " + schema_[ref.resource].name + '/' +
                                  to_text(ref.key) + ": try again soon"};
    }

    // What the store says holds: a process that slept does not know what has become of its lease.
    bool holds_lease() const { return surroundings_.lease == loaded_.ledger.lease; }
    static Error lease_lost() {
        return {Errc::unavailable, "another process of this node applies what peers send"};
    }

    bool changed() const {
        return !touched_.empty() || !saved_.log.empty() || !saved_.requests.empty() ||
               !saved_.dead_letters.empty() || !saved_.settled.empty() || marks_moved_ ||
               !loaded_.captured.empty();
    }

    store::Saved finish() {
        saved_.rows.reserve(touched_.size());
        for (const RecordRef& ref : touched_) {
            store::StoredRow& stored = loaded_.rows.at(ref);
            saved_.rows.push_back({std::move(stored.row), stored.hash});
        }
        saved_.ledger = std::move(loaded_.ledger);
        return std::move(saved_);
    }

    std::vector<RecordRef> take_joined() { return std::move(joined_); }

private:
    Outcome take(const Intent& intent) {
        Decision decision = decide(schema_, intent, *this);
        if (fault_planted("version.skip")) decision = decide(schema_, whatever(intent), *this);
        if (auto* change = std::get_if<Change>(&decision)) {
            Accepted accepted{change->row, change->kind, change->stamp};
            write(std::move(*change));
            return accepted;
        }
        if (auto* replayed = std::get_if<Replayed>(&decision)) return std::move(*replayed);
        if (auto* forward = std::get_if<ForwardHome>(&decision)) return std::move(*forward);
        return std::move(std::get<Refused>(decision));
    }

    // What no write may say is put back in the table, and stays listed.
    void take_in(const Captured& captured) {
        CapturedWrite done = captured_write(schema_, captured, *this);
        if (!done.change) {
            if (const Row* row = record(captured.record)) put_joined(*row);
            return;
        }
        if (!done.put_back.empty()) {
            const Row here = *record(captured.record);
            list_conflict("sql", done.put_back, here, done.wanted, done.change->row);
        }
        write(std::move(*done.change));
    }

    void write(Change change) {
        const Hash128 row_hash = write_log(change);
        remember(change);
        put(std::move(change.row), row_hash);
        ++next_seq;
    }

    // The intent, without what it says about the version.
    static Intent whatever(Intent intent) {
        intent.precondition = {};
        intent.precondition.if_match_any = true;
        return intent;
    }

    // One's own change: its row's JSON is made once, for the log and for the row's hash.
    Hash128 write_log(const Change& change) {
        row_json_.clear();
        append_row_json(row_json_, schema_[change.row.resource], change.row);
        log(change.stamp.dot, change.at, change_json(schema_, change, row_json_));
        loaded_.ledger.stamp = std::max(loaded_.ledger.stamp, change.stamp);
        return hash_of(row_json_);
    }

    void log(const Dot& dot, Time at, std::string json) {
        store::OriginMark& mark = loaded_.ledger.origins[dot.origin];
        mark.received = dot.seq;
        mark.applied = applied_of(dot.origin, mark);
        mark.hash = chain(mark.hash, json);
        saved_.log.push_back({dot, at, std::move(json), mark.hash});
    }

    // Everything below the lowest change that is parked.
    std::uint64_t applied_of(const OriginId& origin, const store::OriginMark& mark) const {
        const auto& parked = loaded_.ledger.parked;
        const auto lowest = parked.lower_bound(Dot{origin, 0});
        const bool none = lowest == parked.end() || lowest->first.origin != origin;
        return none ? mark.received : lowest->first.seq - 1;
    }

    void remember(const Change& change) {
        if (fault_planted("request.forget")) return;
        const RequestSeen seen = seen_by(change);
        for (const RequestId& id : change.request.ids)
            remember(id, seen);
    }

    // The earliest of one request's effects is what a repeat is answered from.
    void remember(const RequestId& id, const RequestSeen& seen) {
        const auto [known, fresh] = loaded_.requests.try_emplace(id, seen);
        const bool more = !fresh && add_effects(known->second, seen);
        if (fresh || more) saved_.requests.emplace_back(id, known->second);
        if (!more) return;
        for (const ExtraRecord& extra : extra_records(known->second, node())) {
            auto change = model::take_back(schema_, extra, *this);
            if (change) take_back(std::move(*change));
        }
    }

    // Whatever else was written to it is lost, and listed.
    void take_back(Change change) {
        const Row here = *record(change.row.ref());
        if (version_of(here) > 1) list_conflict("twin", {}, here, change.row, change.row);
        write(std::move(change));
    }

    Result<Done> take(const ChangeRun& run) {
        if (auto good = check_sequence(run); !good) return good.error();
        Applied applied;
        for (const auto& entry : run.entries) {
            const Dot& dot = entry.change.stamp.dot;
            applied.received = received_of(dot.origin);
            if (dot.seq <= applied.received) continue;  // a duplicate
            const std::string why = why_parked(entry);
            if (why.empty()) {
                log(dot, entry.change.at, entry.json);
                apply(entry.change);
            } else {
                if (loaded_.ledger.parked.size() >= parked_max) return too_many_letters();
                park(entry, why);
                applied.parked.push_back({dot, entry.may_pass});
            }
            applied.received = dot.seq;
        }
        return Done{std::move(applied)};
    }

    static Error too_many_letters() {
        return {Errc::overloaded, "there are " + std::to_string(parked_max) +
                                      " dead letters: changes are held until some are settled"};
    }

    // "": it is applied.
    std::string why_parked(const ChangeRun::Entry& entry) const {
        if (!entry.refused.empty()) return entry.refused;
        const RecordRef ref = entry.change.row.ref();
        if (parked_records_.contains(ref)) return "an earlier change of its record is parked";
        if (!has_room(entry.change.row)) return to_text(entry.change.stamp) + too_many_origins;
        return "";
    }

    // The change is logged and its request known, as if it had been applied: others get it from us.
    void park(const ChangeRun::Entry& entry, std::string why) {
        const Dot& dot = entry.change.stamp.dot;
        const auto record = entry.about();
        put_letter({dot.origin, dot.seq, record, std::move(why), entry.json, now});
        log(dot, entry.readable() ? entry.change.at : now, entry.json);
        if (entry.readable()) remember(entry.change);
    }

    void put_letter(store::DeadLetter letter) {
        loaded_.ledger.parked[{letter.source, letter.seq}] = letter.record;
        if (letter.record) parked_records_.insert(*letter.record);
        saved_.dead_letters.push_back(std::move(letter));
    }

    std::uint64_t received_of(std::string_view origin) const {
        const auto known = loaded_.ledger.origins.find(origin);
        return known == loaded_.ledger.origins.end() ? 0 : known->second.received;
    }

    // What is new follows what is known without a hole, and is nobody's forgery of our own.
    Result<void> check_sequence(const ChangeRun& run) const {
        store::Position at;
        for (const auto& entry : run.entries) {
            const Dot& dot = entry.change.stamp.dot;
            std::uint64_t& seq = at.try_emplace(dot.origin, received_of(dot.origin)).first->second;
            if (dot.seq <= seq) continue;
            const std::string name = dot.origin + ':' + std::to_string(dot.seq);
            if (dot.origin == self) {
                return Error{Errc::invalid, "a fork: " + name + " was not written here"};
            }
            if (dot.seq != seq + 1) return Error{Errc::invalid, "a gap before " + name};
            seq = dot.seq;
        }
        return {};
    }

    // A vector with more entries could be saved, but not read again.
    bool has_room(const Row& there) const {
        const Row* here = record(there.ref());
        if (!here) return true;
        Vector both = here->vector;
        both.join(there.vector);
        return both.entries().size() <= vector_entries_max;
    }

    void apply(const Change& change) {
        const RequestSeen seen = seen_by(change);
        Row there = change.row;
        for (const RequestId& id : change.request.ids) {
            remember(id, seen);
            add_twins(there, *request(id), seen);
        }
        if (fault_planted("apply.drop")) return;
        join_row(there);
    }

    // Only writes that are inside the row, or will be: others are marked when they come.
    void add_twins(Row& there, const RequestSeen& known, const RequestSeen& effect) const {
        const Row* here = record(effect.record);
        for (const Twin& twin : twins_of(known, effect.record, effect.body)) {
            const bool inside =
                there.vector.covers(twin.dot) || (here && here->vector.covers(twin.dot));
            if (inside) join_twins(there.twins, {twin});
        }
    }

    Result<Done> take(const Rows& rows) {
        Applied applied;
        for (const Row& row : rows.rows) {
            const std::string why = !rows.refused.empty() ? rows.refused
                                    : has_room(row)       ? ""
                                                          : to_text(row.key) + too_many_origins;
            if (why.empty()) {
                if (join_row(row)) ++applied.received;
                continue;
            }
            if (!rows.parks) return Error{Errc::invalid, why};
            if (loaded_.ledger.parked.size() >= parked_max) return too_many_letters();
            park_row(row, why);
        }
        for (const auto& [id, seen] : rows.requests) {
            remember(id, seen);
            mark_twins(*request(id));
        }
        for (const auto& [name, mark] : rows.cursors) {
            loaded_.ledger.cursors[name] = mark;
            if (mark.empty()) loaded_.ledger.cursors.erase(name);
            marks_moved_ = true;
        }
        for (const auto& [origin, mark] : rows.raised)
            raise(origin, mark);
        for (const store::DeadLetter& letter : rows.letters) {
            if (loaded_.ledger.parked.contains({letter.source, letter.seq})) continue;
            if (loaded_.ledger.parked.size() >= parked_max) return too_many_letters();
            store::DeadLetter put = letter;
            put.at = now;
            put_letter(std::move(put));
        }
        return Done{applied};
    }

    // A row without a change of its own: named by its key, so that the next one takes its place.
    void park_row(const Row& row, std::string why) {
        const Resource& resource = schema_[row.resource];
        constexpr std::uint64_t seq_mask = (std::uint64_t{1} << 48) - 1;
        std::string json;
        append_row_json(json, resource, row);
        put_letter({"row/" + resource.name, hash_of(to_text(row.key)).low & seq_mask, row.ref(),
                    std::move(why), std::move(json), now});
    }

    Result<Done> take(const ForeignRun& run) {
        ForeignFates fates;
        for (const ForeignWrite& foreign : run.writes) {
            ForeignDecision decided = decide_foreign(schema_, foreign, *this);
            fates.push_back(fate_of(decided, run.adopts));
            if (fates.back().kind != ForeignFate::Kind::adopted) continue;
            adopt(std::get<Adoption>(std::move(decided)));
        }
        return Done{std::move(fates)};
    }

    void adopt(Adoption adoption) {
        const Row& row = adoption.change.row;
        if (adoption.concurrent) {
            list_conflict("fields", adoption.change.written, *record(row.ref()), row, row);
        }
        write(std::move(adoption.change));
    }

    void raise(const OriginId& origin, const store::OriginMark& there) {
        if (origin == self || received_of(origin) >= there.received) return;
        store::OriginMark& mark = loaded_.ledger.origins[origin];
        mark.received = there.received;
        mark.hash = there.hash;
        mark.applied = applied_of(origin, mark);
        marks_moved_ = true;
    }

    Result<Done> take(const Settlement& settlement) {
        Applied applied;
        for (const auto& entry : settlement.replayed) {
            if (!has_room(entry.change.row)) {
                return Error{Errc::rejected, to_text(entry.change.stamp) + too_many_origins};
            }
            apply(entry.change);
        }
        for (const Row& row : settlement.rows) {
            if (!has_room(row)) {
                return Error{Errc::rejected, to_text(row.key) + too_many_origins};
            }
            join_row(row);
        }
        for (const Dot& letter : settlement.letters) {
            const auto parked = loaded_.ledger.parked.find(letter);
            if (parked == loaded_.ledger.parked.end()) continue;
            if (settlement.waived.empty() && !is_inside(letter, parked->second)) {
                return Error{Errc::conflict, letter.origin + ':' + std::to_string(letter.seq) +
                                                 " is not inside the record yet"};
            }
            if (!settlement.waived.empty()) list_waiver(letter, parked->second, settlement.waived);
            settle(letter);
            ++applied.received;
        }
        return Done{applied};
    }

    bool is_inside(const Dot& letter, const std::optional<RecordRef>& ref) const {
        if (!ref) return false;
        const Row* row = record(*ref);
        const bool is_change = loaded_.ledger.origins.contains(letter.origin);
        return row && (!is_change || row->vector.covers(letter));
    }

    void settle(const Dot& letter) {
        loaded_.ledger.parked.erase(letter);
        saved_.settled.push_back(letter);
        const auto mark = loaded_.ledger.origins.find(letter.origin);
        if (mark == loaded_.ledger.origins.end()) return;
        mark->second.applied = applied_of(letter.origin, mark->second);
    }

    // What was given up stays listed. One whose record nobody can tell has no place in that list.
    void list_waiver(const Dot& letter, const std::optional<RecordRef>& ref,
                     const std::string& reason) {
        if (!ref) return;
        saved_.conflicts.push_back({*ref, now, "waived", waiver_detail(letter, reason)});
    }

    // Two effects of one request that are both inside rows already.
    void mark_twins(const RequestSeen& known) {
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

    void put_joined(Row row) {
        row_json_.clear();
        append_row_json(row_json_, schema_[row.resource], row);
        put(std::move(row), hash_of(row_json_));
    }

    bool join_row(const Row& there) {
        const RecordRef ref = there.ref();
        const Row* here = record(ref);
        Joined joined = model::join(schema_[ref.resource], here ? *here : Row{}, there);
        if (joined.clash) {
            const Clash& clash = *joined.clash;
            list_conflict(name_of(clash.kind), clash.fields, *here, there, joined.row);
        }
        if (!joined.changed) return false;
        if (joined.row.vector != there.vector && here->vector != joined.row.vector)
            joined_.push_back(ref);
        put_joined(std::move(joined.row));
        return true;
    }

    void list_conflict(std::string_view kind, const std::vector<FieldId>& fields, const Row& here,
                       const Row& there, const Row& result) {
        std::string detail = conflict_detail(schema_[here.resource], fields, here, there, result);
        saved_.conflicts.push_back({here.ref(), now, std::string{kind}, std::move(detail)});
    }

    // The row becomes part of the overlay, its digest and its number are accounted for.
    void put(Row row, const Hash128& hash) {
        const RecordRef ref = row.ref();
        auto [at, fresh] = loaded_.rows.try_emplace(ref);
        store::Digest& digest = loaded_.ledger.digests[ref.resource];
        Hash128& bucket = digest.buckets[bucket_of(ref.key)];
        // One that another program inserted is in no sum yet: it has no hash.
        const bool was_alive = !fresh && at->second.hash != Hash128{} && at->second.row.alive();
        if (!fresh) bucket -= at->second.hash;
        bucket += hash;
        if (row.alive() && !was_alive) ++digest.rows;
        if (!row.alive() && was_alive) --digest.rows;
        raise_slot(ref);
        at->second = {std::move(row), hash};
        if (touched_set_.insert(ref).second) touched_.push_back(ref);
    }

    std::int64_t own_slot_above(ResourceId resource, std::int64_t number) const {
        const Field& key = schema_[resource].key_field();
        return slot_above(number, key.first_key, schema_.id_slots, surroundings_.node_index);
    }

    void raise_slot(const RecordRef& ref) {
        if (schema_[ref.resource].key_field().key != KeyKind::slots) return;
        const std::int64_t number = std::get<std::int64_t>(ref.key);
        const auto next = free_slot(ref.resource);
        if (!next || number < *next || number > slot_limit) return;
        loaded_.ledger.next_slot[ref.resource] = own_slot_above(ref.resource, number);
    }

    const Schema& schema_;
    store::Loaded loaded_;
    const Surroundings surroundings_;
    store::Saved saved_;
    std::vector<RecordRef> joined_;
    std::vector<RecordRef> touched_;  // in the order of their first write
    boost::unordered_flat_set<RecordRef, std::hash<RecordRef>> touched_set_;
    std::string row_json_;
    boost::unordered_flat_set<RecordRef, std::hash<RecordRef>> parked_records_;
    bool marks_moved_ = false;  // cursors, or positions without entries
    mutable std::uint64_t random_count_ = 0;
};

Batch::Batch(const Schema& schema, store::Loaded loaded, Surroundings surroundings)
    : overlay_(std::make_unique<Overlay>(schema, std::move(loaded), std::move(surroundings))) {}

Batch::~Batch() = default;

Result<Done> Batch::take(const Work& work) {
    return overlay_->take(work);
}

std::vector<RecordRef> Batch::lacks(const Work& work) const {
    return lacking(work, *overlay_);
}

bool Batch::changed() const {
    return overlay_->changed();
}

store::Saved Batch::finish() {
    return overlay_->finish();
}

std::vector<RecordRef> Batch::take_joined() {
    return overlay_->take_joined();
}

}  // namespace reef::commit
