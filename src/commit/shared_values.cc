#include "commit/shared_values.hpp"

#include "model/value_text.hpp"

namespace reef::commit {

using namespace model;

namespace {

// Null: it is not among the living.
Value living_value(const Row* row, FieldId field) {
    return row && row->alive() ? row->cells[field].value : Value{};
}

store::SharedValue unique_value(const Resource& resource, FieldId field, const Value& value,
                                const Key& one) {
    return {{resource.id, field, value}, std::nullopt, shared_value(resource, field, value, one)};
}

store::SharedValue reference(const Resource& referring, FieldId field, const Resource& target_of,
                             const RecordRef& target) {
    return {{referring.id, field, value_from(target.key)},
            target,
            buried_target(target, target_of, referring, field)};
}

}  // namespace

std::vector<store::SharedValue> shared_values(
    const Schema& schema, const Row* before, const Row& after,
    const std::function<bool(const RecordRef&)>& is_alive) {
    std::vector<store::SharedValue> all;
    const Resource& resource = schema[after.resource];
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        if ((!field.unique && field.refers_to.empty()) || !resource.has_state(id)) continue;
        const Value was = living_value(before, id);
        const Value is = living_value(&after, id);
        if (was == is) continue;
        for (const Value* value : {&was, &is}) {
            if (is_null(*value)) continue;
            if (field.unique) all.push_back(unique_value(resource, id, *value, after.key));
            const Resource* target_of =
                field.refers_to.empty() ? nullptr : schema.find(field.refers_to);
            auto key = target_of ? key_from(target_of->key_field(), *value) : Result<Key>{Error{}};
            if (!key) continue;
            const RecordRef target{target_of->id, std::move(*key)};
            if (!is_alive(target)) all.push_back(reference(resource, id, *target_of, target));
        }
    }
    const bool was_alive = before ? before->alive() : true;  // what is new was no tombstone
    if (was_alive == after.alive()) return all;
    for (const Resource& other : schema.resources) {
        for (FieldId id = 0; id < other.fields.size(); ++id) {
            if (other.fields[id].refers_to == resource.name)
                all.push_back(reference(other, id, resource, after.ref()));
        }
    }
    return all;
}

}  // namespace reef::commit
