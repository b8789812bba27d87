#include "model/new_row.hpp"

#include <algorithm>

namespace reef::model {

namespace {

// The time of receipt, raised above every stamp in the row that the write saw.
Stamp stamp_for(const Intent& intent, const Row* current, const Facts& facts) {
    Time time = intent.received;
    if (current) {
        const Stamp latest = latest_stamp(*current);
        if (latest.time >= time) time.us = latest.time.us + 1;
    }
    return {time, {facts.self, facts.next_seq}};
}

}  // namespace

void add_to_counter(Change& change, FieldId id, std::int64_t delta) {
    auto& parts = change.row.cells[id].parts;
    const OriginId& origin = change.stamp.dot.origin;
    const auto at = std::lower_bound(
        parts.begin(), parts.end(), origin,
        [](const CounterPart& part, const OriginId& o) { return part.origin < o; });
    if (at != parts.end() && at->origin == origin) {
        at->total = add_wrapped(at->total, delta);
        at->stamp = change.stamp;
    } else {
        parts.insert(at, CounterPart{origin, delta, change.stamp});
    }
    change.added.emplace_back(id, delta);
}

void set_field(const Resource& resource, Change& change, FieldId id, const Value& value) {
    if (!resource.has_state(id)) return;
    if (resource.fields[id].merge == Merge::counter) {
        const auto* wanted = std::get_if<std::int64_t>(&value);
        const auto now = static_cast<std::uint64_t>(counter_sum(change.row, id));
        add_to_counter(change, id,
                       add_wrapped(wanted ? *wanted : 0, static_cast<std::int64_t>(0 - now)));
    } else {
        change.row.cells[id].value = value;
        change.row.cells[id].stamp = change.stamp;
    }
}

void set_own_fields(const Resource& resource, Change& change, std::string_view node) {
    const bool created = change.kind == WriteKind::create;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const SetBy set = resource.fields[id].set;
        if (set == SetBy::on_write || (created && set == SetBy::on_create)) {
            set_field(resource, change, id, change.stamp.time.us);
        } else if (created && set == SetBy::node) {
            set_field(resource, change, id, std::string{node});
        }
    }
}

Change begin_change(WriteKind kind, const Intent& intent, const Row* current, const Facts& facts) {
    Change change;
    change.stamp = stamp_for(intent, current, facts);
    change.kind = kind;
    change.request = intent.request;
    change.headers = intent.headers;
    change.traceparent = intent.traceparent;
    change.inputs = intent.inputs;
    change.schema = facts.schema_id;
    change.at = facts.now;
    if (current) change.row = *current;
    change.row.vector.add_write(facts.self, facts.next_seq);
    return change;
}

Change begin_life(const Resource& resource, Key key, const Intent& intent, const Row* buried,
                  const Facts& facts) {
    Change change = begin_change(WriteKind::create, intent, buried, facts);
    change.row.resource = resource.id;
    change.row.key = std::move(key);
    change.row.life = {(buried ? buried->life.n : 0) + 1, change.stamp};
    change.row.cells.assign(resource.fields.size(), Cell{});
    change.row.unknown.clear();
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const bool stamped = resource.has_state(id) && resource.fields[id].merge != Merge::counter;
        if (stamped) change.row.cells[id].stamp = change.stamp;
    }
    return change;
}

bool is_against_order(const Field& field, const Value& now, const Value& wanted) {
    if (field.merge == Merge::lww || field.merge == Merge::counter) return false;
    if (is_null(now) || wanted == now) return false;
    const bool down = is_null(wanted) || wanted < now;
    return down != (field.merge == Merge::min) || is_null(wanted);
}

}  // namespace reef::model
