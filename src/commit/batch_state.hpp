// What was loaded for a batch, overlaid by what the batch has done so far: the facts by which its
// next item is decided, and all that is saved at its end. Each function here keeps the parts in
// step – a row, its digest and its number; a change, its log entry and its request – and none
// decides anything.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>

#include "commit/batch.hpp"
#include "model/decide.hpp"
#include "store/store.hpp"

namespace reef::commit {

Error too_many_letters();

class BatchState final : public model::Facts {
public:
    BatchState(const model::Schema& schema, store::LoadResult loaded, BatchContext batch_context);
    // Over a batch that is being saved, and what is loaded beside it.
    BatchState(const model::Schema& schema, const store::WriteSet& before,
               BatchContext batch_context);
    void add(store::LoadResult more, BatchContext batch_context);

    const model::Row* record(const model::RecordRef& ref) const override;
    const model::RequestSeen* request(const model::RequestId& id) const override;
    std::optional<model::Key> holder(const model::FieldRef& ref) const override;
    std::optional<model::Claim> claim(const model::FieldRef& ref) const override;
    bool referred(const model::FieldRef& ref) const override;
    std::optional<std::int64_t> free_slot(model::ResourceId resource) const override;
    // What this node has given out is below it. Where it is too high to be true, the numbers begin
    // anew, and pass over those that are taken.
    std::int64_t next_number(model::ResourceId resource) const;
    std::vector<std::int64_t> free_numbers(model::ResourceId resource) const;  // those loaded
    std::array<std::uint8_t, 16> random() const override;
    model::Decider decider(std::string_view home,
                           const std::vector<std::string>& passed) const override;
    bool has_peers() const override { return context_.has_peers; }
    bool has_logged(const model::Vector& writes) const override;

    const model::Schema& schema() const { return schema_; }
    const store::LoadResult& loaded() const { return loaded_; }
    // What the store says holds: a process that slept does not know what became of its lease.
    bool holds_lease() const { return context_.lease == loaded_.ledger.lease; }
    std::uint64_t received_of(std::string_view origin) const;
    bool has_parked(const model::RecordRef& ref) const { return parked_records_.contains(ref); }
    bool is_full_of_letters() const { return loaded_.ledger.parked.size() >= parked_max; }
    // Why a row that came from elsewhere must not be joined: what came of it could not be read, or
    // it says of this node what cannot be. "" for nearly all.
    std::string why_unfit(const model::Row& there) const;
    // Why the record as it is stored cannot be read; null: it can, or is not there.
    const std::string* unreadable(const model::RecordRef& ref) const;
    bool has_unreadable() const { return !loaded_.unreadable.empty(); }
    // As the app's limits have it: what carries a record is made for no larger one.
    std::uint64_t record_bytes_max() const { return context_.record_bytes_max; }

    // The record's number is given out, and never again.
    void give(const model::RecordRef& ref);
    // This node's own write: logged, its requests known, its row put.
    void write(model::Change change);
    void log(const model::Dot& dot, Time at, std::string json);
    void remember(const model::Change& change);
    void remember(const model::RequestId& id, const model::RequestSeen& seen);
    // The event of a write that is logged, or that came inside a row. One request's effects on one
    // record are one event: the earliest stays. What its ids have done is known already.
    void add_event(const model::Change& change);
    void add_event(model::Event event);
    void remove_twin_events(const model::RequestSeen& known);
    // The process begins, which keeps events or does not.
    void begin_events();
    // From when on the list of events is whole: rows came without the changes from before.
    void have_events_from(Time from);
    // Of the records that a request has made, those of this node that are not the first one. What
    // is not here yet stays: an earlier life of this store may have made it.
    void take_back_extra(const model::RequestId& id);
    // Two effects of one request that are both inside rows already.
    void mark_twins(const model::RequestSeen& known);
    // Only writes that are inside the row, or will be: others are marked when they come.
    void add_twins(model::Row& there, const model::RequestSeen& known,
                   const model::RequestSeen& effect) const;
    // Whether the row changed.
    bool join(const model::Row& there);
    void put_joined(model::Row row);
    // Records that are not here.
    void copy(std::shared_ptr<const store::RowCopies> copies);
    // Where it is listed already, its fields are added.
    void list(model::Conflict conflict);
    void list_in_stead(const model::Row& here, const model::Row& there, const model::Row& joined);
    // The open conflicts of its record that the change has seen both sides of.
    void settle_conflicts(const model::Change& change);
    void put_letter(store::DeadLetter letter);
    void settle(const model::Dot& letter);
    // Takes out a record that cannot be read.
    void erase(const model::RecordRef& ref);
    void move_cursor(const std::string& name, const std::string& mark);
    void set_claim(const model::FieldRef& ref, const model::Claim& claim);
    void end_claim(const model::FieldRef& ref);
    // From the next write on, in which a batch goes on under another origin.
    void begin_life(const model::OriginId& origin);
    void raise_next_id(model::ResourceId resource, std::int64_t next);
    // To where a snapshot says that its rows are, without the log's entries.
    void raise(const model::OriginId& origin, const store::OriginMark& there);
    void end_life(const model::OriginId& origin, const store::EndedLife& ended);
    void retire_life(const model::OriginId& origin);
    bool is_beyond_end(const model::Dot& dot) const;

    bool changed() const;
    store::WriteSet finish();  // once, at the end
    std::vector<model::RecordRef> take_joined() { return std::move(joined_); }

private:
    void update(BatchContext batch_context);
    const model::Row* written_with(const model::FieldRef& ref) const;
    Hash128 write_log(const model::Change& change);
    std::uint64_t applied_of(const model::OriginId& origin, const store::OriginMark& mark) const;
    void retract(model::Change change);
    void settle_conflict(const model::Conflict& conflict, const model::Dot& by);
    // What is so now of the record, or is so no longer.
    void look_at(const model::Row* before, const model::Row& after);
    void look_at_counters(const model::Row* before, const model::Row& after);
    // Its hash leaves the sums, and what is saved takes its place.
    void forget_unreadable(const model::RecordRef& ref);
    void put(model::Row row, const Hash128& hash);
    void end_claims(const model::Row& row);
    std::int64_t own_slot_above(model::ResourceId resource, std::int64_t number) const;
    void pass_over(const model::Row& row);

    using Records = boost::unordered_flat_set<model::RecordRef, std::hash<model::RecordRef>>;

    const model::Schema& schema_;
    store::LoadResult loaded_;
    BatchContext context_;
    store::WriteSet saved_;
    std::vector<model::RecordRef> joined_;
    std::vector<model::RecordRef> touched_;  // in the order of their first write
    Records touched_set_;
    Records before_;                        // written by the batch that this one follows
    std::set<std::string> settled_before_;  // conflicts that it settled
    std::set<std::string> shared_;          // of saved_.shared, their conflicts
    Records parked_records_;
    std::string row_json_;
    bool marks_moved_ = false;  // cursors, or positions without entries
    mutable std::uint64_t random_count_ = 0;
};

}  // namespace reef::commit
