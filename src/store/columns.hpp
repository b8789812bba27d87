// What all stores in SQL have in common: names as SQL text, the columns beside the user's own, what
// a table was made for, and a row put together from its columns. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/record_columns.hpp"
#include "model/schema.hpp"
#include "store/rows.hpp"

namespace reef::store {

std::string quoted_name(std::string_view name);  // "name", as an identifier
std::string quoted_text(std::string_view text);  // 'text', as a literal

// The fields in their order, then atoll_vector, atoll_state, atoll_hash.
std::string columns_of(const Resource& resource);
// The same with null for the hash, at which a list does not look.
std::string listed_columns_of(const Resource& resource);

std::string tombstones_of(const Resource& resource);  // the name of their table
// Whether the app wants an index on it: sorted, looked up, referring, or said so.
bool is_indexed(const Resource& resource, FieldId field);
std::string index_name(const Resource& resource, FieldId field);

// "decimal(12,2)", "int32 counter": a column can be kept while this stays the same.
std::string type_text(const Field& field);

// What a table was made for, one field a line ("price decimal(12,2)"), written and read.
using KnownFields = std::map<std::string, std::string>;
std::string fields_text(const Resource& resource);
KnownFields parse_fields(std::string_view text);

// invalid: the app's fields would lose what a table holds, or cannot be had for its rows. `where`
// begins the message: "us.db, table properties: ".
Result<void> check_fields(const Resource& resource, const KnownFields& known,
                          const std::string& where);

// What the columns of a row show, by FieldId.
std::vector<Value> values_of(const Resource& resource, const Row& row);

// A row as its columns say. Not readable: another program wrote what no field can hold.
StoredRow row_from(const Resource& resource, const RecordColumns& columns, const Hash128& hash);
// The fields alone, by FieldId.
Result<std::vector<Value>> values_from(const Resource& resource, const RecordColumns& columns);

std::string bytes_of(const Hash128& hash);  // 16 bytes, the high ones first
Hash128 hash_from(std::string_view bytes);  // {} when they are no 16 bytes

// Where a record was when the batch began, in SQLite's tables.
enum class Place : std::uint8_t {
    unknown,  // not loaded: it may be in either table
    nowhere,
    living,
    tombstone,
};

}  // namespace reef::store
