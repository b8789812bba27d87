// Errors as people and programs read them: RFC 9457 problems, from one table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

namespace reef::http {

struct ProblemKind {
    std::string_view code;  // for programs: "version_conflict"
    int status;
    std::string_view title;  // for people, and the answer's "error": "Conflict: version mismatch"
    bool retry = false;      // the answer carries Retry-After
};

// Every problem that the API, or the gateway in its stead, can answer with. `invalid_request` has
// the app's own status.
std::span<const ProblemKind> problem_kinds();
const ProblemKind& problem_kind(std::string_view code);
const ProblemKind& problem_kind_for(int status);  // of an answer that only has a status

// One thing that is wrong with the request.
struct Fault {
    std::string_view in;  // "pointer", "parameter" or "header"
    std::string name;     // "/price", "limit", "X-Request-ID"
    std::string detail;
};

struct Problem {
    std::string_view code;
    std::string detail;
    std::vector<Fault> faults;
    std::string current;     // the record as JSON, or ""
    std::string title = {};  // instead of the kind's: "Product not found"
};

// What an app says of the shape of its problems.
struct ProblemShape {
    int invalid = 400;       // status of invalid input
    std::string wrap_error;  // "" = problem+json
};

// Writes problems in the shape that the app asked for.
class ProblemWriter {
public:
    explicit ProblemWriter(const ProblemShape& shape) : shape_(shape) {}

    Response write(const Problem& problem, const Request& request) const;
    Response write(int status, std::string_view detail) const;  // there is no request

private:
    Response write(const Problem& problem, const ProblemKind& kind, std::string_view instance,
                   std::string_view request_id) const;

    const ProblemShape& shape_;
};

}  // namespace reef::http
