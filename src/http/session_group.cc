#include "http/session_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/log.hpp"

namespace reef::http {

SessionGroup::SessionGroup(asio::io_context& context, ServerOptions options,
                           std::shared_ptr<Handler> handler)
    : io_(context),
      options_(std::move(options)),
      handler_(std::move(handler)),
      context_{options_, *handler_, std::chrono::steady_clock::now(), {}},
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
    tell_what_is_done();
}

void SessionGroup::sweep_later() {
    if (context_.ending && sessions_.empty()) return;
    sweep_timer_.expires_after(options_.sweep_interval);
    sweep_timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) {
        self->context_.now = std::chrono::steady_clock::now();
        // A session that ends at once erases itself: step before the call.
        for (auto next = self->sessions_.begin(); next != self->sessions_.end();) {
            (next++)->sweep();
        }
        self->tell_what_is_done();
        self->sweep_later();
    });
}

std::future<void> SessionGroup::drain() {
    std::promise<void> drained;
    auto future = drained.get_future();
    asio::post(io_, [self = shared_from_this(), promise = std::move(drained)]() mutable {
        self->drained_ = std::move(promise);
        self->context_.draining = true;
        for (auto next = self->sessions_.begin(); next != self->sessions_.end();) {
            (next++)->drain();
        }
        self->tell_what_is_done();
    });
    return future;
}

std::future<void> SessionGroup::stop() {
    std::promise<void> all_ended;
    auto future = all_ended.get_future();
    asio::post(io_, [self = shared_from_this(), promise = std::move(all_ended)]() mutable {
        self->all_ended_ = std::move(promise);
        self->context_.ending = true;
        for (auto next = self->sessions_.begin(); next != self->sessions_.end();) {
            (next++)->end_stream();
        }
        self->tell_what_is_done();
    });
    return future;
}

void SessionGroup::cut() {
    asio::post(io_, [self = shared_from_this()] {
        for (auto next = self->sessions_.begin(); next != self->sessions_.end();) {
            (next++)->cut();
        }
    });
}

void SessionGroup::tell_what_is_done() {
    const auto tell = [](std::optional<std::promise<void>>& promise) {
        if (promise) promise->set_value();
        promise.reset();
    };
    const auto streams = [](const Session& session) { return session.streams(); };
    if (drained_ && std::all_of(sessions_.begin(), sessions_.end(), streams)) tell(drained_);
    if (!context_.ending || !sessions_.empty()) return;
    sweep_timer_.cancel();
    tell(all_ended_);
}

}  // namespace reef::http
