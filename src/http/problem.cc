#include "http/problem.hpp"

#include <algorithm>
#include <array>

#include "base/text/json.hpp"
#include "http/wrap.hpp"

namespace reef::http {

namespace {

constexpr std::array kinds{
    ProblemKind{"invalid_request", 400, "Invalid request"},
    ProblemKind{"malformed_request", 400, "Malformed request"},
    ProblemKind{"not_found", 404, "Not found"},
    ProblemKind{"method_not_allowed", 405, "Method not allowed"},
    ProblemKind{"request_timeout", 408, "Request timeout"},
    ProblemKind{"already_exists", 409, "Already exists"},
    ProblemKind{"version_conflict", 409, "Conflict: version mismatch"},
    ProblemKind{"replica_behind", 409, "This store is behind the request"},
    ProblemKind{"still_referenced", 409, "Still referenced"},
    ProblemKind{"not_unique", 409, "Not unique"},
    ProblemKind{"against_order", 409, "Against the order"},
    ProblemKind{"out_of_range", 409, "Out of range"},
    ProblemKind{"token_lost", 409, "Token lost"},
    ProblemKind{"other_run", 409, "Another process of this node is heard"},
    ProblemKind{"needs_snapshot", 410, "Snapshot needed"},
    ProblemKind{"precondition_failed", 412, "Precondition failed"},
    ProblemKind{"body_too_large", 413, "Body too large"},
    ProblemKind{"target_too_long", 414, "Target too long"},
    ProblemKind{"unsupported_media_type", 415, "Unsupported media type"},
    ProblemKind{"expectation_failed", 417, "Expectation failed"},
    ProblemKind{"duplicate_request", 422, "Duplicate request"},
    ProblemKind{"key_reused", 422, "Idempotency-Key reused"},
    ProblemKind{"unknown_reference", 422, "Unknown reference"},
    ProblemKind{"not_storable", 422, "Not storable"},
    ProblemKind{"record_too_large", 422, "Record too large"},
    ProblemKind{"precondition_required", 428, "Precondition required"},
    ProblemKind{"headers_too_large", 431, "Headers too large"},
    ProblemKind{"internal_error", 500, "Internal error"},
    ProblemKind{"record_unreadable", 500, "Record unreadable"},
    ProblemKind{"not_implemented", 501, "Not implemented"},
    ProblemKind{"bad_gateway", 502, "Bad gateway", true},
    ProblemKind{"overloaded", 503, "Overloaded", true},
    ProblemKind{"unavailable", 503, "Unavailable", true},
    ProblemKind{"not_ready", 503, "Not ready", true},
    ProblemKind{"home_unreachable", 503, "Home region unreachable", true},
    ProblemKind{"behind_token", 503, "Behind the token", true},
    ProblemKind{"ids_exhausted", 503, "No free id", true},
    ProblemKind{"gateway_timeout", 504, "Gateway timeout", true},
    ProblemKind{"version_not_supported", 505, "HTTP version not supported"},
};

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, text);
}

std::string type_of(std::string_view code) {
    std::string type = "/problems/";
    for (const char c : code)
        type += c == '_' ? '-' : c;
    return type;
}

void append_faults(std::string& out, const std::vector<Fault>& faults) {
    out += ",\"errors\":[";
    for (std::size_t i = 0; i < faults.size(); ++i) {
        out += i > 0 ? ",{" : "{";
        append_json_string(out, faults[i].in);
        out += ':';
        append_json_string(out, faults[i].name);
        append_member(out, "detail", faults[i].detail);
        out += '}';
    }
    out += ']';
}

// What came from outside is repeated only where it can't spoil the document.
bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// What is wrong, in one sentence for those who read only that.
std::string detail_of(const Problem& problem) {
    if (!problem.detail.empty() || problem.faults.empty()) return problem.detail;
    std::string detail;
    for (const Fault& fault : problem.faults) {
        if (!detail.empty()) detail += "; ";
        detail += fault.name + ' ' + fault.detail;
    }
    return detail;
}

}  // namespace

std::span<const ProblemKind> problem_kinds() {
    return kinds;
}

const ProblemKind& problem_kind(std::string_view code) {
    const auto found = std::find_if(kinds.begin(), kinds.end(),
                                    [code](const ProblemKind& kind) { return kind.code == code; });
    return found != kinds.end() ? *found : problem_kind("internal_error");
}

const ProblemKind& problem_kind_for(int status) {
    if (status == 400) return problem_kind("malformed_request");
    const auto found = std::find_if(kinds.begin(), kinds.end(), [status](const ProblemKind& kind) {
        return kind.status == status;
    });
    return found != kinds.end() ? *found : problem_kind("internal_error");
}

Response ProblemWriter::write(const Problem& problem, const Request& request) const {
    return write(problem, problem_kind(problem.code), request.path, request.header("x-request-id"));
}

Response ProblemWriter::write(int status, std::string_view detail) const {
    return write(Problem{"", std::string{detail}, {}, ""}, problem_kind_for(status), "", "");
}

Response ProblemWriter::write(const Problem& problem, const ProblemKind& kind,
                              std::string_view instance, std::string_view request_id) const {
    Response response;
    response.status = kind.code == "invalid_request" ? shape_.invalid : kind.status;
    if (kind.retry) response.add_header("Retry-After", "1");
    const std::string detail = detail_of(problem);
    const std::string_view title = problem.title.empty() ? kind.title : problem.title;
    if (!shape_.wrap_error.empty()) {
        response.content_type = "application/json";
        response.body = Wrap{shape_.wrap_error}.fill(
            {.text = detail,
             .error = title,
             .code = kind.code,
             .title = title,
             .status = response.status,
             .request_id = is_printable(request_id) ? request_id : ""});
        return response;
    }
    std::string& out = response.body;
    response.content_type = "application/problem+json";
    out += "{\"type\":";
    append_json_string(out, type_of(kind.code));
    append_member(out, "title", title);
    out += ",\"status\":" + std::to_string(response.status);
    append_member(out, "detail", detail);
    if (!instance.empty() && is_printable(instance)) append_member(out, "instance", instance);
    append_member(out, "error", title);
    append_member(out, "code", kind.code);
    if (!request_id.empty() && is_printable(request_id))
        append_member(out, "request_id", request_id);
    if (!problem.faults.empty()) append_faults(out, problem.faults);
    if (!problem.current.empty()) out += ",\"current\":" + problem.current;
    out += '}';
    return response;
}

}  // namespace reef::http
