#include "model/row.hpp"

#include <algorithm>
#include <charconv>

#include "model/value_text.hpp"

namespace reef::model {

namespace {

// Opens a member of an object: a comma unless it is the first, then "name":
void append_name(std::string& out, std::string_view name) {
    if (out.back() != '{') out += ',';
    out += '"';
    out += name;  // field names need no escapes
    out += "\":";
}

void append_quoted(std::string& out, std::string_view plain) {
    out += '"';
    out += plain;
    out += '"';
}

std::string life_text(const Life& life) {
    return std::to_string(life.n) + ' ' + to_text(life.stamp);
}

std::optional<Life> parse_life(std::string_view text) {
    Life life;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, life.n);
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != ' ') return std::nullopt;
    const auto stamp = parse_stamp({read.ptr + 1, end});
    if (!stamp) return std::nullopt;
    life.stamp = *stamp;
    return life;
}

// "stock":{"us.k3f9":[-2,"us.k3f9:12@…"]}
void append_counter(std::string& out, const std::vector<CounterPart>& parts) {
    out += '{';
    for (const CounterPart& part : parts) {
        append_name(out, part.origin);
        out += '[' + std::to_string(part.total) + ",\"" + to_text(part.stamp) + "\"]";
    }
    out += '}';
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
    out += '}';
}

void append_counters(std::string& out, const Resource& resource, const Row& row) {
    bool any = false;
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        if (resource.fields[id].merge != Merge::counter || row.cells[id].parts.empty()) continue;
        if (!any) {
            append_name(out, "counters");
            out += '{';
            any = true;
        }
        append_name(out, resource.fields[id].name);
        append_counter(out, row.cells[id].parts);
    }
    if (any) out += '}';
}

void append_twins(std::string& out, const Resource& resource, const Row& row) {
    if (row.twins.empty()) return;
    append_name(out, "twins");
    out += '[';
    for (std::size_t i = 0; i < row.twins.size(); ++i) {
        const Twin& twin = row.twins[i];
        if (i > 0) out += ',';
        out += "[\"" + twin.dot.origin + "\"," + std::to_string(twin.dot.seq) + ',' +
               std::to_string(twin.life) + ",{";
        for (const auto& [field, delta] : twin.deltas) {
            append_name(out, resource.fields[field].name);
            out += std::to_string(delta);
        }
        out += "}]";
    }
    out += ']';
}

void append_state(std::string& out, const Resource& resource, const Row& row) {
    append_name(out, "life");
    append_quoted(out, life_text(row.life));
    append_stamps(out, resource, row);
    append_counters(out, resource, row);
    append_twins(out, resource, row);
    if (!row.unknown.empty()) {
        append_name(out, "unknown");
        append_json_string(out, row.unknown);
    }
}

Error bad(std::string what) {
    return {Errc::invalid, std::move(what)};
}

std::optional<std::int64_t> read_integer(const Json& json) {
    std::int64_t number = 0;
    const char* end = json.text.data() + json.text.size();
    if (!json.is(Json::Kind::number)) return std::nullopt;
    const auto read = std::from_chars(json.text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

Result<void> read_stamps(const Resource& resource, const Json& json, Row& row) {
    for (const auto& [name, text] : json.members) {
        const auto field = resource.find_field(name);
        if (!field || !resource.has_state(*field)) continue;
        const auto stamp = parse_stamp(text.text);
        if (!stamp) return bad("the stamp of " + name + " is not one");
        row.cells[*field].stamp = *stamp;
    }
    return {};
}

Result<void> read_counters(const Resource& resource, const Json& json, Row& row) {
    for (const auto& [name, counter] : json.members) {
        const auto field = resource.find_field(name);
        if (!field || resource.fields[*field].merge != Merge::counter) continue;
        auto& parts = row.cells[*field].parts;
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

Result<void> read_twins(const Resource& resource, const Json& json, Row& row) {
    constexpr std::size_t twins_max = 10'000;
    if (json.items.size() > twins_max) return bad("too many twins");
    for (const Json& item : json.items) {
        if (item.items.size() != 4) return bad("a twin is not one");
        const auto seq = read_integer(item.items[1]);
        const auto life = read_integer(item.items[2]);
        if (!seq || !life || *seq < 1 || *life < 1) return bad("a twin is not one");
        Twin twin{{item.items[0].text, static_cast<std::uint64_t>(*seq)},
                  static_cast<std::uint64_t>(*life),
                  {}};
        for (const auto& [name, delta] : item.items[3].members) {
            const auto field = resource.find_field(name);
            const auto number = read_integer(delta);
            if (field && number) twin.deltas.emplace_back(*field, *number);
        }
        if (!row.twins.empty() && row.twins.back().dot >= twin.dot) return bad("twins not sorted");
        row.twins.push_back(std::move(twin));
    }
    return {};
}

}  // namespace

Stamp base_stamp() {
    return {Time{0}, {OriginId{base_origin}, 1}};
}

std::uint64_t version_of(const Row& row) {
    const std::uint64_t writes = row.vector.writes();
    return writes > row.twins.size() ? writes - row.twins.size() : 0;
}

Value value_of(const Resource& resource, const Row& row, FieldId field) {
    if (field == resource.key) return value_from(row.key);
    if (resource.version == field) return static_cast<std::int64_t>(version_of(row));
    const Field& declared = resource.fields[field];
    if (declared.merge != Merge::counter) return row.cells[field].value;
    const std::int64_t sum = counter_sum(row, field);
    if (declared.min && sum < std::get<std::int64_t>(*declared.min)) return *declared.min;
    return sum;
}

std::int64_t counter_sum(const Row& row, FieldId field) {
    std::int64_t sum = 0;
    for (const CounterPart& part : row.cells[field].parts)
        sum += part.total;
    for (const Twin& twin : row.twins) {
        if (twin.life != row.life.n) continue;
        for (const auto& [counter, delta] : twin.deltas) {
            if (counter == field) sum -= delta;
        }
    }
    return sum;
}

Stamp latest_stamp(const Row& row) {
    const Stamp* latest = &row.life.stamp;
    for (const Cell& cell : row.cells) {
        if (cell.stamp > *latest) latest = &cell.stamp;
        for (const CounterPart& part : cell.parts) {
            if (part.stamp > *latest) latest = &part.stamp;
        }
    }
    return *latest;
}

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
    const auto key_value = parse_text(resource.key_field(), key->text);
    if (!key_value) return bad("the row's key " + key_value.error().what);
    row.key = *key_from(resource.key_field(), *key_value);
    auto writes = parse_vector(vector->text);
    if (!writes) return bad("the row's vector is not one");
    row.vector = std::move(*writes);
    for (const auto& [name, value] : fields->members) {
        const auto id = resource.find_field(name);
        if (!id || !resource.has_state(*id)) {
            if (!row.unknown.empty()) row.unknown += ',';
            append_json_string(row.unknown, name);
            row.unknown += ':';
            append_json(row.unknown, value);
            continue;
        }
        // Checked by form only: the rules of the writer's schema held when it was written.
        Field any = resource.fields[*id];
        any.nullable = true;
        any.min.reset();
        any.max.reset();
        any.text_max = 0;
        any.pattern.clear();
        auto read = read_json(any, value);
        if (!read) return bad("the field " + name + ' ' + read.error().what);
        row.cells[*id].value = std::move(*read);
    }
    if (auto done = read_state(resource, json, row); !done) return done.error();
    return row;
}

std::string state_json(const Resource& resource, const Row& row) {
    std::string json = "{";
    append_state(json, resource, row);
    json += '}';
    return json;
}

Result<void> read_state(const Resource& resource, const Json& json, Row& row) {
    const Json* life_json = json.find("life");
    const auto life = life_json ? parse_life(life_json->text) : std::nullopt;
    if (!life) return bad("the row's life is not one");
    row.life = *life;
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        const bool stamped = resource.has_state(id) && resource.fields[id].merge != Merge::counter;
        if (stamped) row.cells[id].stamp = row.life.stamp;
    }
    if (const Json* stamps = json.find("stamps")) {
        if (auto done = read_stamps(resource, *stamps, row); !done) return done;
    }
    if (const Json* counters = json.find("counters")) {
        if (auto done = read_counters(resource, *counters, row); !done) return done;
    }
    if (const Json* twins = json.find("twins")) {
        if (auto done = read_twins(resource, *twins, row); !done) return done;
    }
    if (const Json* unknown = json.find("unknown")) row.unknown = unknown->text;
    return {};
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
    const auto json = parse_json(text);
    if (!json) return json.error();
    return read_state(resource, *json, row);
}

Row base_row(const Resource& resource, Key key, std::vector<Value> values, std::uint64_t version) {
    Row row;
    row.resource = resource.id;
    row.key = std::move(key);
    row.life = {1, base_stamp()};
    row.vector.put({OriginId{base_origin}, version, version});
    row.cells.resize(resource.fields.size());
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        if (!resource.has_state(id)) continue;
        Cell& cell = row.cells[id];
        if (resource.fields[id].merge == Merge::counter) {
            const auto* total = std::get_if<std::int64_t>(&values[id]);
            cell.parts.push_back({OriginId{base_origin}, total ? *total : 0, base_stamp()});
        } else {
            cell.value = std::move(values[id]);
            cell.stamp = base_stamp();
        }
    }
    return row;
}

}  // namespace reef::model
