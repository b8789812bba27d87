#include "model/patch.hpp"

#include <algorithm>

#include "model/value_text.hpp"

namespace reef::model {

namespace {

Field without_bounds(Field field) {
    field.min.reset();
    field.max.reset();
    return field;
}

// What several nodes added at once may have brought a sum beyond a bound. Then an addition that
// brings it nearer is welcome, though it is not back yet.
Field bounds_of_addition(Field field, std::int64_t by) {
    if (by >= 0) field.min.reset();
    if (by <= 0) field.max.reset();
    return field;
}

Result<Value> added(const Field& field, const Row& current, const FieldPatch& patch) {
    const auto* by = std::get_if<std::int64_t>(&patch.by);
    const std::int64_t now = counter_sum(current, patch.field);
    std::int64_t sum = 0;
    if (!by || __builtin_add_overflow(now, *by, &sum))
        return Error{Errc::invalid, "must have at most 64 bits"};
    // As if the client had named it.
    std::string text;
    append_json(text, field, Value{sum});
    const auto json = parse_json(text);
    if (!json) return json.error();
    return read_json(bounds_of_addition(field, *by), *json);
}

}  // namespace

bool is_patchable(const Field& field) {
    return field.merge == Merge::counter || field.type == FieldType::json;
}

Result<Value> read_patch_value(const Field& field, const Json& json) {
    if (field.merge == Merge::counter) return read_json(without_bounds(field), json);
    if (!is_patchable(field)) return Error{Errc::invalid, "cannot be patched"};
    if (!json.is(Json::Kind::object)) return Error{Errc::invalid, "must be an object"};
    return read_json(field, json);
}

Result<Value> patched_value(const Resource& resource, const Row& current, const FieldPatch& patch) {
    const Field& field = resource.fields[patch.field];
    if (field.merge == Merge::counter) return added(field, current, patch);
    const auto* by = std::get_if<std::string>(&patch.by);
    const auto* now = std::get_if<std::string>(&current.cells[patch.field].value);
    const auto change = parse_json(by ? *by : "");
    if (!change) return change.error();
    const auto target = parse_json(now ? *now : "null");
    return read_json(field, merged(target ? *target : Json{}, *change));
}

// What is null in the patch is taken out; what is no object takes the place of what was there.
Json merged(Json target, const Json& patch) {
    if (!patch.is(Json::Kind::object)) return patch;
    if (!target.is(Json::Kind::object)) {
        target = {};
        target.kind = Json::Kind::object;
    }
    for (const auto& [name, change] : patch.members) {
        const auto member = std::find_if(target.members.begin(), target.members.end(),
                                         [&](const auto& one) { return one.first == name; });
        const bool is_there = member != target.members.end();
        if (change.is(Json::Kind::null)) {
            if (is_there) target.members.erase(member);
        } else if (is_there) {
            member->second = merged(std::move(member->second), change);
        } else {
            target.members.emplace_back(name, merged(Json{}, change));
        }
    }
    return target;
}

}  // namespace reef::model
