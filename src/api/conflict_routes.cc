#include "api/conflict_routes.hpp"

#include "api/page_query.hpp"
#include "base/text/json_object.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::string_view conflicts_root = "/_atoll/conflicts";
constexpr std::uint32_t holders_max = 100;  // that are named

std::string_view problem_name(const Error& error) {
    if (error.code == Errc::overloaded) return "overloaded";
    if (error.code == Errc::rejected || error.code == Errc::conflict) return "not_storable";
    if (error.code == Errc::not_found) return "not_found";
    return error.code == Errc::invalid ? "record_unreadable" : "unavailable";
}

}  // namespace

ConflictRoutes::ConflictRoutes(ConflictParts parts, const http::ProblemWriter& problems)
    : parts_(std::move(parts)), problems_(problems) {}

http::Response ConflictRoutes::problem(std::string_view error, std::string detail,
                                       const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

asio::awaitable<http::Response> ConflictRoutes::handle(const http::Request& request) {
    constexpr std::string_view resolve_suffix = "/resolve";
    const bool post = request.method == http::Method::post;
    if (!post && request.method != http::Method::get)
        co_return problem("not_found", "there is nothing here", request);
    std::string_view rest = request.path.substr(conflicts_root.size());
    if (!post && rest.empty()) co_return co_await list(request);
    const bool named = rest.starts_with('/') && rest.size() > 1;
    if (named) rest.remove_prefix(1);
    if (named && post && rest.ends_with(resolve_suffix)) {
        std::string id{rest.substr(0, rest.size() - resolve_suffix.size())};
        co_return co_await resolve(request, std::move(id));
    }
    if (!named || post) co_return problem("not_found", "there is nothing here", request);
    std::string id{rest};
    co_return co_await show(request, std::move(id));
}

Result<store::ConflictQuery> ConflictRoutes::read_query(const http::Request& request) const {
    store::ConflictQuery wanted;
    const auto read_own = [&wanted](const std::string& name,
                                    const std::string& value) -> std::optional<bool> {
        if (name == "after") return read_whole(value, wanted.after);
        if (name == "kind") {
            wanted.kind = value;
            return true;
        }
        if (name != "open") return std::nullopt;
        wanted.open = value == "true";
        return wanted.open || value == "false";
    };
    const auto page = read_page_query(parts_.schema, request, read_own);
    if (!page) return page.error();
    wanted.limits = page->limits;
    wanted.since = page->since;
    if (page->resource) wanted.resource = page->resource->id;
    return wanted;
}

void ConflictRoutes::append(std::string& out, const Conflict& conflict) const {
    out += "{\"id\":" + json_text(conflict.id);
    out += ",\"number\":" + std::to_string(conflict.number);
    out += ",\"resource\":" + json_text(parts_.schema[conflict.record.resource].name);
    out += ",\"key\":" + json_text(to_text(conflict.record.key));
    out += ",\"at\":\"" + to_text(conflict.at) + "\",\"kind\":" + json_text(conflict.kind);
    if (!conflict.lost.origin.empty()) out += ",\"write\":" + json_text(to_text(conflict.lost));
    if (!conflict.is_open()) out += ",\"settled\":" + json_text(conflict.settled);
    out += ",\"detail\":" + conflict.detail + '}';
}

asio::awaitable<http::Response> ConflictRoutes::list(const http::Request& request) {
    auto wanted = read_query(request);
    if (!wanted) co_return problem("malformed_request", wanted.error().what, request);
    auto found = co_await parts_.conflicts.conflicts(*wanted);
    if (!found) co_return problem("unavailable", found.error().what, request);
    std::string body = "{\"items\":[";
    for (const Conflict& conflict : *found) {
        auto whole = co_await completed(conflict);
        if (!whole) co_return problem(problem_name(whole.error()), whole.error().what, request);
        if (body.back() != '[') body += ',';
        append(body, *whole);
    }
    body += ']';
    if (!found->empty()) {
        wanted->after = found->back().number;
        wanted->limits = one_more;
        auto more = co_await parts_.conflicts.conflicts(*wanted);
        if (!more) co_return problem("unavailable", more.error().what, request);
        if (!more->empty()) body += ",\"next\":" + std::to_string(wanted->after);
    }
    co_return http::json_response(body + '}');
}

Task<std::optional<Conflict>> ConflictRoutes::find(std::string id) {
    store::ConflictQuery query;
    query.id = std::move(id);
    auto found = co_await parts_.conflicts.conflicts(std::move(query));
    if (!found) co_return found.error();
    if (found->empty()) co_return std::nullopt;
    co_return std::optional{std::move(found->front())};
}

asio::awaitable<http::Response> ConflictRoutes::show(const http::Request& request, std::string id) {
    auto found = co_await find(id);
    if (!found) co_return problem("unavailable", found.error().what, request);
    if (!*found) co_return problem("not_found", "there is no conflict " + id, request);
    auto whole = co_await completed(**found);
    if (!whole) co_return problem(problem_name(whole.error()), whole.error().what, request);
    std::string body;
    append(body, *whole);
    co_return http::json_response(std::move(body));
}

// By their inserts; no more than a page.
Task<std::vector<Row>> ConflictRoutes::holders_of(Conflict conflict) {
    const auto ref = shared_ref(parts_.schema, conflict);
    if (!ref) co_return std::vector<Row>{};
    store::ListQuery query;
    query.resource = ref->resource;
    query.sort = parts_.schema[ref->resource].key;
    query.filters.push_back({ref->field, Compare::equal, ref->value});
    query.rows_max = holders_max;
    auto page = co_await parts_.rows.list(std::move(query));
    if (!page) co_return page.error();
    sort_by_insert(page->rows);
    co_return std::move(page->rows);
}

Task<Conflict> ConflictRoutes::completed(Conflict conflict) {
    if (!is_of_now(conflict)) co_return conflict;
    auto holders = co_await holders_of(conflict);
    if (!holders) co_return holders.error();
    co_return with_holders(parts_.schema, std::move(conflict), *holders);
}

// conflict: a write cannot do it; or not_found.
Task<std::vector<Intent>> ConflictRoutes::writes_for(Conflict conflict, Keep keep) {
    auto current = co_await parts_.rows.get(conflict.record);
    if (!current) co_return current.error();
    if (is_of_now(conflict)) {
        auto holders = co_await holders_of(conflict);
        if (!holders) co_return holders.error();
        co_return resolution_of_shared(parts_.schema, conflict, *current, *holders, keep);
    }
    if (!*current) co_return Error{Errc::not_found, "its record is gone"};
    co_return resolution_of(parts_.schema[conflict.record.resource], conflict, **current, keep);
}

Task<Outcome> ConflictRoutes::submit(Intent intent) {
    intent.received = parts_.clock.now();
    for (const std::string& name : parts_.kept_headers)
        intent.headers.emplace_back(name, "resolve-conflict");
    co_return co_await parts_.writes.submit(std::move(intent));
}

// {"settled":"us.k3f9:14"}: the write that settled it, now or before.
asio::awaitable<http::Response> ConflictRoutes::resolve(const http::Request& request,
                                                        std::string id) {
    const auto wish = parse_json(request.body);
    const std::string word = wish ? text_at(*wish, "keep") : "";
    if (word != "kept" && word != "lost")
        co_return problem("malformed_request", "say whether to keep what was kept or lost",
                          request);
    auto found = co_await find(id);
    if (!found) co_return problem("unavailable", found.error().what, request);
    if (!*found) co_return problem("not_found", "there is no conflict " + id, request);
    const Conflict& conflict = **found;
    if (!conflict.is_open())
        co_return http::json_response("{\"settled\":" + json_text(conflict.settled) +
                                      ",\"before\":true}");
    const Keep keep = word == "kept" ? Keep::kept : Keep::lost;
    auto writes = co_await writes_for(conflict, keep);
    if (!writes) co_return problem(problem_name(writes.error()), writes.error().what, request);
    std::string settled;
    for (Intent& write : *writes) {
        auto outcome = co_await submit(std::move(write));
        if (!outcome)
            co_return problem(problem_name(outcome.error()), outcome.error().what, request);
        if (const auto* refused = std::get_if<Refused>(&*outcome))
            co_return problem(name_of(refused->refusal), refused->detail, request);
        if (const auto* accepted = std::get_if<Accepted>(&*outcome))
            settled = to_text(accepted->stamp.dot);
    }
    co_return http::json_response("{\"settled\":" + json_text(settled) + '}');
}

}  // namespace reef::api
