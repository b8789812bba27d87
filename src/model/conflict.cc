#include "model/conflict.hpp"

#include <algorithm>
#include <map>

#include "model/value_text.hpp"

namespace reef::model {

namespace {

constexpr std::size_t id_digits = 20;

std::string id_of(const Resource& resource, const Key& key, std::string_view kind,
                  std::string_view writes) {
    std::string text{kind};
    text += ' ' + resource.name + '/' + to_text(key) + '\n';
    text += writes;
    return to_hex(hash_of(text)).substr(0, id_digits);
}

std::string names_json(const std::vector<std::string>& names) {
    std::string json = "{\"fields\":[";
    for (const std::string& name : names) {
        if (json.back() != '[') json += ',';
        append_json_string(json, name);
    }
    return json += ']';
}

std::vector<std::string> names_of(const Resource& resource, const std::vector<FieldId>& fields) {
    std::vector<std::string> names;
    for (const FieldId id : fields)
        names.push_back(resource.fields[id].name);
    return names;
}

Conflict conflict_of(const Resource& resource, std::string_view kind,
                     const std::vector<FieldId>& fields, const Row& kept, const Row& lost,
                     const Dot& write, std::string_view writes) {
    Conflict conflict;
    conflict.record = lost.ref();
    conflict.kind = kind;
    conflict.id = id_of(resource, lost.key, kind, writes);
    conflict.lost = write;
    conflict.detail = names_json(names_of(resource, fields)) + ",\"kept\":";
    append_row_json(conflict.detail, resource, kept);
    conflict.detail += ",\"lost\":";
    append_row_json(conflict.detail, resource, lost);
    conflict.detail += '}';
    return conflict;
}

bool is_twin_in(const Row& row, const Dot& write) {
    return std::any_of(row.twins.begin(), row.twins.end(),
                       [&write](const Twin& twin) { return twin.dot == write; });
}

// The last write of each origin that the life which won has not seen. A request's second effect
// says nothing that its first one does not.
std::vector<Conflict> conflicts_of_lives(const Resource& resource, const Row& kept,
                                         const Row& lost) {
    std::vector<Conflict> all, twins;
    for (const VectorEntry& entry : lost.vector.entries()) {
        const Dot write{entry.origin, entry.seq};
        if (kept.vector.covers(write)) continue;
        const bool twin = is_twin_in(lost, write) || is_twin_in(kept, write);
        (twin ? twins : all).push_back(conflict_about(resource, "life", {}, kept, lost, write));
    }
    return all.empty() ? twins : all;
}

// {"fields":[…] and what follows it, as it was written: no field's name has a bracket.
std::string_view behind_fields(std::string_view detail) {
    const std::size_t end = detail.find(']');
    return end == detail.npos ? std::string_view{} : detail.substr(end + 1);
}

struct OldRows {
    Row here, there, result;
};

std::optional<OldRows> read_old(const Resource& resource, const Json& detail) {
    const auto read = [&](std::string_view name) -> std::optional<Row> {
        const Json* json = detail.find(name);
        if (!json) return std::nullopt;
        auto row = read_row_json(resource, *json);
        if (!row) return std::nullopt;
        return std::move(*row);
    };
    auto here = read("here");
    auto there = read("there");
    auto result = read("result");
    if (!here || !there || !result) return std::nullopt;
    return OldRows{std::move(*here), std::move(*there), std::move(*result)};
}

std::vector<Conflict> upgraded_rows(const Resource& resource, const std::string& kind,
                                    const std::vector<FieldId>& fields, const OldRows& rows) {
    const auto& [here, there, result] = rows;
    if (kind == "life" && here.life != there.life) {
        const bool here_lost = here.life < there.life;
        return conflicts_of_lives(resource, here_lost ? there : here, here_lost ? here : there);
    }
    if (kind == "fields")
        return conflicts_of(resource, {Clash::Kind::fields, fields}, here, there, result);
    if (kind == "copies") {
        const bool here_lost = !differing_fields(resource, here, result).empty();
        return {conflict_of_copies(resource, fields, result, here_lost ? here : there)};
    }
    if (kind == "twin")
        return {conflict_about(resource, kind, fields, result, here, latest_stamp(here).dot)};
    if (kind == "sql")
        return {conflict_about(resource, kind, fields, result, there, latest_stamp(result).dot)};
    return {};
}

// The other side of what was written in the home's stead is in the row as well.
bool has_seen_both(const Row& row, const Conflict& conflict) {
    const auto detail = parse_json(conflict.detail, json_depth_wrapped_max + 2);
    const Json* kept = detail ? detail->find("kept") : nullptr;
    const auto vector = kept ? parse_vector(text_at(*kept, "vector")) : std::nullopt;
    if (!vector) return true;
    const Order order = vector->compare(row.vector);
    return order == Order::before || order == Order::equal;
}

std::vector<FieldId> fields_of(const Resource& resource, const Conflict& conflict) {
    std::vector<FieldId> fields;
    for (const std::string& name : fields_in(conflict)) {
        if (const auto id = resource.find_field(name)) fields.push_back(*id);
    }
    return fields;
}

// Those that `of` has and `other` lacks. A request's second effect is none of its own.
std::vector<Dot> writes_beyond(const Row& of, const Row& other, const Row& joined) {
    std::vector<Dot> writes;
    for (const VectorEntry& entry : of.vector.entries()) {
        Dot write{entry.origin, entry.seq};
        const bool own = entry.origin != base_origin && !other.vector.covers(write);
        if (own && !is_twin_in(joined, write)) writes.push_back(std::move(write));
    }
    return writes;
}

}  // namespace

Conflict conflict_about(const Resource& resource, std::string_view kind,
                        const std::vector<FieldId>& fields, const Row& kept, const Row& lost,
                        const Dot& write) {
    return conflict_of(resource, kind, fields, kept, lost, write, to_text(write));
}

std::vector<Conflict> conflicts_in_fields(const Resource& resource,
                                          const std::vector<FieldId>& fields, const Row& kept,
                                          const Row& lost) {
    std::map<Dot, std::vector<FieldId>> by_write;
    for (const FieldId id : fields)
        by_write[lost.cells[id].stamp.dot].push_back(id);
    std::vector<Conflict> all;
    for (const auto& [write, its] : by_write)
        all.push_back(conflict_about(resource, "fields", its, kept, lost, write));
    return all;
}

std::vector<Conflict> in_stead_conflicts(const Resource& resource, const Row& here,
                                         const Row& there, const Row& joined) {
    std::vector<Conflict> all;
    const std::string* home = home_of(resource, joined);
    if (!home) return all;
    const auto only_here = writes_beyond(here, there, joined);
    const auto only_there = writes_beyond(there, here, joined);
    if (only_here.empty() || only_there.empty()) return all;
    const auto fields = differing_fields(resource, here, there);
    const auto add = [&](const std::vector<Dot>& writes, const Row& by, const Row& other) {
        for (const Dot& write : writes) {
            if (node_of(write.origin) == *home) continue;
            all.push_back(conflict_about(resource, "in_stead", fields, other, by, write));
        }
    };
    add(only_here, here, there);
    add(only_there, there, here);
    return all;
}

std::vector<Conflict> conflicts_of(const Resource& resource, const Clash& clash, const Row& here,
                                   const Row& there, const Row& joined) {
    if (clash.kind == Clash::Kind::life) {
        const bool here_lost = here.life < there.life;
        return conflicts_of_lives(resource, here_lost ? there : here, here_lost ? here : there);
    }
    std::vector<FieldId> lost_here, lost_there;
    for (const FieldId id : clash.fields) {
        const bool there_won = joined.cells[id].stamp != here.cells[id].stamp;
        (there_won ? lost_here : lost_there).push_back(id);
    }
    auto all = conflicts_in_fields(resource, lost_here, there, here);
    for (Conflict& conflict : conflicts_in_fields(resource, lost_there, here, there))
        all.push_back(std::move(conflict));
    return all;
}

std::vector<FieldId> differing_fields(const Resource& resource, const Row& here, const Row& there) {
    std::vector<FieldId> fields;
    for (FieldId id = 0; id < here.cells.size(); ++id) {
        const bool said = resource.fields[id].set != SetBy::on_write;
        if (said && here.cells[id].value != there.cells[id].value) fields.push_back(id);
    }
    return fields;
}

// The two have one name: what the copy says tells them apart.
Conflict conflict_of_copies(const Resource& resource, const std::vector<FieldId>& fields,
                            const Row& kept, const Row& lost) {
    std::string copy;
    for (const FieldId id : fields) {
        copy += resource.fields[id].name + '=';
        append_json(copy, resource.fields[id], lost.cells[id].value);
        copy += '\n';
    }
    return conflict_of(resource, "copies", fields, kept, lost, latest_stamp(lost).dot, copy);
}

Conflict waived_letter(const Resource& resource, const RecordRef& record, const Dot& letter,
                       const std::string& reason) {
    Conflict conflict;
    conflict.record = record;
    conflict.kind = "waived";
    conflict.lost = letter;
    conflict.id = id_of(resource, record.key, conflict.kind, to_text(letter));
    conflict.detail = "{\"fields\":[],\"letter\":";
    append_json_string(conflict.detail, to_text(letter));
    conflict.detail += ",\"reason\":";
    append_json_string(conflict.detail, reason);
    conflict.detail += '}';
    return conflict;
}

Conflict shared_value(const Resource& resource, FieldId field, const Value& value, const Key& one) {
    Conflict conflict;
    conflict.record = {resource.id, one};
    conflict.kind = "unique";
    std::string text = resource.fields[field].name + '=';
    std::string json;
    append_json(json, resource.fields[field], value);
    text += json;
    conflict.id = id_of(resource, Key{std::string{}}, conflict.kind, text);
    conflict.detail = names_json({resource.fields[field].name}) + ",\"value\":" + json + '}';
    return conflict;
}

Conflict buried_target(const RecordRef& target, const Resource& target_of,
                       const Resource& referring, FieldId field) {
    Conflict conflict;
    conflict.record = target;
    conflict.kind = "dangling";
    const std::string& name = referring.fields[field].name;
    conflict.id = id_of(target_of, target.key, conflict.kind, referring.name + '.' + name);
    conflict.detail = names_json({name}) + ",\"of\":";
    append_json_string(conflict.detail, referring.name);
    conflict.detail += '}';
    return conflict;
}

std::optional<std::int64_t> shortfall(const Resource& resource, const Row& row, FieldId field) {
    const Field& counter = resource.fields[field];
    if (counter.merge != Merge::counter || !counter.min || !row.alive()) return std::nullopt;
    const auto* min = std::get_if<std::int64_t>(&*counter.min);
    const std::int64_t sum = counter_sum(row, field);
    if (!min || sum >= *min) return std::nullopt;
    return add_wrapped(*min, add_wrapped(~sum, 1));
}

Conflict counter_shortfall(const Resource& resource, const Row& row, FieldId field) {
    Conflict conflict;
    conflict.record = row.ref();
    conflict.kind = "counter";
    conflict.id = id_of(resource, row.key, conflict.kind, resource.fields[field].name);
    conflict.detail = names_json({resource.fields[field].name});
    conflict.detail += ",\"sum\":";
    append_json(conflict.detail, resource.fields[field], Value{counter_sum(row, field)});
    conflict.detail += ",\"min\":";
    append_json(conflict.detail, resource.fields[field], *resource.fields[field].min);
    conflict.detail += '}';
    return conflict;
}

bool is_of_now(const Conflict& conflict) {
    return conflict.kind == "unique" || conflict.kind == "dangling" || conflict.kind == "counter";
}

std::vector<Conflict> upgraded(const Resource& resource, const Conflict& listed) {
    std::vector<Conflict> all;
    const auto detail = parse_json(listed.detail, json_depth_wrapped_max + 2);
    if (detail) {
        if (const auto rows = read_old(resource, *detail)) {
            all = upgraded_rows(resource, listed.kind, fields_of(resource, listed), *rows);
        } else if (const auto letter = parse_dot(text_at(*detail, "letter"))) {
            all = {waived_letter(resource, listed.record, *letter, text_at(*detail, "reason"))};
        }
    }
    if (all.empty()) {
        all = {listed};
        all.front().id = id_of(resource, listed.record.key, listed.kind, listed.detail);
    }
    for (Conflict& conflict : all)
        conflict.at = listed.at;
    return all;
}

std::vector<std::string> fields_in(const Conflict& conflict) {
    std::vector<std::string> names;
    const std::size_t rest = behind_fields(conflict.detail).size();
    const std::string head = conflict.detail.substr(0, conflict.detail.size() - rest) + '}';
    const auto json = rest > 0 ? parse_json(head) : Result<Json>{Error{}};
    const Json* fields = json ? json->find("fields") : nullptr;
    if (!fields) return names;
    for (const Json& field : fields->items)
        names.push_back(field.text);
    return names;
}

void add_fields(Conflict& known, const Conflict& more) {
    std::vector<std::string> names = fields_in(known);
    const std::size_t before = names.size();
    for (std::string& name : fields_in(more)) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(std::move(name));
    }
    if (names.size() == before) return;
    const std::string rest{behind_fields(known.detail)};
    known.detail = names_json(names) + rest;
}

bool settles(const Resource& resource, const Change& change, const Row* before,
             const Conflict& conflict) {
    const Row& row = change.row;
    if (conflict.lost.origin.empty()) return false;  // no write lost: it is what is so now
    if (!row.vector.covers(conflict.lost) || change.stamp.dot == conflict.lost) return false;
    const bool other_life = before && row.life < before->life;
    if (other_life) return false;  // it lost as well
    if (conflict.kind == "in_stead") return has_seen_both(row, conflict);
    if (conflict.kind != "fields") return true;
    if (before && before->life < row.life) return true;
    // Whoever wrote the value that lost, and goes on without having seen the other one, still has
    // it in his row.
    const auto fields = fields_of(resource, conflict);
    return std::none_of(fields.begin(), fields.end(),
                        [&](FieldId id) { return row.cells[id].stamp.dot == conflict.lost; });
}

bool is_replaced_by(const Conflict& earlier, const Conflict& later) {
    const bool by_write = earlier.kind == "life" || earlier.kind == "in_stead";
    return earlier.kind == later.kind && by_write && earlier.lost.origin == later.lost.origin &&
           earlier.lost.seq < later.lost.seq;
}

}  // namespace reef::model
