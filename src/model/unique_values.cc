#include "model/unique_values.hpp"

#include <algorithm>

#include "model/refuse.hpp"

namespace reef::model {

namespace {

Refused not_unique(const Resource& resource, FieldId id, const Key& holder) {
    const Field& field = resource.fields[id];
    return refuse(Refusal::not_unique,
                  name_of(resource, holder) + " has this " + field.name + " already", nullptr,
                  pointer_to(field));
}

// The value's home has the last word, unless this node has seen more of the record that has the
// value here or there: then the home has to see that first.
std::optional<Decision> check_answer(const Resource& resource, const ClaimAnswer& answer,
                                     const std::string& home, const Key* own, const Facts& facts) {
    const FieldRef& ref = answer.value;
    const auto holder = answer.taken_by ? answer.taken_by : facts.holder(ref);
    if (!holder || (own && *holder == *own)) return std::nullopt;
    const Row* row = facts.record({resource.id, *holder});
    const bool has_it = row && row->alive() && row->cells[ref.field].value == ref.value;
    if (row && has_it != answer.taken_by.has_value() && !is_inside(row->vector, answer.have))
        return Unclaimed{ref, home, true};
    if (!answer.taken_by) return std::nullopt;
    return not_unique(resource, ref.field, *holder);
}

const ClaimAnswer* answer_for(const FieldRef& value, const Intent& intent) {
    for (const ClaimAnswer& answer : intent.claims) {
        if (answer.value == value) return &answer;
    }
    return nullptr;
}

// While a node is added or taken out, some values have two homes, by one app file and by the other.
bool has_two_homes(const Schema& schema, const FieldRef& ref, const std::string& home,
                   const Facts& facts) {
    return std::any_of(
        facts.other_members.begin(), facts.other_members.end(),
        [&](const auto& members) { return home_of_value(schema, ref, members) != home; });
}

std::optional<Decision> check_unique(const Schema& schema, const Resource& resource,
                                     const Intent& intent, const FieldRef& ref, const Key* own,
                                     const Facts& facts) {
    const std::string home = resource.fields[ref.field].unique_at_home
                                 ? home_of_value(schema, ref, facts.members)
                                 : std::string{};
    const bool here = home.empty() || home == facts.node();
    if (!home.empty() && has_two_homes(schema, ref, home, facts)) {
        const Field& field = resource.fields[ref.field];
        return refuse(
            Refusal::home_unreachable,
            "the app files of the nodes name different members, so that two of them would "
            "keep this " +
                field.name + ": wait until the files are the same",
            nullptr, pointer_to(field));
    }
    if (!here) {
        const ClaimAnswer* answer = answer_for(ref, intent);
        if (!answer) return Unclaimed{ref, home};
        if (answer->in_stead.empty()) return check_answer(resource, *answer, home, own, facts);
    }
    const auto holder = facts.holder(ref);
    if (holder && !(own && *holder == *own)) return not_unique(resource, ref.field, *holder);
    const auto claim = home == facts.node() ? facts.claim(ref) : std::nullopt;
    if (claim && !claim->is_of(intent.request.ids)) return Unclaimed{ref, home};
    return std::nullopt;
}

}  // namespace

std::optional<Decision> check_unique_values(const Schema& schema, const Resource& resource,
                                            const Intent& intent, const Row* current,
                                            const Facts& facts) {
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Value* value = resource.fields[id].unique ? named_value(intent, id) : nullptr;
        if (!value || is_null(*value)) continue;
        if (resource.fields[id].unique_at_home && has_already(current, id, *value)) continue;
        auto no = check_unique(schema, resource, intent, {resource.id, id, *value},
                               current ? &current->key : nullptr, facts);
        if (no) return no;
    }
    return std::nullopt;
}

std::vector<RecordRef> holders_of_claims(const Intent& intent, const Facts& facts) {
    std::vector<RecordRef> holders;
    for (const ClaimAnswer& answer : intent.claims) {
        const auto holder = facts.holder(answer.value);
        if (!holder) continue;
        RecordRef ref{intent.resource, *holder};
        if (!facts.record(ref)) holders.push_back(std::move(ref));
    }
    return holders;
}

}  // namespace reef::model
