// A write that says how a value changes, not what it becomes: what is added to a counter, and which
// members of a JSON value change (RFC 7396, JSON Merge Patch). Pure.
#pragma once

#include "base/text/json.hpp"
#include "model/intent.hpp"
#include "model/row.hpp"

namespace reef::model {

// Whether a field's value can be written so.
bool is_patchable(const Field& field);

// The `by` of a FieldPatch: for a counter a number of the field's type, within no bounds but those
// of the type; else an object. invalid: it is something else.
Result<Value> read_patch_value(const Field& field, const Json& json);

// The value that the field gets. invalid: it would be beyond the field's bounds, or none at all.
Result<Value> patched_value(const Resource& resource, const Row& current, const FieldPatch& patch);

Json merged(Json target, const Json& patch);

}  // namespace reef::model
