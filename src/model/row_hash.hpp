// The hash of a row: what a store keeps beside it, what its digests are sums of, and what nodes
// compare.
#pragma once

#include "base/hash.hpp"
#include "model/row.hpp"

namespace reef::model {

// The hash of everything in the row. A field that is null, and that no write has set since the
// record's life began, counts as if the schema did not have it; the order of the fields does not
// matter. So a stored row keeps its hash when a nullable field is added to the app, and nodes whose
// apps differ by that field agree on the hash.
Hash128 row_hash(const Resource& resource, const Row& row);
// What nodes compare: a field that shows its default, and that no write has set, is left out too.
// So nodes agree on the rows of before while only some of them have a new field with a default.
Hash128 compared_hash(const Resource& resource, const Row& row);
// Whether `hash` was stored with this very row; also before the app had fields that now show their
// default. Rows that were stored before there was row_hash have the hash of their JSON.
bool is_hash_of(const Hash128& hash, const Resource& resource, const Row& row);

}  // namespace reef::model
