// What an app declares about its records: resources, their typed fields, and the rules on them.
// Made by config/ from the app file; everything below reads it and nothing changes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "model/value.hpp"

namespace reef::model {

enum class FieldType : std::uint8_t {
    boolean,
    int32,
    int64,
    floating,
    decimal,
    text,
    timestamp,
    uuid,
    json,
    lattice,
    version,  // not stored with the state: computed from the record's vector
};

enum class Merge : std::uint8_t { lww, counter, max, min, lattice };

enum class SetBy : std::uint8_t {
    client,
    node,       // the name of the node that takes the insert; immutable
    on_create,  // the stamp's time of the insert
    on_write,   // the stamp's time of each write
};

// The highest number that this node gives out, or takes from a client, as a new record's key: what
// any reader of JSON keeps exact. Keys beyond it may have come from elsewhere; they are read and
// written as all others.
inline constexpr std::int64_t new_number_max = (std::int64_t{1} << 53) - 1;

enum class KeyKind : std::uint8_t {
    none,    // not the key
    client,  // the client gives it
    slots,   // integers without agreement: the k-th node takes k, k + slots, …
    uuid7,
};

struct Alias {
    std::string word;
    std::int64_t step = 0;  // index in the order
};

struct Field {
    std::string name;
    FieldType type = FieldType::text;
    bool nullable = false;
    std::optional<Value> default_value;  // a field with neither default nor null is required
    std::optional<Value> min;            // inclusive, in the field's own Value form
    std::optional<Value> max;
    std::string pattern;         // ECMAScript; "" = any
    std::uint32_t text_max = 0;  // characters (code points); 0 = no limit but the body's
    int precision = 0;           // decimal(precision,scale), precision ≤ 18
    int scale = 0;
    bool unique = false;
    bool unique_at_home = false;  // beside it: over all nodes (claim.hpp), not by each on its own
    bool index = false;
    std::string refers_to;  // resource name, "" = none
    Merge merge = Merge::lww;
    std::vector<std::string> order;   // lattice: lowest first
    std::vector<Alias> aliases = {};  // lattice: words that clients may send for a step
    SetBy set = SetBy::client;
    KeyKind key = KeyKind::none;
    bool key_from_client = false;  // a generated key may also be given by the client
    std::int64_t first_key = 1;    // slots: the lowest number that is given out
    std::string description;       // for people, in OpenAPI
    std::string example;           // JSON text, for OpenAPI; "" = made up from the type
};

enum class WritePolicy : std::uint8_t { local, home };
enum class HomeDown : std::uint8_t { accept, reject };
enum class CreateMode : std::uint8_t { only_new, or_update };
enum class PageBy : std::uint8_t { cursor, skip };

struct Page {
    PageBy by = PageBy::cursor;
    std::uint32_t rows_default = 100;
    std::uint32_t rows_max = 1000;
    bool limits_above_max = false;  // a larger limit is taken for rows_max, not refused
};

enum class Compare : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

struct Filter {  // a query parameter of the list: min_price = "price >="
    std::string parameter;
    FieldId field = 0;
    Compare compare = Compare::equal;
};

struct LookUp {          // GET {path}/{resource}/tracking/{tracking_number}
    std::string prefix;  // "tracking"
    FieldId field = 0;   // a unique field
};

struct Messages {  // texts for wrapped answers; "" = made from the resource's name
    std::string list, get, create, update, remove, not_found;
};

struct Resource {
    ResourceId id = 0;
    std::string name;           // "properties": in paths and on the wire
    std::string table;          // as the user's table is called; default: name
    std::string one;            // "property": one of them
    std::vector<Field> fields;  // in the order of the app file: answers, columns
    FieldId key = 0;
    std::optional<FieldId> version;  // the field that shows the version
    WritePolicy write = WritePolicy::local;
    std::optional<FieldId> home;  // write = home: the field that names the region
    HomeDown home_down = HomeDown::accept;
    bool lock_required = false;  // an update names the version it read
    bool request_id_required = false;
    CreateMode create = CreateMode::only_new;
    std::vector<FieldId> update_needs;  // fields that an update must name; others stay as they are
    std::vector<FieldId> sort;          // the list can be sorted by these; the key always
    std::vector<Filter> filters;
    std::vector<LookUp> look_ups;
    Page page;
    Messages messages;
    bool captured = false;  // PostgreSQL: what other programs write into the table is a write
    std::vector<std::string> send_to;  // partial replication; empty = every node

    const Field& key_field() const { return fields[key]; }
    std::optional<FieldId> find_field(std::string_view field) const;
    // True for what is part of the state: neither the key nor the version.
    bool has_state(FieldId field) const { return field != key && (!version || field != *version); }
};

struct Schema {
    std::vector<Resource> resources;
    std::int64_t id_slots = 16;

    const Resource& operator[](ResourceId id) const { return resources[id]; }
    const Resource* find(std::string_view resource) const;

    // Names, types and merge rules, hashed: two nodes with one id read each other's rows alike.
    std::string id() const;
};

}  // namespace reef::model
