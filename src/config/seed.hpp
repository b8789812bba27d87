// The app's seed file: rows that every node loads into an empty store as writes of `base`.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/row.hpp"

namespace reef::config {

// CSV (RFC 4180) with a header line that names fields; the file is named after its resource or
// belongs to the app's only one. invalid: file:line and what is wrong.
Result<std::vector<model::Row>> read_seed(const model::Schema& schema, const std::string& file);

}  // namespace reef::config
