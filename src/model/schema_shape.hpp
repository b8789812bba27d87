// What decides how two nodes read each other's rows: the schema's names, types and merge rules, as
// text that a peer of another app file can compare with its own. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/schema.hpp"

namespace reef::model {

// {"id":"05e8e0672259df51","slots":16,"resources":{"properties":{"id":"int64, key by slots",…},…}}
std::string shape_json(const Schema& schema);

struct ShapeComparison {
    std::string id;  // the other one's Schema::id()
    // One field that the two read or join differently. Then they cannot exchange rows.
    std::vector<std::string> unlike;  // "properties.price is decimal(2) here and int64 there"
    // Of one side only: the other passes them on untouched.
    std::vector<std::string> only_here, only_there;            // "properties.garden"
    std::vector<std::string> resources_here, resources_there;  // "visits"
};
// `here` and `there` are the names of the two nodes. invalid: it is no shape.
Result<ShapeComparison> compare_shape(const Schema& schema, std::string_view shape,
                                      std::string_view here, std::string_view there);

// "us has a field that eu does not know: properties.garden"; "" where nothing differs.
std::string in_words(const ShapeComparison& found, std::string_view here, std::string_view there);

}  // namespace reef::model
