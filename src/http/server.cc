#include "http/server.hpp"

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "base/log.hpp"
#include "http/listen.hpp"
#include "http/session_group.hpp"

namespace reef::http {

namespace {

using Groups = std::vector<std::shared_ptr<SessionGroup>>;

// Beyond the cap: so many connections at a time are told so, the others are closed without a word.
constexpr std::uint32_t told_over_cap_max = 64;
constexpr std::chrono::milliseconds accept_pause{100};

std::string text_of(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

class TcpServer final : public Server {
public:
    TcpServer(asio::io_context& accepting, std::vector<Acceptor> acceptors, Groups groups,
              ServerOptions options)
        : port_(acceptors.front().local_endpoint().port()),
          options_(std::move(options)),
          accepting_(accepting),
          acceptors_(std::move(acceptors)),
          groups_(std::move(groups)),
          loops_(accepting.get_executor()) {}

    ~TcpServer() override { stop(std::chrono::milliseconds{0}); }

    void start() {
        for (const auto& group : groups_)
            group->start();
        asio::post(accepting_, [this] {
            for (Acceptor& acceptor : acceptors_)
                loops_.start("accept", accept(acceptor));
        });
    }

    std::uint16_t port() const override { return port_; }

    ServerCounts counts() const override {
        return {accepted_.load(std::memory_order_relaxed), open(),
                refused_.load(std::memory_order_relaxed),
                accept_failures_.load(std::memory_order_relaxed)};
    }

    void drain(std::chrono::milliseconds timeout) override {
        if (drained_.exchange(true)) return;
        const auto end = std::chrono::steady_clock::now() + timeout;
        asio::co_spawn(accepting_, stop_accepting(), asio::use_future).get();
        std::vector<std::future<void>> drained;
        for (const auto& group : groups_)
            drained.push_back(group->drain());
        for (const auto& group : drained)
            group.wait_until(end);
    }

    void stop(std::chrono::milliseconds timeout) override {
        if (stopped_.exchange(true)) return;
        const auto end = std::chrono::steady_clock::now() + timeout;
        drain(timeout);
        std::vector<std::future<void>> all_ended;
        for (const auto& group : groups_)
            all_ended.push_back(group->stop());
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            if (all_ended[i].wait_until(end) == std::future_status::timeout) groups_[i]->cut();
        }
        for (const auto& ended : all_ended)
            ended.wait();
    }

private:
    std::size_t open() const {
        std::size_t sum = 0;
        for (const auto& group : groups_)
            sum += group->size();
        return sum;
    }

    // The thread with the fewest connections: round robin would keep what a burst of closing left.
    SessionGroup& least_busy() const {
        const auto fewer = [](const auto& a, const auto& b) { return a->size() < b->size(); };
        return **std::min_element(groups_.begin(), groups_.end(), fewer);
    }

    asio::awaitable<void> accept(Acceptor& acceptor) {
        bool was_failing = false;
        for (;;) {
            SessionGroup& group = least_busy();
            asio::ip::tcp::endpoint peer;
            boost::system::error_code failed;
            Socket socket = co_await acceptor.async_accept(
                group.executor(), peer, asio::redirect_error(asio::use_awaitable, failed));
            if (failed == asio::error::operation_aborted) co_return;
            if (failed == asio::error::connection_aborted) continue;  // it had gone again
            if (failed) {
                // No file descriptors, no memory: that passes. Try again, but do not spin.
                accept_failures_.fetch_add(1, std::memory_order_relaxed);
                if (!std::exchange(was_failing, true)) {
                    log::error("Cannot accept connections, trying again",
                               {{"reason", failed.message()}});
                }
                asio::steady_timer pause{co_await asio::this_coro::executor, accept_pause};
                co_await pause.async_wait(asio::use_awaitable);
                continue;
            }
            if (std::exchange(was_failing, false)) log::info("Connections are accepted again");
            take(std::move(socket), text_of(peer.address()), group);
        }
    }

    void take(Socket socket, std::string peer_address, SessionGroup& group) {
        const std::size_t others = open();
        const bool over_cap = others >= options_.connections_max;
        auto& count = over_cap ? refused_ : accepted_;
        count.fetch_add(1, std::memory_order_relaxed);
        if (others >= std::size_t{options_.connections_max} + told_over_cap_max) return;
        group.add(std::move(socket), std::move(peer_address), over_cap);
    }

    asio::awaitable<void> stop_accepting() {
        co_await loops_.end();
        acceptors_.clear();
    }

    const std::uint16_t port_;
    const ServerOptions options_;
    asio::io_context& accepting_;
    std::vector<Acceptor> acceptors_;
    const Groups groups_;
    TaskGroup loops_;  // one for each acceptor
    std::atomic<std::uint64_t> accepted_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
    std::atomic<std::uint64_t> accept_failures_ = 0;
    std::atomic<bool> drained_ = false;
    std::atomic<bool> stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> start_server(ServerOptions options,
                                             std::vector<asio::io_context*> contexts,
                                             std::vector<std::shared_ptr<Handler>> handlers) {
    auto acceptors = listen_on(*contexts.front(), options.host, options.port);
    if (!acceptors) return acceptors.error();
    Groups groups;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
        groups.push_back(std::make_shared<SessionGroup>(*contexts[i], options, handlers[i]));
    }
    auto server = std::make_unique<TcpServer>(*contexts.front(), std::move(*acceptors),
                                              std::move(groups), std::move(options));
    server->start();
    return std::unique_ptr<Server>{std::move(server)};
}

}  // namespace reef::http
