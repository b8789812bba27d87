#include "model/resolution.hpp"

#include <algorithm>

#include "model/value_text.hpp"

namespace reef::model {

namespace {

using Fields = std::vector<std::pair<FieldId, Value>>;

Error impossible(std::string what) {
    return {Errc::conflict, std::move(what)};
}

Intent write_on(const Row& current, WriteKind kind, Fields fields) {
    Intent intent;
    intent.kind = kind;
    intent.resource = current.resource;
    intent.key = current.key;
    intent.fields = std::move(fields);
    intent.precondition.if_match = {current.vector};
    intent.settles = true;
    return intent;
}

// Nothing changes, but for what each write sets by itself.
Intent confirmed(const Row& current) {
    return write_on(current, current.alive() ? WriteKind::update : WriteKind::remove, {});
}

Fields values_in(const Resource& resource, const Row& row, const std::vector<FieldId>& fields) {
    Fields values;
    for (const FieldId id : fields)
        values.emplace_back(id, value_of(resource, row, id));
    return values;
}

// All that a client may set; of a record that comes back also what its first insert had set.
std::vector<FieldId> content_of(const Resource& resource, bool comes_back) {
    std::vector<FieldId> fields;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const SetBy set = resource.fields[id].set;
        const bool said = set == SetBy::client || (comes_back && set != SetBy::on_write);
        if (resource.has_state(id) && said) fields.push_back(id);
    }
    return fields;
}

// What was written to the record after it was made.
std::vector<FieldId> written_later(const Resource& resource, const Row& row) {
    std::vector<FieldId> fields;
    for (const FieldId id : content_of(resource, false)) {
        const bool counter = resource.fields[id].merge == Merge::counter;
        if (!counter && row.cells[id].stamp != row.life.stamp) fields.push_back(id);
    }
    return fields;
}

Result<std::vector<Intent>> keep_lost_life(const Resource& resource, const Row& current,
                                           const Row& lost) {
    if (!lost.alive()) {
        if (!current.alive()) return impossible("the record is deleted already");
        return std::vector{write_on(current, WriteKind::remove, {})};
    }
    const bool comes_back = !current.alive();
    const WriteKind kind = comes_back ? WriteKind::create : WriteKind::update;
    Fields values = values_in(resource, lost, content_of(resource, comes_back));
    return std::vector{write_on(current, kind, std::move(values))};
}

// The lost writes were made to a record that was one too many: they go to the one that stayed.
Result<std::vector<Intent>> keep_lost_twin(const Resource& resource, const Row& current,
                                           const Row& lost) {
    const auto stays = current.life.superseded_by;
    Fields values = values_in(resource, lost, written_later(resource, lost));
    if (!stays || values.empty())
        return impossible("nothing was written to it that the other record could take");
    Intent there;
    there.resource = current.resource;
    there.key = *stays;
    there.fields = std::move(values);
    there.precondition.if_match_any = true;
    return std::vector{std::move(there), confirmed(current)};
}

Result<std::vector<Intent>> keep_lost_fields(const Resource& resource, const Conflict& conflict,
                                             const Row& current, const Row& lost) {
    if (!current.alive()) return impossible("the record was deleted since");
    std::vector<FieldId> fields;
    for (const std::string& name : fields_in(conflict)) {
        const auto id = resource.find_field(name);
        if (!id) return impossible("the app has no field " + name + " any more");
        fields.push_back(*id);
    }
    Fields values = values_in(resource, lost, fields);
    return std::vector{write_on(current, WriteKind::update, std::move(values))};
}

std::string names_in(const Schema& schema, const std::vector<Row>& rows) {
    constexpr std::size_t named_max = 10;
    std::string names;
    for (std::size_t i = 0; i < rows.size() && i < named_max; ++i) {
        names += i == 0 ? "" : ", ";
        names += schema[rows[i].resource].name + '/' + to_text(rows[i].key);
    }
    return rows.size() > named_max ? names + ", …" : names;
}

// The value is taken from these.
Result<std::vector<Intent>> emptied(const Schema& schema, const FieldRef& ref,
                                    const std::vector<Row>& rows) {
    const Field& field = schema[ref.resource].fields[ref.field];
    if (!field.nullable) {
        return impossible(field.name + " can't be empty: change or delete " +
                          names_in(schema, rows) + " instead");
    }
    std::vector<Intent> writes;
    for (const Row& row : rows)
        writes.push_back(write_on(row, WriteKind::update, {{ref.field, Value{}}}));
    return writes;
}

Result<std::vector<Intent>> resolve_counter(const Schema& schema, const Conflict& conflict,
                                            const Row& current, Keep keep) {
    if (keep == Keep::lost)
        return impossible("a counter's sum is what all have added: nothing of it is lost");
    const Resource& resource = schema[current.resource];
    Fields values;
    for (const std::string& name : fields_in(conflict)) {
        const auto id = resource.find_field(name);
        if (id && resource.fields[*id].min) values.emplace_back(*id, *resource.fields[*id].min);
    }
    return std::vector{write_on(current, WriteKind::update, std::move(values))};
}

}  // namespace

void sort_by_insert(std::vector<Row>& holders) {
    std::sort(holders.begin(), holders.end(),
              [](const Row& a, const Row& b) { return a.life.stamp < b.life.stamp; });
}

std::optional<FieldRef> shared_ref(const Schema& schema, const Conflict& conflict) {
    const auto detail = parse_json(conflict.detail, json_depth_wrapped_max + 2);
    const auto names = fields_in(conflict);
    if (!detail || names.empty()) return std::nullopt;
    const Json* of = detail->find("of");
    const Resource* resource = of ? schema.find(of->text) : &schema[conflict.record.resource];
    const auto field = resource ? resource->find_field(names.front()) : std::nullopt;
    if (!field) return std::nullopt;
    if (of) return FieldRef{resource->id, *field, value_from(conflict.record.key)};
    const Json* value = detail->find("value");
    auto read = value ? read_json(resource->fields[*field], *value) : Result<Value>{Error{}};
    if (!read) return std::nullopt;
    return FieldRef{resource->id, *field, std::move(*read)};
}

Conflict with_holders(const Schema& schema, Conflict conflict, const std::vector<Row>& holders) {
    if (holders.empty() || !conflict.detail.ends_with('}')) return conflict;
    std::string& detail = conflict.detail;
    detail.pop_back();
    detail += ",\"records\":[";
    for (const Row& row : holders) {
        if (detail.back() != '[') detail += ',';
        append_json_string(detail, schema[row.resource].name + '/' + to_text(row.key));
    }
    detail += ']';
    if (conflict.kind == "unique") {
        conflict.record = holders.front().ref();
        detail += ",\"kept\":";
        append_row_json(detail, schema[conflict.record.resource], holders.front());
        if (holders.size() > 1) {
            detail += ",\"lost\":";
            append_row_json(detail, schema[conflict.record.resource], holders[1]);
        }
    }
    detail += '}';
    return conflict;
}

Result<std::vector<Intent>> resolution_of_shared(const Schema& schema, const Conflict& conflict,
                                                 const std::optional<Row>& current,
                                                 const std::vector<Row>& holders, Keep keep) {
    const bool lost = keep == Keep::lost;
    if (conflict.kind == "counter") {
        if (!current || !current->alive()) return impossible("the record is gone");
        return resolve_counter(schema, conflict, *current, keep);
    }
    const auto ref = shared_ref(schema, conflict);
    if (!ref || holders.empty()) return impossible("it is so no longer");
    if (conflict.kind == "unique") {
        std::vector<Row> others = holders;
        others.erase(others.begin() + (lost && others.size() > 1 ? 1 : 0));
        return emptied(schema, *ref, others);
    }
    if (!lost) return emptied(schema, *ref, holders);
    if (!current || current->alive()) return impossible("it is so no longer");
    const Resource& resource = schema[current->resource];
    Fields values = values_in(resource, *current, content_of(resource, true));
    return std::vector{write_on(*current, WriteKind::create, std::move(values))};
}

Result<std::vector<Intent>> resolution_of(const Resource& resource, const Conflict& conflict,
                                          const Row& current, Keep keep) {
    if (keep == Keep::kept) return std::vector{confirmed(current)};
    const auto detail = parse_json(conflict.detail, json_depth_wrapped_max + 2);
    const Json* json = detail ? detail->find("lost") : nullptr;
    const auto lost = json ? read_row_json(resource, *json) : Result<Row>{Error{}};
    if (!lost) return impossible("what lost was not kept in a form that can be written again");
    if (conflict.kind == "life") return keep_lost_life(resource, current, *lost);
    if (conflict.kind == "twin") return keep_lost_twin(resource, current, *lost);
    return keep_lost_fields(resource, conflict, current, *lost);
}

}  // namespace reef::model
