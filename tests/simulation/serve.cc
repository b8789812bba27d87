#include "serve.hpp"

#include "base/text/json.hpp"
#include "model/value_text.hpp"
#include "peers/forward_json.hpp"
#include "peers/peer_routes.hpp"
#include "wire.hpp"

namespace reef::simulation {

namespace {

// A request of a peer and the texts that it looks at.
struct PeerRequest {
    PeerRequest(PeerQuestion asked, std::string asker, std::string schema)
        : question(std::move(asked)), asker_(std::move(asker)), schema_(std::move(schema)) {
        const std::string_view target = question.target;
        const std::size_t mark = std::min(target.find('?'), target.size());
        request.method = question.method;
        request.method_text = http::name_of(question.method);
        request.target = target;
        request.path = target.substr(0, mark);
        request.query = target.substr(std::min(mark + 1, target.size()));
        request.body = question.body;
        request.peer_address = "127.0.0.1";
        request.headers.emplace_back("Atoll-Peer", asker_);
        request.headers.emplace_back("Atoll-Schema", schema_);
    }
    PeerRequest(const PeerRequest&) = delete;
    PeerRequest& operator=(const PeerRequest&) = delete;

    const PeerQuestion question;
    http::Request request;

private:
    const std::string asker_;
    const std::string schema_;
};

// Planted: a peer hears only what the serving node wrote itself, and its heartbeats; neither pieces
// of a log nor snapshots.
bool is_relayed(const Network& network, const Node& server, std::string_view line) {
    if (line.starts_with("{\"heartbeat\"") || peers::is_beat(line)) return false;
    const auto change = model::parse_change(network.schema(), line);
    return change && model::node_of(change->stamp.dot.origin) != server.name();
}

class WireStream final : public http::Stream {
public:
    WireStream(Network& network, std::shared_ptr<Network::Wire> wire)
        : network_(network), wire_(std::move(wire)) {}

    asio::awaitable<bool> write(std::string_view piece) override {
        const bool drops = network_.plant() == Plant::drop_relayed_tail;
        while (!piece.empty() && !wire_->unread) {
            const std::string_view line = piece.substr(0, piece.find('\n'));
            if (!drops || !is_relayed(network_, *wire_->server.node, line)) {
                network_.send_line(wire_, std::string{line});
            }
            piece.remove_prefix(line.size() + 1);
        }
        co_return !wire_->unread;
    }

private:
    Network& network_;
    const std::shared_ptr<Network::Wire> wire_;
};

// Planted: whatever row the write was compared with, it was this one.
Task<std::string> compared_here(const Network* network, Node* home, std::string body) {
    auto intent = peers::parse_intent(network->schema(), body);
    if (!intent || !intent->key) co_return body;
    model::RecordRef record{intent->resource, *intent->key};
    auto row = co_await home->reader().get(std::move(record));
    if (!row || !*row) co_return body;
    intent->precondition = {};
    intent->precondition.compared = (*row)->vector;
    intent->precondition.compared_version = model::version_of(**row);
    co_return peers::intent_json(network->schema(), *intent);
}

// Of which record the whole row is wanted.
std::optional<model::RecordRef> record_asked_for(const model::Schema& schema,
                                                 const http::Request& request) {
    if (request.path != "/_atoll/record") return std::nullopt;
    const auto wish = parse_json(request.body);
    if (!wish) return std::nullopt;
    const model::Resource* resource = schema.find(text_at(*wish, "resource"));
    if (!resource) return std::nullopt;
    auto key = model::key_from_text(resource->key_field(), text_at(*wish, "key"));
    if (!key) return std::nullopt;
    return model::RecordRef{resource->id, std::move(*key)};
}

}  // namespace

asio::awaitable<void> serve_feed(Network& network, std::shared_ptr<Network::Wire> wire,
                                 std::string target) {
    PeerQuestion question{http::Method::get, std::move(target), ""};
    const PeerRequest asked{std::move(question), wire->client.node->name(), network.schema().id()};
    http::Response response = co_await wire->server.node->routes().handle(asked.request);
    if (!response.stream) {
        network.refuse(wire, response.status);
        co_return;
    }
    WireStream stream{network, wire};
    co_await response.stream->write_to(stream);
}

asio::awaitable<void> serve_question(Network& network, std::shared_ptr<Network::Call> call,
                                     PeerQuestion question) {
    Node& server = *call->server.node;
    if (network.plant() == Plant::forget_forwarded_version) {
        auto body = co_await compared_here(&network, &server, question.body);
        question.body = std::move(*body);
    }
    const PeerRequest asked{std::move(question), call->client.node->name(), network.schema().id()};
    http::Response response = co_await server.routes().handle(asked.request);
    const bool drops = network.plant() == Plant::drop_relayed_tail;
    if (drops && asked.request.path != "/_atoll/forward") response = {};
    peers::PeerCalls::Answer answer{response.status, std::string{response.content()}};
    if (asked.request.path == "/_atoll/forward") {
        call->carried = network.oracle().carried(server.index(), answer.body);
    } else if (const auto record = record_asked_for(network.schema(), asked.request)) {
        call->carried = network.oracle().carried(server.index(), *record);
    }
    network.answer(call, std::move(answer));
}

void rethrow(const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace reef::simulation
