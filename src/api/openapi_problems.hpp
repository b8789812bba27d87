// What the OpenAPI document says about each problem: when it occurs, and how it is told.
#pragma once

#include <string>
#include <string_view>

#include "api/openapi_schema.hpp"

namespace reef::api {

struct ProblemText {
    std::string_view code;       // "version_conflict"
    std::string_view when;       // for people, and what to do then
    std::string_view detail;     // an example; "<record>" stands for "properties/10"
    bool shows_current = false;  // the record as it is comes along
};

// Null for a code that no operation answers with.
const ProblemText* find_problem_text(std::string_view code);

// True for what is answered before anybody knows which operation is meant.
bool is_before_routing(std::string_view code);

// Of an answer that has errors: the text about it, and {"application/problem+json":…} with an
// example of each.
std::string problem_description(const api::Answer& answer);
std::string problem_content(const DocumentParts& parts, const api::Operation& operation,
                            const api::Answer& answer);

}  // namespace reef::api
