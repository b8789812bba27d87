// The sessions of one io thread: owns them, looks at their deadlines, ends them.
#pragma once

#include <atomic>
#include <future>
#include <list>
#include <optional>

#include "http/session.hpp"

namespace reef::http {

class SessionGroup : public std::enable_shared_from_this<SessionGroup> {
public:
    SessionGroup(asio::io_context& context, ServerOptions options,
                 std::shared_ptr<Handler> handler);

    // All of these are callable from any thread.
    void start();  // the sweep
    void add(Socket socket, std::string peer_address, bool over_cap);
    asio::io_context::executor_type executor() const { return io_.get_executor(); }
    std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    // Ends what is idle; ready when only streams are left. Called once, after the last add().
    std::future<void> drain();
    // Ends streams; ready when no session is left. Called once, after drain().
    std::future<void> stop();
    void cut();  // ends what is left

private:
    void run(Socket socket, std::string peer_address, bool over_cap);
    void session_ended(std::list<Session>::iterator session, const std::exception_ptr& thrown);
    void sweep_later();
    void tell_what_is_done();

    asio::io_context& io_;
    const ServerOptions options_;
    const std::shared_ptr<Handler> handler_;
    std::atomic<std::size_t> size_ = 0;
    // Used on the io thread only.
    SessionContext context_;
    std::list<Session> sessions_;
    asio::steady_timer sweep_timer_;
    std::optional<std::promise<void>> drained_;    // there until it is told
    std::optional<std::promise<void>> all_ended_;  // as well
};

}  // namespace reef::http
