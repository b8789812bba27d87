// A node's ends of its links: what production code sees of the network.
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "peers/forward_json.hpp"
#include "wire.hpp"

namespace reef::simulation {

using namespace std::chrono_literals;

namespace {

// As those of the direct transport.
constexpr Nanoseconds connect_max = 3000ms;
constexpr Nanoseconds silence_max = 5000ms;

// Until it is woken or the time has passed.
asio::awaitable<void> wait(std::shared_ptr<asio::steady_timer> timer) {
    boost::system::error_code woken;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

class WireFeed final : public peers::Feed {
public:
    WireFeed(Network& network, std::shared_ptr<Network::Wire> wire)
        : network_(network), wire_(std::move(wire)) {}
    ~WireFeed() override { network_.close(wire_); }

    Task<std::vector<peers::Arrival>> next() override { return next_within(silence_max); }

    Task<std::vector<peers::Arrival>> next_within(Nanoseconds silence) {
        if (wire_->inbox.empty() && !wire_->hung_up) {
            Node& node = *wire_->client.node;
            const auto timer = node.clock().timer(node.context().get_executor(), silence);
            wire_->reader = timer;
            co_await wait(timer);
        }
        if (!wire_->inbox.empty()) co_return std::exchange(wire_->inbox, {});
        if (wire_->refused == 410) co_return Error{Errc::not_found, "its log was trimmed"};
        if (wire_->nobody) co_return Error{Errc::refused, "nobody listens"};
        if (wire_->hung_up) co_return Error{Errc::unavailable, "it hung up"};
        co_return Error{Errc::timeout, "it is silent"};
    }

    // The first thing that a feed says is a heartbeat: it stays in the inbox.
    Task<void> begin() {
        auto first = co_await next_within(connect_max);
        if (!first) co_return first.error();
        wire_->inbox.insert(wire_->inbox.begin(), std::make_move_iterator(first->begin()),
                            std::make_move_iterator(first->end()));
        co_return Result<void>{};
    }

private:
    Network& network_;
    const std::shared_ptr<Network::Wire> wire_;
};

class WireSource final : public peers::Source {
public:
    WireSource(Network& network, Node& owner, std::string peer)
        : network_(network), owner_(owner), peer_(std::move(peer)) {}

    Task<std::unique_ptr<peers::Feed>> open(model::Position after,
                                            std::vector<std::string> without) override {
        std::string target = "/_atoll/changes?after=" + model::to_text(after) + "&without=";
        for (const std::string& node : without)
            target += node + ',';
        co_return co_await begin(std::move(target));
    }

    Task<std::unique_ptr<peers::Feed>> open_beats() override {
        co_return co_await begin(peers::beats_path);
    }

private:
    Task<std::unique_ptr<peers::Feed>> begin(std::string target) {
        auto wire = network_.open_wire(owner_, peer_, std::move(target));
        auto feed = std::make_unique<WireFeed>(network_, std::move(wire));
        auto begun = co_await feed->begin();
        if (!begun) co_return begun.error();
        co_return std::unique_ptr<peers::Feed>{std::move(feed)};
    }

    Network& network_;
    Node& owner_;
    const std::string peer_;
};

class WireCalls final : public peers::PeerCalls {
public:
    WireCalls(Network& network, Node& owner, std::string peer)
        : network_(network), owner_(owner), peer_(std::move(peer)) {}

    Task<Answer> post(std::string path, std::string body, peers::Patience patience) override {
        const bool forward = path == "/_atoll/forward";
        PeerQuestion question{http::Method::post, std::move(path),
                              forward ? planted(std::move(body)) : std::move(body)};
        auto asked = ask(std::move(question), std::move(patience));
        co_return co_await std::move(asked);
    }

    Task<Answer> get(std::string target, peers::Patience patience) override {
        PeerQuestion question{http::Method::get, std::move(target), ""};
        auto asked = ask(std::move(question), std::move(patience));
        co_return co_await std::move(asked);
    }

    asio::awaitable<void> keep_warm() override { co_return; }

private:
    Task<Answer> ask(PeerQuestion question, peers::Patience patience) {
        const auto call = network_.begin_call(owner_, peer_, std::move(question));
        const auto until = owner_.clock().steady() + Nanoseconds{patience.timeout};
        while (!call->answer) {
            Nanoseconds left = until - owner_.clock().steady();
            if (patience.silent_in) left = std::min(left, patience.silent_in());
            if (left <= Nanoseconds{}) break;
            const auto timer = owner_.clock().timer(owner_.context().get_executor(), left);
            call->caller = timer;
            co_await wait(timer);
        }
        if (call->answer) co_return *call->answer;
        call->answer.emplace(Error{Errc::timeout, "too late"});
        co_return Error{Errc::outcome_unknown, "no answer in time"};
    }

    std::string planted(std::string body) const {
        if (network_.plant() != Plant::forget_forwarded_request) return body;
        auto intent = peers::parse_intent(network_.schema(), body).value();
        intent.request.ids.front().text += "-forwarded";
        intent.request.attempt += "-forwarded";
        return peers::intent_json(network_.schema(), intent);
    }

    Network& network_;
    Node& owner_;
    const std::string peer_;
};

}  // namespace

std::unique_ptr<peers::Source> Network::source(Node& owner, std::string peer) {
    return std::make_unique<WireSource>(*this, owner, std::move(peer));
}

std::unique_ptr<peers::PeerCalls> Network::calls(Node& owner, std::string peer) {
    return std::make_unique<WireCalls>(*this, owner, std::move(peer));
}

}  // namespace reef::simulation
