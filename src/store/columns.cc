#include "store/columns.hpp"

#include <algorithm>

#include "model/value_text.hpp"

namespace reef::store {

std::string quoted_name(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out += '"';
}

std::string quoted_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out += '\'';
}

std::string columns_of(const Resource& resource) {
    std::string out;
    for (const Field& field : resource.fields)
        out += quoted_name(field.name) + ", ";
    return out + "atoll_vector, atoll_state, atoll_hash";
}

std::string listed_columns_of(const Resource& resource) {
    std::string out;
    for (const Field& field : resource.fields)
        out += quoted_name(field.name) + ", ";
    return out + "atoll_vector, atoll_state, NULL";
}

std::string tombstones_of(const Resource& resource) {
    return "atoll_tombstones_" + resource.table;
}

bool is_indexed(const Resource& resource, FieldId field) {
    if (field == resource.key) return false;
    const Field& declared = resource.fields[field];
    const bool sorted =
        std::find(resource.sort.begin(), resource.sort.end(), field) != resource.sort.end();
    return declared.index || declared.unique || !declared.refers_to.empty() || sorted;
}

std::string index_name(const Resource& resource, FieldId field) {
    return resource.table + '_' + resource.fields[field].name + "_idx";
}

std::string type_text(const Field& field) {
    static constexpr std::string_view names[] = {"bool",    "int32",   "int64",     "float",
                                                 "decimal", "text",    "timestamp", "uuid",
                                                 "json",    "lattice", "version"};
    std::string text{names[static_cast<std::size_t>(field.type)]};
    if (field.type == FieldType::decimal) {
        text += '(' + std::to_string(field.precision) + ',' + std::to_string(field.scale) + ')';
    }
    if (field.merge == Merge::counter) text += " counter";
    return text;
}

std::string fields_text(const Resource& resource) {
    std::string text;
    for (const Field& field : resource.fields)
        text += field.name + ' ' + type_text(field) + '\n';
    return text;
}

KnownFields parse_fields(std::string_view text) {
    KnownFields fields;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t space = line.find(' ');
        fields.emplace(line.substr(0, space), line.substr(space + 1));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return fields;
}

Result<void> check_fields(const Resource& resource, const KnownFields& known,
                          const std::string& where) {
    const auto invalid = [&where](std::string what) {
        return Error{Errc::invalid, where + std::move(what)};
    };
    for (const auto& [name, type] : known) {
        const auto field = resource.find_field(name);
        if (!field) {
            return invalid("the app no longer has the field \"" + name +
                           "\", which the store holds; put it back, or start with a new store");
        }
        const std::string now = type_text(resource.fields[*field]);
        if (now != type) {
            return invalid("the field \"" + name + "\" is " + type + " in the store and " + now +
                           " in the app");
        }
    }
    for (const Field& field : resource.fields) {
        if (known.contains(field.name) || field.nullable || field.default_value) continue;
        return invalid("the new field \"" + field.name +
                       "\" needs a default, or to be nullable, for the rows that are there");
    }
    return {};
}

std::vector<Value> values_of(const Resource& resource, const Row& row) {
    std::vector<Value> values;
    values.reserve(resource.fields.size());
    for (FieldId id = 0; id < resource.fields.size(); ++id)
        values.push_back(value_of(resource, row, id));
    return values;
}

namespace {

Key key_in(const Column& column) {
    if (column.kind == Column::Kind::integer) return column.integer;
    return std::string{column.text};
}

Error unreadable(const Resource& resource, const Key& key, const std::string& what) {
    return {Errc::invalid, resource.name + '/' + to_text(key) +
                               " was written by another program and cannot be read: " + what};
}

// Inserted by another program: its version is all that is known of its writes.
Row row_without_state(const Resource& resource, Key key, std::vector<Value> values) {
    const Value& version = values[resource.version.value_or(resource.key)];
    const auto* number = resource.version ? std::get_if<std::int64_t>(&version) : nullptr;
    const auto writes = static_cast<std::uint64_t>(number ? *number : 1);
    return base_row(resource, std::move(key), std::move(values), writes);
}

Result<Row> read_row(const Resource& resource, const RecordColumns& columns) {
    auto values = values_from(resource, columns);
    if (!values) return values.error();
    auto key = key_from(resource.key_field(), (*values)[resource.key]);
    if (!key) return unreadable(resource, "?", key.error().what);
    if (columns.state.empty())
        return row_without_state(resource, std::move(*key), std::move(*values));
    Row row;
    row.resource = resource.id;
    row.key = std::move(*key);
    row.cells.resize(values->size());
    for (FieldId id = 0; id < values->size(); ++id) {
        const bool counter = resource.fields[id].merge == Merge::counter;
        if (resource.has_state(id) && !counter) row.cells[id].value = std::move((*values)[id]);
    }
    auto vector = parse_vector(columns.vector);
    if (!vector) return unreadable(resource, row.key, "atoll_vector");
    row.vector = std::move(*vector);
    const auto done = read_state_json(resource, columns.state, row);
    if (!done) return unreadable(resource, row.key, "atoll_state: " + done.error().what);
    return row;
}

}  // namespace

Result<std::vector<Value>> values_from(const Resource& resource, const RecordColumns& columns) {
    std::vector<Value> values(resource.fields.size());
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        auto value = value_from(field, columns.fields[id]);
        if (!value) {
            return unreadable(resource, key_in(columns.fields[resource.key]),
                              field.name + ' ' + value.error().what);
        }
        values[id] = std::move(*value);
    }
    return values;
}

StoredRow row_from(const Resource& resource, const RecordColumns& columns, const Hash128& hash) {
    StoredRow stored;
    auto row = read_row(resource, columns);
    if (row) {
        stored.row = std::move(*row);
        if (!columns.state.empty()) stored.hash = hash;
        return stored;
    }
    stored.row.resource = resource.id;
    stored.row.key = key_in(columns.fields[resource.key]);
    stored.hash = hash;
    stored.unreadable = row.error().what;
    return stored;
}

std::string bytes_of(const Hash128& hash) {
    std::string bytes(16, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>(hash.high >> (8 * (7 - i)) & 0xff);
        bytes[8 + i] = static_cast<char>(hash.low >> (8 * (7 - i)) & 0xff);
    }
    return bytes;
}

Hash128 hash_from(std::string_view bytes) {
    Hash128 hash;
    if (bytes.size() != 16) return hash;
    for (std::size_t i = 0; i < 8; ++i) {
        hash.high = hash.high << 8 | static_cast<unsigned char>(bytes[i]);
        hash.low = hash.low << 8 | static_cast<unsigned char>(bytes[8 + i]);
    }
    return hash;
}

}  // namespace reef::store
