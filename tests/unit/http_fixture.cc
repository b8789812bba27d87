#include "http_fixture.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <stdexcept>

namespace reef::api {

using namespace std::string_view_literals;

namespace {

asio::awaitable<void> wait_for(std::chrono::milliseconds duration) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, duration};
    co_await timer.async_wait(asio::use_awaitable);
}

class EndlessFeed final : public http::StreamBody {
public:
    asio::awaitable<void> write_to(http::Stream& stream) override {
        bool goes_on = co_await stream.write("first\n");
        while (goes_on) {
            co_await wait_for(1h);
            goes_on = co_await stream.write("later\n");
        }
    }
};

class CountedFeed final : public http::StreamBody {
public:
    asio::awaitable<void> write_to(http::Stream& stream) override {
        for (const char* piece : {"1 ", "2 ", "3 "}) {
            const bool sent = co_await stream.write(piece);
            if (!sent) co_return;
        }
    }
};

http::Response text(std::string body) {
    http::Response response;
    response.is_bulk = true;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
}

}  // namespace

asio::awaitable<http::Response> ShowingHandler::handle(const http::Request& request) {
    if (request.path == "/throw") throw std::runtime_error("as asked");
    if (request.path == "/hang") co_await wait_for(1h);
    if (request.path == "/gate") {
        ++at_gate;
        while (!gate_is_open)
            co_await wait_for(1ms);
        --at_gate;
    }
    if (request.path == "/slow") co_await wait_for(20ms);
    if (request.path == "/large") co_return text(std::string(4 << 20, 'x'));
    if (request.path == "/nothing") {
        http::Response response;
        response.status = 204;
        co_return response;
    }
    http::Response response = text({});
    if (request.path == "/feed") response.stream = std::make_unique<EndlessFeed>();
    if (request.path == "/count") response.stream = std::make_unique<CountedFeed>();
    if (response.stream) co_return response;
    response.body.append(request.method_text).append(" ").append(request.path);
    if (!request.query.empty()) response.body.append("?").append(request.query);
    response.body.append(" [").append(request.body).append("]");
    co_return response;
}

http::Response ShowingHandler::refuse(int status, std::string_view detail) {
    http::Response response = text("refused: " + std::string{detail});
    response.status = status;
    if (status == 503) response.add_header("Retry-After", "1");
    return response;
}

http::ServerOptions quick_options() {
    http::ServerOptions options;
    options.sweep_interval = 5ms;
    options.linger_timeout = 5s;
    return options;
}

RunningServer::RunningServer(http::ServerOptions options) {
    std::vector<asio::io_context*> contexts;
    std::vector<std::shared_ptr<http::Handler>> handlers;
    for (int i = 0; i < 2; ++i) {
        contexts.push_back(contexts_.emplace_back(std::make_unique<asio::io_context>(1)).get());
        handlers.push_back(std::make_shared<ShowingHandler>());
        guards_.emplace_back(contexts.back()->get_executor());
        threads_.emplace_back([context = contexts.back()] { context->run(); });
    }
    server_ = http::start_server(std::move(options), contexts, handlers).value();
}

RunningServer::~RunningServer() {
    server_.reset();
    for (Guard& guard : guards_)
        guard.reset();
}

RawClient::RawClient(std::uint16_t port, const std::string& address) {
    addrinfo wanted{};
    wanted.ai_flags = AI_NUMERICHOST;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return;
    socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connected_ = socket_ >= 0 && ::connect(socket_, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawClient::~RawClient() {
    if (socket_ >= 0) ::close(socket_);
}

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
}

void RawClient::finish() {
    ::shutdown(socket_, SHUT_WR);
}

bool RawClient::read_more() {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, 60'000) != 1) throw std::runtime_error("the server is silent");
    char bytes[16 << 10];
    const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size < 0) reset_ = true;
    if (size <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(size));
    return true;
}

bool RawClient::read_until(std::string_view text) {
    while (received_.find(text) == std::string::npos) {
        if (!read_more()) return false;
    }
    return true;
}

std::string RawClient::read_answer(bool to_head) {
    if (!read_until("\r\n\r\n")) return std::exchange(received_, {});
    std::size_t size = received_.find("\r\n\r\n") + 4;
    constexpr std::string_view length_name = "Content-Length: ";
    const std::size_t name = received_.find(length_name);
    if (!to_head && name < size) {
        std::size_t length = 0;
        const char* digits = received_.data() + name + length_name.size();
        std::from_chars(digits, received_.data() + size, length);
        size += length;
    }
    while (received_.size() < size && read_more()) {
    }
    std::string answer = received_.substr(0, size);
    received_.erase(0, answer.size());
    return answer;
}

std::string RawClient::read_to_end() {
    while (read_more()) {
    }
    return std::exchange(received_, {});
}

bool RawClient::is_closed() {
    return received_.empty() && !read_more();
}

std::string exchange(std::uint16_t port, std::string_view bytes) {
    RawClient client{port};
    client.send(bytes);
    return client.read_to_end();
}

int status_of(std::string_view answer) {
    int status = 0;
    if (answer.starts_with("HTTP/1.1 ") && answer.size() > 12) {
        std::from_chars(answer.data() + 9, answer.data() + 12, status);
    }
    return status;
}

std::string_view body_of(std::string_view answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string_view::npos ? std::string_view{} : answer.substr(end + 4);
}

std::string mutate(std::string bytes, std::mt19937_64& random) {
    static constexpr std::string_view interesting = "\r\n\t :;,/?%*0159afGTx\0\x7f\xff"sv;
    const std::uint64_t edits = 1 + random() % 3;
    for (std::uint64_t i = 0; i < edits && !bytes.empty(); ++i) {
        const std::size_t at = random() % bytes.size();
        const char c = interesting[random() % interesting.size()];
        switch (random() % 4) {
            case 0:
                bytes[at] = c;
                break;
            case 1:
                bytes.insert(at, 1, c);
                break;
            case 2:
                bytes.erase(at, 1 + random() % 3);
                break;
            default:
                bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 12));
        }
    }
    return bytes;
}

}  // namespace reef::api
