#include "peers/peer_routes.hpp"

#include <algorithm>
#include <array>

#include "base/text/uri.hpp"
#include "model/schema_shape.hpp"
#include "peers/change_feed.hpp"
#include "peers/forward.hpp"
#include "peers/forward_json.hpp"
#include "peers/log_piece.hpp"
#include "peers/names.hpp"

namespace reef::peers {

using namespace model;

namespace {

// A question that is too long for a URL is in the body.
std::optional<Query> question_in(const http::Request& request) {
    const bool in_body = request.method == http::Method::post && request.path == "/_atoll/changes";
    return parse_query(in_body ? request.body : request.query);
}

// A peer does not want what its store writes itself: this says as whom it writes.
PeerRun asking_run(const http::Request& request) {
    PeerRun asking;
    asking.run = request.header("atoll-run");
    const std::string_view asker = request.header("atoll-peer");
    const auto query = question_in(request);
    if (!query) return asking;
    std::vector<std::string> without = names_in(parameter(*query, "without").value_or(""));
    for (std::string& name : without) {
        if (name != asker && node_of(name) == asker) asking.life = std::move(name);
    }
    return asking;
}

}  // namespace

struct PeerRoutes::Call {
    http::Method method;
    std::string_view path;
    asio::awaitable<http::Response> (PeerRoutes::*answer)(const http::Request&);
    bool is_bulk = false;
};

const PeerRoutes::Call* PeerRoutes::find(const http::Request& request) {
    static constexpr std::array calls{
        Call{http::Method::get, "/_atoll/changes", &PeerRoutes::changes, true},
        Call{http::Method::post, "/_atoll/changes", &PeerRoutes::changes, true},
        Call{http::Method::get, beats_path, &PeerRoutes::beats},
        Call{http::Method::post, "/_atoll/snapshot", &PeerRoutes::snapshot, true},
        Call{http::Method::post, "/_atoll/record", &PeerRoutes::record, true},
        Call{http::Method::post, forward_path, &PeerRoutes::forward},
        Call{http::Method::post, claim_path, &PeerRoutes::claim},
        Call{http::Method::get, claimant_path, &PeerRoutes::claimant},
        Call{http::Method::get, "/_atoll/rows", &PeerRoutes::rows, true},
        Call{http::Method::get, "/_atoll/schema", &PeerRoutes::schema},
    };
    const auto* call = std::find_if(calls.begin(), calls.end(), [&request](const Call& one) {
        return one.method == request.method && one.path == request.path;
    });
    return call == calls.end() ? nullptr : call;
}

PeerRoutes::PeerRoutes(PeerRouteParts parts)
    : parts_(std::move(parts)),
      problems_(parts_.problems),
      history_({.schema = parts_.schema,
                .log = parts_.reader,
                .rows = parts_.reader,
                .scanner = parts_.reader,
                .requests = parts_.reader,
                .events = parts_.reader,
                .progress = parts_.progress,
                .node = parts_.node},
               problems_),
      proof_(parts_.schema, parts_.reader, parts_.replicas, problems_) {}

http::Response PeerRoutes::problem(std::string_view error, std::string detail,
                                   const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

bool PeerRoutes::serves(const http::Request& request) {
    return find(request) != nullptr;
}

asio::awaitable<http::Response> PeerRoutes::handle(const http::Request& request) {
    const Call* call = find(request);
    if (!call) co_return problem("not_found", "there is nothing here", request);
    http::Response response = co_await (this->*call->answer)(request);
    response.is_bulk = call->is_bulk;
    co_return response;
}

// Refuses nodes that this app does not have, a process that says to be a node while another one is
// heard that is this node, and peers that ask in terms of other records. Those ask
// for /_atoll/schema first, and again in its terms (schema_agreement.hpp).
std::optional<http::Response> PeerRoutes::refuse_asker(const http::Request& request) const {
    const std::string asker{request.header("atoll-peer")};
    if (!parts_.peers.knows(asker)) {
        return problem("not_found", "this app has no other node " + asker, request);
    }
    if (parts_.peers.hears_other_run(asker, asking_run(request))) {
        return problem("other_run",
                       "another process is heard here that is " + asker + ", on another store",
                       request);
    }
    if (request.header("atoll-schema") != parts_.schema_id) {
        return problem("not_found", "its records have other fields or rules", request);
    }
    return std::nullopt;
}

// Answers with a feed from `after` on; with `origin` and `limit`, with one piece of that origin's
// log.
asio::awaitable<http::Response> PeerRoutes::changes(const http::Request& request) {
    const auto query = question_in(request);
    // It states the lives that were retired, too: whoever does not know them needs their rows.
    constexpr std::size_t entries_max = position_entries_max + retired_entries_max;
    auto after =
        query ? parse_position(parameter(*query, "after").value_or(""), entries_max) : std::nullopt;
    if (!after) co_return problem("malformed_request", "after is not a position", request);
    if (auto refused = refuse_asker(request)) co_return std::move(*refused);
    const std::string origin = parameter(*query, "origin").value_or("");
    if (!origin.empty()) {
        const auto limit =
            std::strtoul(parameter(*query, "limit").value_or("").c_str(), nullptr, 10);
        LogWish wish{{origin, seq_in(*after, origin)}, static_cast<std::uint32_t>(limit), false};
        wish.whole = parameter(*query, whole_log).has_value();
        co_return co_await history_.log_piece(request, std::move(wish));
    }
    const std::string asker{request.header("atoll-peer")};
    std::vector<std::string> without = names_in(parameter(*query, "without").value_or(""));
    const bool says_own = std::any_of(without.begin(), without.end(), [&asker](const auto& name) {
        return name != asker && node_of(name) == asker;
    });
    if (!says_own) without.push_back(asker);  // as earlier versions ask
    auto missing = co_await history_.missing(*after, without);
    if (!missing) co_return problem("unavailable", missing.error().what, request);
    if (*missing) co_return history_.gone(**missing, request);
    http::Response response;
    response.content_type = "application/x-ndjson";
    response.stream =
        make_change_feed({parts_.reader, parts_.progress, parts_.peers, parts_.clock, parts_.node,
                          asker, asking_run(request), parts_.stopping, parts_.signs},
                         std::move(*after), std::move(without));
    co_return response;
}

asio::awaitable<http::Response> PeerRoutes::beats(const http::Request& request) {
    const std::string asker{request.header("atoll-peer")};
    if (!parts_.peers.knows(asker))
        co_return problem("not_found", "this app has no other node " + asker, request);
    if (parts_.peers.is_cut(asker)) co_return problem("unavailable", "cut off", request);
    const auto query = parse_query(request.query);
    const auto members = query ? parameter(*query, "members") : std::nullopt;
    if (members) parts_.peers.on_members(asker, names_in(*members));
    const PeerRun asking = asking_run(request);
    const auto goes_on = [this, asker, asking] {
        return !parts_.peers.is_cut(asker) && !parts_.peers.hears_other_run(asker, asking) &&
               !parts_.stopping;
    };
    const auto run = [this] {
        std::vector<std::string> names = parts_.progress.ledger()->runs().names;
        return names.empty() ? std::string{} : std::move(names.back());
    };
    const bool is_brief = query && parameter(*query, brief_beats);
    http::Response response;
    response.content_type = "text/plain";
    response.stream = make_beats({parts_.peers, parts_.clock, asker, is_brief, goes_on, run});
    co_return response;
}

asio::awaitable<http::Response> PeerRoutes::snapshot(const http::Request& request) {
    if (auto refused = refuse_asker(request)) co_return std::move(*refused);
    co_return co_await history_.snapshot(request);
}

asio::awaitable<http::Response> PeerRoutes::record(const http::Request& request) {
    if (auto refused = refuse_asker(request)) co_return std::move(*refused);
    co_return co_await history_.record(request);
}

asio::awaitable<http::Response> PeerRoutes::rows(const http::Request& request) {
    co_return co_await proof_.rows(request);
}

// For a peer whose app differs: it judges what it can read.
asio::awaitable<http::Response> PeerRoutes::schema(const http::Request& /*request*/) {
    co_return http::json_response(shape_json(parts_.schema));
}

std::optional<http::Response> PeerRoutes::refuse_writer(const http::Request& request) const {
    const std::string asker{request.header("atoll-peer")};
    if (parts_.peers.is_cut(asker)) return problem("unavailable", "cut off", request);
    if (parts_.peers.hears_other_run(asker, asking_run(request)))
        return problem("unavailable", "another process is " + asker, request);
    return std::nullopt;
}

asio::awaitable<http::Response> PeerRoutes::claim(const http::Request& request) {
    if (auto refused = refuse_writer(request)) co_return std::move(*refused);
    auto wanted = parse_claim_request(parts_.schema, request.body);
    if (!wanted) co_return problem("malformed_request", wanted.error().what, request);
    auto answer = co_await parts_.claims.grant(std::move(*wanted));
    if (!answer) co_return problem("unavailable", answer.error().what, request);
    co_return http::json_response(claim_answer_json(*answer));
}

asio::awaitable<http::Response> PeerRoutes::claimant(const http::Request& request) {
    if (auto refused = refuse_writer(request)) co_return std::move(*refused);
    const auto query = parse_query(request.query);
    const auto claimant =
        query ? parse_claimant(parameter(*query, "claimant").value_or("")) : std::nullopt;
    if (!claimant) co_return problem("malformed_request", "claimant is none", request);
    co_return http::json_response(claimant_json(parts_.claims.state(*claimant)));
}

asio::awaitable<http::Response> PeerRoutes::forward(const http::Request& request) {
    if (auto refused = refuse_writer(request)) co_return std::move(*refused);
    auto intent = parse_intent(parts_.schema, request.body);
    if (!intent) co_return problem("malformed_request", intent.error().what, request);
    intent->received = std::min(intent->received, parts_.clock.now());
    auto outcome = co_await parts_.decide(std::move(*intent));
    // It cannot decide, and nothing happened: somebody else may.
    if (!outcome && outcome.error().code == Errc::invalid)
        co_return problem("record_unreadable", outcome.error().what, request);
    if (!outcome && outcome.error().code == Errc::unavailable)
        co_return problem("internal_error", outcome.error().what, request);
    if (!outcome) co_return problem("unavailable", outcome.error().what, request);
    if (auto* replayed = std::get_if<Replayed>(&*outcome)) {
        auto entry = co_await parts_.reader.change(replayed->seen.stamp.dot);
        if (!entry) co_return problem("unavailable", entry.error().what, request);
        auto change = *entry ? parse_change(parts_.schema, (*entry)->json)
                             : Result<Change>{Error{Errc::not_found, "the log no longer has it"}};
        if (!change) co_return problem("unavailable", change.error().what, request);
        replayed->row = std::move(change->row);
        replayed->in_stead = std::move(change->in_stead);
    }
    co_return http::json_response(outcome_json(parts_.schema, *outcome));
}

}  // namespace reef::peers
