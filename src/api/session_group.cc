#include "api/session_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/log.hpp"

namespace reef::api {

SessionGroup::SessionGroup(asio::io_context& context, ServerOptions options,
                           std::shared_ptr<Handler> handler)
    : io_(context),
      options_(std::move(options)),
      handler_(std::move(handler)),
      context_{options_, *handler_, std::chrono::steady_clock::now(), {}, false},
      sweep_timer_(context) {}

void SessionGroup::start() {
    asio::post(io_, [self = shared_from_this()] { self->sweep_later(); });
}

void SessionGroup::add(Socket socket, std::string peer_address, bool over_cap) {
    size_.fetch_add(1, std::memory_order_relaxed);
    asio::post(io_, [self = shared_from_this(), moved = std::move(socket),
                     address = std::move(peer_address), over_cap]() mutable {
        self->run(std::move(moved), std::move(address), over_cap);
    });
}

void SessionGroup::run(Socket socket, std::string peer_address, bool over_cap) {
    sessions_.emplace_back(std::move(socket), std::move(peer_address), over_cap, context_);
    const auto session = std::prev(sessions_.end());
    auto ended = [self = shared_from_this(), session](const std::exception_ptr& thrown) {
        self->session_ended(session, thrown);
    };
    asio::co_spawn(io_, session->run(),
                   asio::bind_cancellation_slot(session->cancellation_slot(), std::move(ended)));
}

void SessionGroup::session_ended(std::list<Session>::iterator session,
                                 const std::exception_ptr& thrown) {
    if (thrown && !session->was_cut()) log::error("A session failed");
    sessions_.erase(session);
    size_.fetch_sub(1, std::memory_order_relaxed);
    tell_if_done();
}

void SessionGroup::sweep_later() {
    if (context_.stopping && sessions_.empty()) return;
    sweep_timer_.expires_after(options_.sweep_interval);
    sweep_timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) {
        self->context_.now = std::chrono::steady_clock::now();
        // A session that ends at once erases itself: step before the call.
        for (auto next = self->sessions_.begin(); next != self->sessions_.end();) {
            (next++)->sweep();
        }
        self->sweep_later();
    });
}

std::future<void> SessionGroup::stop() {
    asio::post(io_, [self = shared_from_this()] {
        self->context_.stopping = true;
        for (auto next = self->sessions_.begin(); next != self->sessions_.end();) {
            (next++)->stop();
        }
        self->tell_if_done();
    });
    return all_ended_.get_future();
}

void SessionGroup::cut() {
    asio::post(io_, [self = shared_from_this()] {
        for (auto next = self->sessions_.begin(); next != self->sessions_.end();) {
            (next++)->cut();
        }
    });
}

void SessionGroup::tell_if_done() {
    if (!context_.stopping || !sessions_.empty() || told_) return;
    told_ = true;
    sweep_timer_.cancel();
    all_ended_.set_value();
}

}  // namespace reef::api
