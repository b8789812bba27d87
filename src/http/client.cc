#include "http/client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "http/zstd.hpp"

namespace reef::http {

namespace {

namespace beast = boost::beast;
namespace beast_http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::size_t piece_bytes = 64 << 10;  // Beast reads no more at once

auto into(error_code& failed) {
    return asio::redirect_error(asio::use_awaitable, failed);
}

Error error_of(Errc code, const error_code& failed) {
    if (failed == beast::error::timeout) return {code, "no answer in time"};
    return {code, failed.message()};
}

std::string authority_of(const HostPort& server) {
    const bool ipv6 = server.host.find(':') != std::string::npos;
    return (ipv6 ? '[' + server.host + ']' : server.host) + ':' + server.port;
}

std::string to_text(const HostPort& server, const Call& call, bool reads_zstd) {
    std::string text{name_of(call.method)};
    text += ' ' + call.target + " HTTP/1.1\r\nHost: " + authority_of(server) + "\r\n";
    text += call.headers;
    if (reads_zstd) text.append("Accept-Encoding: ").append(zstd_coding).append("\r\n");
    if (call.method == Method::post || !call.body.empty()) {
        text += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
    }
    text += "\r\n" + call.body;
    return text;
}

class BeastConnection final : public ClientConnection {
public:
    BeastConnection(HostPort server, const asio::any_io_executor& executor)
        : server_(std::move(server)), stream_(executor) {}

    Task<void> open(milliseconds timeout) {
        error_code failed;
        tcp::resolver resolver{stream_.get_executor()};
        const auto found =
            co_await resolver.async_resolve(server_.host, server_.port, into(failed));
        if (failed) co_return error_of(Errc::unavailable, failed);
        stream_.expires_after(timeout);
        co_await stream_.async_connect(found, into(failed));
        const bool refused = failed == asio::error::connection_refused;
        if (failed) co_return error_of(refused ? Errc::refused : Errc::unavailable, failed);
        stream_.socket().set_option(tcp::no_delay{true}, failed);
        co_return Result<void>{};
    }

    Task<Answer> exchange(Call call, milliseconds timeout) override {
        const std::size_t answer_bytes_max = call.answer_bytes_max;
        const auto status = co_await begin(std::move(call), timeout);
        if (!status) co_return status.error();
        Answer answer{*status, {}};
        std::string& body = answer.body;
        for (std::size_t size = 0;; size = body.size()) {
            body.resize(size + piece_bytes);
            const auto bytes = co_await read_into(body.data() + size);
            if (!bytes) co_return Error{Errc::outcome_unknown, bytes.error().what};
            body.resize(size + *bytes);
            if (*bytes == 0) break;
            if (body.size() > answer_bytes_max) {
                co_return Error{
                    Errc::outcome_unknown,
                    "the answer has more than " + std::to_string(answer_bytes_max >> 20) + " MiB"};
            }
        }
        reusable_ = answer_->keep_alive();
        co_return answer;
    }

    Task<int> begin(Call call, milliseconds timeout) override {
        reusable_ = false;
        answer_.emplace();
        answer_->body_limit(boost::none);
        decompressor_.reset();
        coded_ = {};
        const bool reads_zstd = may_compress(call.compression);
        const std::string text = to_text(server_, call, reads_zstd);
        const auto bytes = asio::buffer(text);
        error_code failed;
        stream_.expires_after(timeout);
        co_await asio::async_write(stream_, bytes, into(failed));
        // Not all of it was sent, so the server has not carried it out.
        if (failed) co_return error_of(Errc::closed, failed);
        co_await beast_http::async_read_header(stream_, received_, *answer_, into(failed));
        const bool closed =
            failed == beast_http::error::end_of_stream || failed == asio::error::connection_reset;
        if (failed) co_return error_of(closed ? Errc::closed : Errc::outcome_unknown, failed);
        const auto coding = answer_->get()[beast_http::field::content_encoding];
        if (reads_zstd && coding == zstd_coding) decompressor_.emplace();
        if (!coding.empty() && !decompressor_)
            co_return Error{Errc::outcome_unknown,
                            "it answered in a coding that it was not asked for"};
        co_return static_cast<int>(answer_->get().result_int());
    }

    Task<std::string_view> read_some(milliseconds timeout) override {
        piece_.resize(piece_bytes);
        stream_.expires_after(timeout);
        const auto bytes = co_await read_into(piece_.data());
        if (!bytes) co_return bytes.error();
        co_return std::string_view{piece_.data(), *bytes};
    }

    bool is_reusable() const override { return reusable_; }
    void close() override { stream_.close(); }

private:
    bool may_compress(Compression wanted) const {
        if (wanted != Compression::beyond_loopback) return wanted == Compression::always;
        error_code failed;
        const auto peer = stream_.socket().remote_endpoint(failed);
        return !failed && !peer.address().is_loopback();
    }

    // Reads up to piece_bytes of the content, before the deadline that the stream has. 0: it has
    // ended.
    Task<std::size_t> read_into(char* to) {
        if (!decompressor_) co_return co_await read_body(to);
        for (;;) {
            const auto bytes = decompressor_->read(coded_, to, piece_bytes);
            if (!bytes) co_return Error{Errc::unavailable, bytes.error().what};
            if (*bytes > 0) co_return *bytes;
            coded_piece_.resize(piece_bytes);
            const auto more = co_await read_body(coded_piece_.data());
            if (!more) co_return more.error();
            if (*more == 0 && !decompressor_->is_whole())
                co_return Error{Errc::unavailable, "the answer broke off"};
            if (*more == 0) co_return std::size_t{0};
            coded_ = {coded_piece_.data(), *more};
        }
    }

    // The same of the body as it was sent.
    Task<std::size_t> read_body(char* to) {
        auto& body = answer_->get().body();
        std::size_t bytes = 0;
        while (bytes == 0 && !answer_->is_done()) {
            body.data = to;
            body.size = piece_bytes;
            error_code failed;
            co_await beast_http::async_read_some(stream_, received_, *answer_, into(failed));
            if (failed == beast::error::timeout) {
                co_return error_of(Errc::timeout, failed);
            }
            if (failed && failed != beast_http::error::need_buffer) {
                co_return error_of(Errc::unavailable, failed);
            }
            bytes = piece_bytes - body.size;
        }
        co_return bytes;
    }

    const HostPort server_;
    beast::tcp_stream stream_;
    beast::flat_buffer received_;  // what has arrived and was not read yet
    std::optional<beast_http::response_parser<beast_http::buffer_body>> answer_;
    std::string piece_;
    std::optional<Decompressor> decompressor_;  // where the answer is compressed
    std::string coded_piece_;
    std::string_view coded_;  // of the piece before, what was not decoded yet
    bool reusable_ = false;
};

Task<Answer> ask_once(Url url, Call call, milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto connection = co_await connect(url.server, timeout);
    if (!connection) co_return connection.error();
    const auto left = deadline - std::chrono::steady_clock::now();
    const auto left_ms = std::chrono::duration_cast<milliseconds>(left);
    co_return co_await (*connection)->exchange(std::move(call), left_ms);
}

}  // namespace

std::optional<Url> parse_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    const std::size_t slash = url.find('/');
    std::string_view host = url.substr(0, slash);
    Url found;
    if (slash != url.npos && slash + 1 < url.size()) found.target = url.substr(slash);
    found.server.port = "80";
    const std::size_t colon = host.rfind(':');
    if (colon != host.npos && host.find(']', colon) == host.npos) {
        found.server.port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    found.server.host = host;
    const std::string& port = found.server.port;
    const bool is_number = !port.empty() && port.find_first_not_of("0123456789") == port.npos;
    if (host.empty() || !is_number) return std::nullopt;
    return found;
}

Task<std::unique_ptr<ClientConnection>> connect(HostPort server, milliseconds timeout) {
    const auto executor = co_await asio::this_coro::executor;
    auto connection = std::make_unique<BeastConnection>(std::move(server), executor);
    const auto opened = co_await connection->open(timeout);
    if (!opened) co_return opened.error();
    co_return std::unique_ptr<ClientConnection>{std::move(connection)};
}

Result<Answer> ask(const Url& url, Call call, milliseconds timeout) {
    asio::io_context context;
    auto answer =
        asio::co_spawn(context, ask_once(url, std::move(call), timeout), asio::use_future);
    context.run();
    auto result = answer.get();
    if (!result) return Error{Errc::unavailable, result.error().what};
    return result;
}

}  // namespace reef::http
