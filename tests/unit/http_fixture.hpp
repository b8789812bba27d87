// A server over real sockets with a handler that shows what it was given, and a client that sends
// raw bytes.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "http/server.hpp"

namespace reef::api {

using namespace std::chrono_literals;

// Answers "METHOD path?query [body]", but for some paths:
//   /throw           throws                        /hang   never answers (until it is cut)
//   /slow            answers after 20 ms           /large  answers with 4 MiB
//   /feed            a stream that never ends      /count  a stream of "1 2 3 "
//   /gate            answers once the gate is open /nothing  answers 204
class ShowingHandler final : public http::Handler {
public:
    asio::awaitable<http::Response> handle(const http::Request& request) override;
    http::Response refuse(int status, std::string_view detail) override;

    static inline std::atomic<bool> gate_is_open = true;
    static inline std::atomic<int> at_gate = 0;  // requests that wait
};

http::ServerOptions quick_options();  // deadlines that suit a test, port 0

class RunningServer {
public:
    explicit RunningServer(http::ServerOptions options = quick_options());
    ~RunningServer();
    http::Server& operator*() { return *server_; }
    http::Server* operator->() { return server_.get(); }
    std::uint16_t port() const { return server_->port(); }

private:
    using Guard = asio::executor_work_guard<asio::io_context::executor_type>;
    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<Guard> guards_;
    std::vector<std::jthread> threads_;
    std::unique_ptr<http::Server> server_;
};

// Every wait ends after a minute, which is a failure.
class RawClient {
public:
    explicit RawClient(std::uint16_t port, const std::string& address = "127.0.0.1");
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool connected() const { return connected_; }
    void send(std::string_view bytes);  // what a closed peer does not take is dropped
    void finish();                      // no more bytes from here
    // One answer with its body (of a Content-Length), or what came before the end.
    std::string read_answer(bool to_head = false);
    std::string read_to_end();               // until the server closes
    bool read_until(std::string_view text);  // false: closed before that
    bool was_reset() const { return reset_; }
    bool is_closed();  // the server has closed, and sent nothing more

private:
    bool read_more();
    int socket_ = -1;
    bool connected_ = false;
    bool reset_ = false;
    std::string received_;
};

// Sends the bytes, reads all up to the close. "" when there was none.
std::string exchange(std::uint16_t port, std::string_view bytes);

int status_of(std::string_view answer);  // 0 when it is none
std::string_view body_of(std::string_view answer);

// One to three edits, most of them with bytes that mean something to HTTP.
std::string mutate(std::string bytes, std::mt19937_64& random);

// Waits until it holds, for at most a minute.
template <class Condition>
bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace reef::api
