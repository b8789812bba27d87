#include "store/shared_now.hpp"

#include "model/value_text.hpp"
#include "store/columns.hpp"

namespace reef::store {

namespace {

std::string rows_where(const Resource& resource, const Field& field) {
    return "SELECT " + columns_of(resource) + " FROM " + quoted_name(resource.table) + " WHERE " +
           quoted_name(field.name);
}

SharedQuery taken_twice(const Resource& resource, FieldId id) {
    const Field& field = resource.fields[id];
    const std::string name = quoted_name(field.name);
    const std::string twice = " IN (SELECT " + name + " FROM " + quoted_name(resource.table) +
                              " WHERE " + name + " IS NOT NULL GROUP BY " + name +
                              " HAVING count(*) > 1)";
    return {resource.id, rows_where(resource, field) + twice, [&resource, id](const Row& row) {
                return shared_value(resource, id, row.cells[id].value, row.key);
            }};
}

SharedQuery gone_target(const Resource& resource, FieldId id, const Resource& target_of) {
    const Field& field = resource.fields[id];
    const std::string buried = " IN (SELECT " + quoted_name(target_of.key_field().name) + " FROM " +
                               quoted_name(tombstones_of(target_of)) + ')';
    return {resource.id, rows_where(resource, field) + buried,
            [&resource, &target_of, id](const Row& row) {
                const auto key = key_from(target_of.key_field(), row.cells[id].value);
                if (!key) return Conflict{};
                return buried_target({target_of.id, *key}, target_of, resource, id);
            }};
}

SharedQuery low_counter(const Resource& resource, FieldId id) {
    const Field& field = resource.fields[id];
    const std::string lowest = " = " + quoted_text(to_text(field, *field.min));
    return {resource.id, rows_where(resource, field) + lowest, [&resource, id](const Row& row) {
                const bool is_short = shortfall(resource, row, id).has_value();
                return is_short ? counter_shortfall(resource, row, id) : Conflict{};
            }};
}

}  // namespace

const char* const forget_shared_sql =
    "DELETE FROM atoll_conflicts WHERE kind IN ('unique', 'dangling', 'counter')";

std::string shared_fields_text(const Schema& schema) {
    std::string text;
    for (const Resource& resource : schema.resources) {
        for (const Field& field : resource.fields) {
            const std::string name = resource.name + '.' + field.name;
            if (field.unique) text += name + " unique\n";
            if (!field.refers_to.empty()) text += name + " of " + field.refers_to + '\n';
            if (field.merge == Merge::counter && field.min)
                text += name + " min " + to_text(field, *field.min) + '\n';
        }
    }
    return text;
}

std::vector<SharedQuery> shared_queries(const Schema& schema) {
    std::vector<SharedQuery> all;
    for (const Resource& resource : schema.resources) {
        for (FieldId id = 0; id < resource.fields.size(); ++id) {
            const Field& field = resource.fields[id];
            if (!resource.has_state(id)) continue;
            if (field.unique) all.push_back(taken_twice(resource, id));
            const Resource* target_of =
                field.refers_to.empty() ? nullptr : schema.find(field.refers_to);
            if (target_of) all.push_back(gone_target(resource, id, *target_of));
            if (field.merge == Merge::counter && field.min)
                all.push_back(low_counter(resource, id));
        }
    }
    return all;
}

}  // namespace reef::store
