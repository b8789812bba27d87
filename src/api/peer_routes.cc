#include "api/peer_routes.hpp"

#include <algorithm>

#include "base/text/json.hpp"
#include "base/text/uri.hpp"
#include "peers/change_feed.hpp"
#include "peers/forward_json.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr store::ScanLimits listed{1000, 4 << 20};  // conflicts, in one answer

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

// Takes as long for a wrong secret as for the right one.
bool equal_secrets(std::string_view a, std::string_view b) {
    bool equal = a.size() == b.size();
    for (std::size_t i = 0; i < a.size(); ++i) {
        equal = (a[i] == b[i % b.size()]) & equal;
    }
    return equal;
}

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (comma != 0) names.emplace_back(list.substr(0, comma));
        list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
    }
    return names;
}

}  // namespace

PeerRoutes::PeerRoutes(PeerParts parts)
    : parts_(std::move(parts)),
      problems_(parts_.problems),
      history_({parts_.schema, parts_.reader, parts_.progress, parts_.node}, problems_),
      letters_(parts_.schema, parts_.reader, parts_.letters, problems_),
      proof_(parts_.schema, parts_.reader, problems_) {}

bool PeerRoutes::is_admitted(const http::Request& request) const {
    if (parts_.closed) return false;
    if (parts_.secret.empty()) return is_loopback(request.peer_address);
    return equal_secrets(request.header("atoll-peer-secret"), parts_.secret);
}

http::Response PeerRoutes::problem(std::string_view error, std::string detail,
                                   const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

asio::awaitable<http::Response> PeerRoutes::handle(const http::Request& request) {
    // To everybody else there is nothing here.
    if (!is_admitted(request)) co_return problem("not_found", "there is nothing here", request);
    co_return co_await answer(request);
}

asio::awaitable<http::Response> PeerRoutes::answer(const http::Request& request) {
    const bool get = request.method == http::Method::get;
    const bool post = request.method == http::Method::post;
    const std::string_view path = request.path;
    if (get && path == "/_atoll/changes") co_return co_await changes(request);
    if (post && path == "/_atoll/snapshot") {
        if (auto refused = refuse_asker(request)) co_return std::move(*refused);
        co_return co_await history_.snapshot(request);
    }
    if (post && path == "/_atoll/record") {
        if (auto refused = refuse_asker(request)) co_return std::move(*refused);
        co_return co_await history_.record(request);
    }
    if (path.starts_with("/_atoll/dead-letters")) co_return co_await letters_.handle(request);
    if (get && path == "/_atoll/status") co_return co_await status();
    if (get && path == "/_atoll/rows") co_return co_await proof_.rows(request);
    if (get && path == "/_atoll/conflicts") co_return co_await conflicts(request);
    if (post && path == "/_atoll/forward") co_return co_await forward(request);
    if (post && path == "/_atoll/cut") co_return cut(request);
    co_return problem("not_found", "there is nothing here", request);
}

// What holds for every peer that wants our history.
std::optional<http::Response> PeerRoutes::refuse_asker(const http::Request& request) const {
    const std::string asker{request.header("atoll-peer")};
    if (!parts_.peers.knows(asker)) {
        return problem("not_found", "this app has no other node " + asker, request);
    }
    if (request.header("atoll-schema") != parts_.schema_id) {
        return problem("not_found", "its records have other fields or rules", request);
    }
    return std::nullopt;
}

// A feed from `after` on; with `origin` and `limit` a piece of that one's log and no more.
asio::awaitable<http::Response> PeerRoutes::changes(const http::Request& request) {
    const auto query = parse_query(request.query);
    auto after = query ? parse_position(parameter(*query, "after").value_or("")) : std::nullopt;
    if (!after) co_return problem("malformed_request", "after is not a position", request);
    if (auto refused = refuse_asker(request)) co_return std::move(*refused);
    const std::string origin = parameter(*query, "origin").value_or("");
    if (!origin.empty()) {
        const auto limit =
            std::strtoul(parameter(*query, "limit").value_or("").c_str(), nullptr, 10);
        Dot known{origin, seq_in(*after, origin)};
        co_return co_await history_.log_piece(request, std::move(known),
                                              static_cast<std::uint32_t>(limit));
    }
    const std::string asker{request.header("atoll-peer")};
    std::vector<std::string> without = names_in(parameter(*query, "without").value_or(""));
    without.push_back(asker);
    auto missing = co_await history_.missing(*after, without);
    if (!missing) co_return problem("unavailable", missing.error().what, request);
    if (*missing) co_return history_.gone(**missing, request);
    http::Response response;
    response.content_type = "application/x-ndjson";
    response.stream = peers::make_change_feed({parts_.reader, parts_.progress, parts_.peers,
                                               parts_.clock, parts_.node, asker, parts_.stopping},
                                              std::move(*after), std::move(without));
    co_return response;
}

asio::awaitable<http::Response> PeerRoutes::forward(const http::Request& request) {
    const std::string asker{request.header("atoll-peer")};
    if (parts_.peers.is_cut(asker)) co_return problem("unavailable", "cut off", request);
    auto intent = peers::parse_intent(parts_.schema, request.body);
    if (!intent) co_return problem("malformed_request", intent.error().what, request);
    intent->received = std::min(intent->received, parts_.clock.now());
    auto outcome = co_await parts_.writes.submit_forwarded(std::move(*intent));
    if (!outcome) co_return problem("unavailable", outcome.error().what, request);
    if (auto* replayed = std::get_if<Replayed>(&*outcome)) {
        auto entry = co_await parts_.reader.change(replayed->seen.stamp.dot);
        if (!entry) co_return problem("unavailable", entry.error().what, request);
        auto change = *entry ? parse_change(parts_.schema, (*entry)->json)
                             : Result<Change>{Error{Errc::not_found, "the log no longer has it"}};
        if (!change) co_return problem("unavailable", change.error().what, request);
        replayed->row = std::move(change->row);
    }
    co_return http::json_response(peers::outcome_json(parts_.schema, *outcome));
}

asio::awaitable<http::Response> PeerRoutes::conflicts(const http::Request& request) {
    const auto query = parse_query(request.query);
    std::uint64_t after = 0;
    if (query) after = std::strtoull(parameter(*query, "after").value_or("").c_str(), nullptr, 10);
    auto found = co_await parts_.reader.conflicts(after, listed);
    if (!found) co_return problem("unavailable", found.error().what, request);
    std::string body = "{\"items\":[";
    for (std::size_t i = 0; i < found->size(); ++i) {
        const store::Conflict& conflict = (*found)[i];
        body += i > 0 ? ",{\"id\":" : "{\"id\":";
        body += std::to_string(conflict.id) + ",\"resource\":";
        append_json_string(body, parts_.schema[conflict.record.resource].name);
        body += ",\"key\":";
        append_json_string(body, to_text(conflict.record.key));
        body += ",\"at\":\"" + to_text(conflict.at) + "\",\"kind\":";
        append_json_string(body, conflict.kind);
        body += ",\"detail\":" + conflict.detail + '}';
    }
    co_return http::json_response(body + "]}");
}

asio::awaitable<http::Response> PeerRoutes::status() {
    const auto ledger = parts_.progress.ledger();
    std::string body = "{\"node\":";
    append_json_string(body, parts_.node);
    body += ",\"origin\":";
    append_json_string(body, ledger->self);
    const auto conflicts = co_await parts_.reader.conflicts(0, listed);
    body += ",\"conflicts\":" + std::to_string(conflicts ? conflicts->size() : 0);
    body += ",\"dead\":" + std::to_string(ledger->parked.size());
    if (parts_.standing) body += parts_.standing();
    body += ",\"applied\":\"" + to_text(ledger->applied());
    body += "\",\"lag\":" + lag_json(parts_.peers) + ",\"resources\":{";
    for (std::size_t i = 0; i < parts_.schema.resources.size(); ++i) {
        const Resource& resource = parts_.schema.resources[i];
        const auto digest = ledger->digests.find(resource.id);
        Hash128 sum;
        std::uint64_t rows = 0;
        if (digest != ledger->digests.end()) {
            rows = digest->second.rows;
            for (const Hash128& bucket : digest->second.buckets)
                sum += bucket;
        }
        if (i > 0) body += ',';
        append_json_string(body, resource.name);
        body += ":{\"records\":" + std::to_string(rows) + ",\"digest\":\"" + to_hex(sum) + "\"}";
    }
    co_return http::json_response(body + "}}");
}

// {"peer":"eu","cut":true}: from now on nothing that comes from that peer is heard.
http::Response PeerRoutes::cut(const http::Request& request) {
    const auto wish = parse_json(request.body);
    const Json* peer = wish ? wish->find("peer") : nullptr;
    const Json* cut = wish ? wish->find("cut") : nullptr;
    if (!peer || !cut || !parts_.peers.knows(peer->text)) {
        return problem("malformed_request", "say which peer, and whether to cut it off", request);
    }
    parts_.peers.cut(peer->text, cut->boolean);
    return http::json_response("{}");
}

}  // namespace reef::api
