#include <algorithm>
#include <charconv>

#include "model/row.hpp"
#include "model/row_text.hpp"
#include "model/value_text.hpp"

namespace reef::model {

namespace {

constexpr std::string_view superseded_word = " as ";

// As append_name(), with a name that another node's schema gave.
void append_foreign_name(std::string& out, std::string_view name) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
}

// A stamp equal to the life's own is not written: most of a new record's are.
void append_stamps(std::string& out, const Resource& resource, const Row& row) {
    append_name(out, "stamps");
    out += '{';
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        const Field& field = resource.fields[id];
        if (!resource.has_state(id) || field.merge == Merge::counter) continue;
        if (row.cells[id].stamp == row.life.stamp) continue;
        append_name(out, field.name);
        append_quoted(out, to_text(row.cells[id].stamp));
    }
    for (const UnknownField& field : row.unknown) {
        if (field.value.empty() || field.stamp == row.life.stamp) continue;
        append_foreign_name(out, field.name);
        append_quoted(out, to_text(field.stamp));
    }
    out += '}';
}

void append_unknown_values(std::string& out, const Row& row) {
    for (const UnknownField& field : row.unknown) {
        if (field.value.empty()) continue;
        append_foreign_name(out, field.name);
        out += field.value;
    }
}

void append_counters(std::string& out, const Resource& resource, const Row& row) {
    bool any = false;
    const auto append = [&](std::string_view name, const std::vector<CounterPart>& parts) {
        if (parts.empty()) return;
        if (!any) {
            append_name(out, "counters");
            out += '{';
            any = true;
        }
        append_foreign_name(out, name);
        append_counter(out, parts);
    };
    for (FieldId id = 0; id < row.cells.size(); ++id)
        append(resource.fields[id].name, row.cells[id].parts);
    for (const UnknownField& field : row.unknown)
        append(field.name, field.parts);
    if (any) out += '}';
}

void append_state(std::string& out, const Resource& resource, const Row& row) {
    append_name(out, "life");
    append_quoted(out, life_text(row.life));
    append_stamps(out, resource, row);
    append_counters(out, resource, row);
    append_twins(out, resource, row);
}

Error bad(std::string what) {
    return {Errc::invalid, std::move(what)};
}

std::optional<std::int64_t> read_integer(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

std::optional<std::int64_t> read_integer(const Json& json) {
    return json.is(Json::Kind::number) ? read_integer(json.text) : std::nullopt;
}

// The unknown field of this name, added where it is not there yet.
UnknownField& unknown_field(Row& row, std::string_view name) {
    const auto at = std::lower_bound(
        row.unknown.begin(), row.unknown.end(), name,
        [](const UnknownField& field, std::string_view n) { return field.name < n; });
    if (at != row.unknown.end() && at->name == name) return *at;
    UnknownField made;
    made.name = name;
    return *row.unknown.insert(at, std::move(made));
}

Result<void> read_value(const Resource& resource, const std::string& name, const Json& json,
                        Row& row) {
    const auto id = resource.find_field(name);
    if (!id) {
        append_json(unknown_field(row, name).value, json);
        return {};
    }
    if (!resource.has_state(*id) || resource.fields[*id].merge == Merge::counter) {
        return bad("the field " + name + " has no value of its own here");
    }
    // Checked by form only: the rules of the writer's schema held when it was written.
    Field any = resource.fields[*id];
    any.nullable = any.nullable || any.type != FieldType::json;
    any.min.reset();
    any.max.reset();
    any.text_max = 0;
    any.pattern.clear();
    any.key = KeyKind::none;
    auto read = read_json(any, json);
    if (!read) return bad("the field " + name + ' ' + read.error().what);
    row.cells[*id].value = std::move(*read);
    return {};
}

// A field that the writer's schema did not have yet begins with its default.
Result<void> read_values(const Resource& resource, const Json& json, Row& row) {
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        const Field& field = resource.fields[id];
        if (!resource.has_state(id) || field.merge == Merge::counter) continue;
        if (field.default_value) row.cells[id].value = *field.default_value;
    }
    for (const auto& [name, value] : json.members) {
        if (auto done = read_value(resource, name, value, row); !done) return done;
    }
    return {};
}

Result<void> read_stamp(const Resource& resource, std::string_view name, std::string_view text,
                        Row& row) {
    const auto stamp = parse_stamp(text);
    if (!stamp) return bad("the stamp of " + std::string{name} + " is not one");
    const auto id = resource.find_field(name);
    if (!id) {
        unknown_field(row, name).stamp = *stamp;
    } else if (resource.has_state(*id) && resource.fields[*id].merge != Merge::counter) {
        row.cells[*id].stamp = *stamp;
    }  // else: another merge rule than when it was saved
    return {};
}

Result<void> read_counters(const Resource& resource, const Json& json, Row& row) {
    for (const auto& [name, counter] : json.members) {
        const auto id = resource.find_field(name);
        if (id && resource.fields[*id].merge != Merge::counter) continue;
        auto& parts = id ? row.cells[*id].parts : unknown_field(row, name).parts;
        for (const auto& [origin, part] : counter.members) {
            const auto total = part.items.size() == 2 ? read_integer(part.items[0]) : std::nullopt;
            const auto stamp = total ? parse_stamp(part.items[1].text) : std::nullopt;
            const bool sorted = parts.empty() || parts.back().origin < origin;
            if (!stamp || !sorted || parts.size() >= vector_entries_max) {
                return bad("the counter " + name + " is not one");
            }
            parts.push_back({origin, *total, *stamp});
        }
    }
    return {};
}

// ["us.k3f9",7] or ["us.k3f9",7,"1 us.k3f9:3@…",{"stock":-2}]
std::optional<Twin> read_twin(const Resource& resource, const Json& json) {
    const auto& items = json.items;
    if (items.size() != 2 && items.size() != 4) return std::nullopt;
    const auto seq = read_integer(items[1]);
    if (!is_origin(items[0].text) || !seq || *seq < 1) return std::nullopt;
    Twin twin;
    twin.dot = {items[0].text, static_cast<std::uint64_t>(*seq)};
    if (items.size() == 2) return twin;
    const auto life = parse_life(items[2].text);
    if (!life) return std::nullopt;
    for (const auto& [name, delta] : items[3].members) {
        const auto field = resource.find_field(name);
        const auto number = read_integer(delta);
        if (!number) return std::nullopt;
        if (field) twin.deltas.emplace_back(*field, *number);
    }
    std::sort(twin.deltas.begin(), twin.deltas.end());
    if (!twin.deltas.empty()) twin.life = *life;
    return twin;
}

Result<void> read_twins(const Resource& resource, const Json& json, Row& row) {
    for (const Json& item : json.items) {
        auto twin = read_twin(resource, item);
        const bool sorted = twin && (row.twins.empty() || row.twins.back().dot < twin->dot);
        if (!sorted) return bad("the row's twins are not such");
        row.twins.push_back(std::move(*twin));
    }
    return {};
}

// A field without a stamp of its own is as old as the row's life.
Result<void> read_life(const Resource& resource, std::string_view text, Row& row) {
    const auto life = parse_life(text);
    if (!life) return bad("the row's life is not one");
    row.life = *life;
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        const bool stamped = resource.has_state(id) && resource.fields[id].merge != Merge::counter;
        if (stamped) row.cells[id].stamp = row.life.stamp;
    }
    for (UnknownField& field : row.unknown)
        field.stamp = row.life.stamp;
    return {};
}

// What is beside the values: life, stamps, counters, twins.
Result<void> read_state(const Resource& resource, const Json& json, Row& row) {
    const Json* life = json.find("life");
    if (auto done = read_life(resource, life ? life->text : "", row); !done) return done;
    if (const Json* stamps = json.find("stamps")) {
        for (const auto& [name, stamp] : stamps->members) {
            if (auto done = read_stamp(resource, name, stamp.text, row); !done) return done;
        }
    }
    if (const Json* counters = json.find("counters")) {
        if (auto done = read_counters(resource, *counters, row); !done) return done;
    }
    if (const Json* twins = json.find("twins")) return read_twins(resource, *twins, row);
    return {};
}

// {"life":"…","stamps":{"price":"…"}} is what nearly all rows have beside their values, and a tree
// of it would be a tenth of what a GET costs: it is read where it lies.
class PlainState {
public:
    // nullopt: there is more, or something else. Then the tree says what.
    static std::optional<PlainState> from(std::string_view text) {
        PlainState state{text};
        if (text.find('\\') != text.npos) return std::nullopt;
        if (!state.skip("{\"life\":")) return std::nullopt;
        state.life = state.string();
        if (!state.skip(",\"stamps\":{")) return std::nullopt;
        while (!state.skip("}}")) {
            if (!state.stamps.empty() && !state.skip(",")) return std::nullopt;
            const std::string_view name = state.string();
            if (!state.skip(":")) return std::nullopt;
            state.stamps.emplace_back(name, state.string());
        }
        if (!state.rest_.empty()) return std::nullopt;
        return state;
    }

    std::string_view life;
    std::vector<std::pair<std::string_view, std::string_view>> stamps;

private:
    explicit PlainState(std::string_view text) : rest_(text) {}

    bool skip(std::string_view token) {
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }

    // "" when there is none: no name, life or stamp is empty.
    std::string_view string() {
        const std::size_t end = rest_.starts_with('"') ? rest_.find('"', 1) : rest_.npos;
        if (end == rest_.npos) return {};
        const std::string_view inside = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return inside;
    }

    std::string_view rest_;
};

Result<void> check_unknown(const Row& row) {
    for (const UnknownField& field : row.unknown) {
        if (field.value.empty() == field.parts.empty()) {
            return bad("the field " + field.name + " is neither a value nor a counter");
        }
    }
    return {};
}

}  // namespace

void append_row_json(std::string& out, const Resource& resource, const Row& row) {
    out += '{';
    append_name(out, "key");
    append_json(out, resource.key_field(), value_from(row.key));
    append_name(out, "vector");
    out += '"';
    append_text(out, row.vector);
    out += '"';
    append_name(out, "fields");
    out += '{';
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        const Field& field = resource.fields[id];
        if (!resource.has_state(id) || field.merge == Merge::counter) continue;
        append_name(out, field.name);
        append_json(out, field, row.cells[id].value);
    }
    append_unknown_values(out, row);
    out += '}';
    append_state(out, resource, row);
    out += '}';
}

Result<Row> read_row_json(const Resource& resource, const Json& json) {
    Row row;
    row.resource = resource.id;
    row.cells.resize(resource.fields.size());
    const Json* key = json.find("key");
    const Json* vector = json.find("vector");
    const Json* fields = json.find("fields");
    if (!key || !vector || !fields) return bad("a row lacks its key, vector or fields");
    Field any_key = resource.key_field();
    any_key.pattern.clear();
    const auto key_value = read_json(any_key, *key);
    if (!key_value) return bad("the row's key " + key_value.error().what);
    row.key = *key_from(resource.key_field(), *key_value);
    auto writes = parse_vector(vector->text);
    if (!writes) return bad("the row's vector is not one");
    row.vector = std::move(*writes);
    if (auto done = read_values(resource, *fields, row); !done) return done.error();
    if (auto done = read_state(resource, json, row); !done) return done.error();
    if (auto done = check_row(resource, row); !done) return done.error();
    return row;
}

Result<void> check_row(const Resource& resource, const Row& row) {
    const auto inside = [&row](const Stamp& stamp) { return row.vector.covers(stamp.dot); };
    const auto parts_inside = [&inside](const std::vector<CounterPart>& parts) {
        return std::all_of(parts.begin(), parts.end(), [&inside](const CounterPart& part) {
            return part.origin == part.stamp.dot.origin && inside(part.stamp);
        });
    };
    if (!inside(row.life.stamp)) return bad("the row's life began with a write it does not hold");
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        const Cell& cell = row.cells[id];
        const bool stamped = resource.has_state(id) && resource.fields[id].merge != Merge::counter;
        if ((stamped && !inside(cell.stamp)) || !parts_inside(cell.parts)) {
            return bad("the field " + resource.fields[id].name + " is of a write it does not hold");
        }
    }
    for (const UnknownField& field : row.unknown) {
        if ((!field.value.empty() && !inside(field.stamp)) || !parts_inside(field.parts)) {
            return bad("the field " + field.name + " is of a write it does not hold");
        }
    }
    for (const Twin& twin : row.twins) {
        if (!row.vector.covers(twin.dot)) return bad("the row has a twin that it does not hold");
    }
    if (row.twins.size() >= row.vector.writes()) return bad("the row has only twins");
    return check_unknown(row);
}

Result<void> check_saved(const Resource& resource, const Row& row) {
    const auto& entries = row.vector.entries();
    const bool counted = std::all_of(entries.begin(), entries.end(), [](const VectorEntry& entry) {
        return entry.count > 0 && entry.count <= entry.seq && entry.seq <= seq_max;
    });
    if (!counted || entries.empty() || entries.size() > vector_entries_max) {
        return bad("the row's vector could not be read again");
    }
    if (latest_stamp(row).time > stamp_time_max) return bad("the row has a time beyond all bounds");
    return check_row(resource, row);
}

// What the schema did not know when the row was saved it may know now.
std::string state_json(const Resource& resource, const Row& row) {
    std::string json = "{";
    const bool any = std::any_of(row.unknown.begin(), row.unknown.end(),
                                 [](const UnknownField& field) { return !field.value.empty(); });
    if (any) {
        json += "\"unknown\":{";
        append_unknown_values(json, row);
        json += '}';
    }
    append_state(json, resource, row);
    json += '}';
    return json;
}

Result<void> read_state_json(const Resource& resource, std::string_view text, Row& row) {
    row.cells.resize(resource.fields.size());
    if (text.empty()) {
        row.life = {1, base_stamp()};
        for (FieldId id = 0; id < row.cells.size(); ++id) {
            if (resource.has_state(id)) row.cells[id].stamp = base_stamp();
        }
        return {};
    }
    if (const auto plain = PlainState::from(text)) {
        if (auto done = read_life(resource, plain->life, row); !done) return done;
        for (const auto& [name, stamp] : plain->stamps) {
            if (auto done = read_stamp(resource, name, stamp, row); !done) return done;
        }
        return {};
    }
    const auto json = parse_json(text, json_depth_wrapped_max);
    if (!json) return json.error();
    if (const Json* unknown = json->find("unknown")) {
        for (const auto& [name, value] : unknown->members) {
            const auto id = resource.find_field(name);
            if (id && resource.fields[*id].merge == Merge::counter) continue;
            if (auto done = read_value(resource, name, value, row); !done) return done;
        }
    }
    return read_state(resource, *json, row);
}

std::string life_text(const Life& life) {
    std::string text = std::to_string(life.n) + ' ' + to_text(life.stamp);
    if (life.superseded_by)
        text += std::string{superseded_word} + std::to_string(*life.superseded_by);
    return text;
}

std::optional<Life> parse_life(std::string_view text) {
    Life life;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, life.n);
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != ' ') return std::nullopt;
    if (life.n == 0 || life.n > seq_max || text.front() == '0') return std::nullopt;
    std::string_view rest{read.ptr + 1, end};
    if (const std::size_t as = rest.find(superseded_word); as != rest.npos) {
        const std::string_view number = rest.substr(as + superseded_word.size());
        life.superseded_by = read_integer(number);
        if (!life.superseded_by || life.alive() || std::to_string(*life.superseded_by) != number) {
            return std::nullopt;
        }
        rest = rest.substr(0, as);
    }
    const auto stamp = parse_stamp(rest);
    if (!stamp) return std::nullopt;
    life.stamp = *stamp;
    return life;
}

}  // namespace reef::model
