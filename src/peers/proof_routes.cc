#include "peers/proof_routes.hpp"

#include "base/text/json.hpp"
#include "base/text/uri.hpp"
#include "model/row_hash.hpp"
#include "model/value_text.hpp"

namespace reef::peers {

using namespace model;

namespace {

constexpr store::ScanLimits compared_piece{2000, 2 << 20};

void append_unreadable(std::string& out, const Key& key, const std::string& why) {
    out += "{\"key\":";
    append_json_string(out, to_text(key));
    out += ",\"vector\":\"\",\"hash\":\"" + to_hex({}) + "\",\"alive\":true,\"edited\":true,";
    out += "\"unreadable\":";
    append_json_string(out, why);
    out += '}';
}

// Without its closing brace.
void append_proof(std::string& out, const Resource& resource, const Row& row) {
    out += "{\"key\":";
    append_json_string(out, to_text(row.key));
    out += ",\"vector\":\"";
    append_text(out, row.vector);
    out += "\",\"hash\":\"" + to_hex(compared_hash(resource, row)) + "\",\"alive\":";
    out += row.alive() ? "true" : "false";
}

}  // namespace

http::Response ProofRoutes::problem(std::string_view error, std::string detail,
                                    const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

asio::awaitable<http::Response> ProofRoutes::rows(const http::Request& request) {
    const auto query = parse_query(request.query);
    const auto name = query ? parameter(*query, "resource") : std::nullopt;
    const Resource* resource = name ? schema_.find(*name) : nullptr;
    if (!resource) co_return problem("malformed_request", "there is no such resource", request);
    const auto wanted = parameter(*query, "key");
    const auto text = wanted ? wanted : parameter(*query, "after");
    std::optional<Key> key;
    if (text) {
        key = key_from_text(resource->key_field(), *text);
        if (!key) co_return problem("malformed_request", *text + " is no key", request);
    }
    const auto of = parameter(*query, "replica");
    const std::shared_ptr<store::Reader> replica = of && replicas_ ? replicas_(*of) : nullptr;
    if (of && !replica) co_return problem("unavailable", *of + " cannot be read now", request);
    store::Reader& reader = replica ? *replica : reader_;
    if (wanted) {
        RecordRef ref{resource->id, *key};
        co_return co_await row(reader, std::move(ref), request);
    }

    auto found = co_await reader.scan(resource->id, key, compared_piece);
    if (!found) co_return problem("unavailable", found.error().what, request);
    std::string body = "{\"rows\":[";
    for (const store::StoredRow& stored : *found) {
        if (body.back() != '[') body += ',';
        if (!stored.readable()) {
            append_unreadable(body, stored.row.key, stored.unreadable);
            continue;
        }
        append_proof(body, *resource, stored.row);
        const bool own = is_hash_of(stored.hash, *resource, stored.row);
        body += own ? ",\"edited\":false}" : ",\"edited\":true}";
    }
    body += ']';
    if (!found->empty()) {
        body += ",\"next\":";
        append_json_string(body, to_text(found->back().row.key));
    }
    co_return http::json_response(body + '}');
}

asio::awaitable<http::Response> ProofRoutes::row(store::RowReader& reader, RecordRef ref,
                                                 const http::Request& request) {
    auto found = co_await reader.get(ref);
    const bool unreadable = !found && found.error().code == Errc::invalid;
    if (!found && !unreadable) co_return problem("unavailable", found.error().what, request);
    std::string body = "{\"rows\":[";
    if (unreadable) {
        append_unreadable(body, ref.key, found.error().what);
    } else if (*found) {
        append_proof(body, schema_[ref.resource], **found);
        body += '}';
    }
    co_return http::json_response(body + "]}");
}

}  // namespace reef::peers
