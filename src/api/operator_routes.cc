#include "api/operator_routes.hpp"

#include "base/text/json_object.hpp"
#include "model/value_text.hpp"
#include "peers/lag_json.hpp"

namespace reef::api {

using namespace model;

namespace {

std::string_view flag(bool on) {
    return on ? "true" : "false";
}

void append(std::string& out, const Standing& standing) {
    out += ",\"leads\":";
    out += flag(standing.leads);
    if (!standing.warnings.empty()) out += ",\"warnings\":" + json_texts(standing.warnings);
    out += ",\"ready\":";
    out += flag(standing.ready);
    if (!standing.trouble.empty()) {
        out += ",\"trouble\":";
        append_json_string(out, standing.trouble);
    }
    if (!standing.broker) return;
    out += ",\"broker\":{\"publishing\":";
    out += flag(standing.broker->publishing);
    out += ",\"reading\":";
    out += flag(standing.broker->reading);
    out += ",\"unpublished\":" + std::to_string(standing.broker->unpublished);
    if (!standing.broker->trouble.empty()) {
        out += ",\"trouble\":";
        append_json_string(out, standing.broker->trouble);
    }
    out += '}';
}

using ConflictCounts = std::map<std::string, ConflictCount>;

// Those that nobody has settled: all, and by kind.
void append_conflicts(std::string& out, const ConflictCounts& counts) {
    std::uint64_t open = 0;
    std::string by_kind;
    for (const auto& [kind, count] : counts) {
        open += count.open;
        if (count.open == 0) continue;
        by_kind += by_kind.empty() ? "" : ",";
        append_json_string(by_kind, kind);
        by_kind += ':' + std::to_string(count.open);
    }
    out += ",\"conflicts\":" + std::to_string(open);
    out += ",\"conflict_kinds\":{" + by_kind + '}';
}

// Of each resource how many records there are, and the sum of their hashes.
void append_resources(std::string& out, const Schema& schema, const store::Ledger& ledger) {
    out += ",\"resources\":{";
    for (const Resource& resource : schema.resources) {
        const auto digest = ledger.digests.find(resource.id);
        Hash128 sum;
        std::uint64_t rows = 0;
        if (digest != ledger.digests.end()) {
            rows = digest->second.rows;
            for (const Hash128& bucket : digest->second.buckets)
                sum += bucket;
        }
        if (out.back() != '{') out += ',';
        append_json_string(out, resource.name);
        out += ":{\"records\":" + std::to_string(rows) + ",\"digest\":\"" + to_hex(sum) + "\"}";
    }
    out += '}';
}

}  // namespace

OperatorRoutes::OperatorRoutes(OperatorParts parts)
    : parts_(std::move(parts)),
      problems_(parts_.problems),
      letters_(parts_.schema, parts_.conflicts.conflicts, parts_.letters, problems_),
      conflicts_(parts_.conflicts, problems_),
      events_(parts_.events, problems_) {}

http::Response OperatorRoutes::problem(std::string_view error, std::string detail,
                                       const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

asio::awaitable<http::Response> OperatorRoutes::handle(const http::Request& request) {
    const bool get = request.method == http::Method::get;
    const bool post = request.method == http::Method::post;
    const std::string_view path = request.path;
    if (path.starts_with("/_atoll/dead-letters")) co_return co_await letters_.handle(request);
    if (get && path == "/_atoll/status") co_return co_await status();
    if (path.starts_with("/_atoll/conflicts")) co_return co_await conflicts_.handle(request);
    if (get && path == "/_atoll/events") co_return co_await events_.handle(request);
    if (post && path == "/_atoll/repair") co_return co_await repair(request);
    if (post && path == "/_atoll/cut") co_return cut(request);
    if (post && path == "/_atoll/reset-replicas") co_return reset_replicas(request);
    if (post && path == "/_atoll/retire") co_return co_await retire(request);
    co_return problem("not_found", "there is nothing here", request);
}

asio::awaitable<http::Response> OperatorRoutes::status() {
    const auto ledger = parts_.progress.ledger();
    std::string body = "{\"node\":";
    append_json_string(body, parts_.node);
    body += ",\"origin\":";
    append_json_string(body, ledger->self);
    const auto counts = co_await parts_.conflicts.conflicts.conflict_counts();
    append_conflicts(body, counts ? *counts : ConflictCounts{});
    body += ",\"dead\":" + std::to_string(ledger->parked.size());
    const Standing standing = parts_.standing();
    append(body, standing);
    body += ",\"applied\":\"" + to_text(ledger->without_retired(ledger->applied()));
    body += "\",\"lag\":" + lag_json(parts_.peers);
    append_resources(body, parts_.schema, *ledger);
    append_replicas(body, standing.replicas);
    co_return http::json_response(body + '}');
}

// {"resource":"properties","key":"10","take_out":true}: the record, which cannot be read, is taken
// from peers ({"from":"eu"}). If nobody has it, the answer has what lies there, and with take_out
// it is taken out.
asio::awaitable<http::Response> OperatorRoutes::repair(const http::Request& request) {
    const auto wish = parse_json(request.body);
    const Resource* resource = wish ? parts_.schema.find(text_at(*wish, "resource")) : nullptr;
    const auto key =
        resource ? key_from_text(resource->key_field(), text_at(*wish, "key")) : std::nullopt;
    if (!key) co_return problem("malformed_request", "say which record", request);
    const bool take_out = true_at(*wish, "take_out");
    RecordRef ref{resource->id, *key};
    auto repaired = co_await parts_.repairs.repair(std::move(ref), take_out);
    if (!repaired) {
        const Errc code = repaired.error().code;
        const bool fine = code == Errc::conflict || code == Errc::not_found;
        co_return problem(fine ? "not_found" : "unavailable", repaired.error().what, request);
    }
    std::string body = "{\"from\":";
    append_json_string(body, repaired->from);
    body += ",\"left\":";
    append_json_string(body, repaired->left);
    body += ",\"taken_out\":" + std::string{flag(repaired->taken_out)} + '}';
    co_return http::json_response(std::move(body));
}

// {"peer":"eu","cut":true}: from now on nothing that comes from that peer is heard.
http::Response OperatorRoutes::cut(const http::Request& request) {
    const auto wish = parse_json(request.body);
    const Json* peer = wish ? wish->find("peer") : nullptr;
    const Json* cut = wish ? wish->find("cut") : nullptr;
    if (!peer || !cut || !parts_.peers.knows(peer->text)) {
        return problem("malformed_request", "say which peer, and whether to cut it off", request);
    }
    parts_.peers.cut(peer->text, cut->boolean);
    return http::json_response("{}");
}

// {"replica":"replica-1"}: its store is made anew and filled; "": those of all replicas. GET
// /_atoll/status says how far that is.
http::Response OperatorRoutes::reset_replicas(const http::Request& request) {
    const auto wish = parse_json(request.body);
    const Json* name = wish ? wish->find("replica") : nullptr;
    if (!name) return problem("malformed_request", "say which replica", request);
    const auto done = parts_.reset_replicas(name->text);
    if (!done) return problem("not_found", done.error().what, request);
    return http::json_response("{}");
}

// {"what":"us"}: all of that node's lives that ended; {"what":"us.k3f9"}: this one.
asio::awaitable<http::Response> OperatorRoutes::retire(const http::Request& request) {
    const auto wish = parse_json(request.body);
    std::string what = wish ? text_at(*wish, "what") : "";
    if (!is_origin(what)) co_return problem("malformed_request", "say which life", request);
    auto reports = co_await parts_.retirement.retire(std::move(what));
    if (!reports) {
        const Errc code = reports.error().code;
        const char* kind = code == Errc::not_found ? "not_found"
                           : code == Errc::invalid ? "malformed_request"
                                                   : "unavailable";
        co_return problem(kind, reports.error().what, request);
    }
    std::string body = "{\"lives\":[";
    for (const replication::LifeReport& life : *reports) {
        if (body.back() != '[') body += ',';
        body += "{\"origin\":" + json_text(life.origin) + ",\"retired\":";
        body += flag(life.retired);
        if (!life.retired) body += ",\"why\":" + json_text(life.why);
        body += '}';
    }
    co_return http::json_response(body + "]}");
}

}  // namespace reef::api
