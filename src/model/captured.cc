#include "model/captured.hpp"

#include <algorithm>

#include "model/new_row.hpp"

namespace reef::model {

namespace {

std::int64_t number_in(const Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number ? *number : 0;
}

// What only the insert sets.
bool is_fixed(const Field& field) {
    return field.set == SetBy::node || field.set == SetBy::on_create;
}

// The writes that a program says its row has seen count as writes of before.
void add_earlier_writes(const Resource& resource, const std::vector<Value>& values, Row& row) {
    const std::int64_t version = resource.version ? number_in(values[*resource.version]) : 1;
    if (version < 2) return;
    const auto earlier = static_cast<std::uint64_t>(version - 1);
    row.vector.put({OriginId{base_origin}, earlier, earlier});
}

Change created(const Resource& resource, const Captured& captured, const Intent& intent,
               const Row* buried, const Facts& facts) {
    const std::vector<Value>& values = *captured.after;
    Change change = begin_life(resource, captured.record.key, intent, buried, facts);
    if (!buried) add_earlier_writes(resource, values, change.row);
    set_own_fields(resource, change, facts.node());
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        if (!resource.has_state(id) || field.set == SetBy::on_write) continue;
        set_field(resource, change, id, values[id]);
        if (field.set == SetBy::client) change.written.push_back(id);
    }
    return change;
}

CapturedWrite updated(const Resource& resource, const Captured& captured, const Intent& intent,
                      const Row& row, const Facts& facts) {
    const std::vector<Value>& before = *captured.before;
    const std::vector<Value>& after = *captured.after;
    CapturedWrite done;
    if (before == after) return done;
    Change change = begin_change(WriteKind::update, intent, &row, facts);
    std::vector<std::pair<FieldId, Value>> refused;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        const bool kept = !resource.has_state(id) || field.set == SetBy::on_write;
        if (kept || before[id] == after[id]) continue;
        if (field.merge == Merge::counter) {
            const auto delta = static_cast<std::uint64_t>(number_in(after[id])) -
                               static_cast<std::uint64_t>(number_in(before[id]));
            add_to_counter(change, id, static_cast<std::int64_t>(delta));
        } else if (is_fixed(field) || is_against_order(field, row.cells[id].value, after[id])) {
            refused.emplace_back(id, after[id]);
            continue;
        } else {
            set_field(resource, change, id, after[id]);
        }
        change.written.push_back(id);
    }
    set_own_fields(resource, change, facts.node());
    done.wanted = change.row;
    for (auto& [id, value] : refused) {
        done.wanted.cells[id].value = std::move(value);
        done.put_back.push_back(id);
    }
    done.change = std::move(change);
    return done;
}

}  // namespace

CapturedWrite captured_write(const Schema& schema, const Captured& captured, const Facts& facts) {
    const Resource& resource = schema[captured.record.resource];
    const Row* row = facts.record(captured.record);
    const bool alive = row && row->alive();
    Intent intent;
    intent.received = std::min(captured.at, facts.now);  // whatever the database's clock says
    CapturedWrite done;
    if (captured.after && captured.before && alive) {
        return updated(resource, captured, intent, *row, facts);
    }
    if (captured.after) {
        done.change = created(resource, captured, intent, row, facts);
    } else if (alive) {
        Change change = begin_change(WriteKind::remove, intent, row, facts);
        change.row.life = {row->life.n + 1, change.stamp};
        set_own_fields(resource, change, facts.node());
        done.change = std::move(change);
    }
    return done;
}

}  // namespace reef::model
