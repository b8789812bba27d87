#include "http/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace reef::http {

namespace {

constexpr std::size_t read_bytes = 4 << 10;  // at least so much room for each read
constexpr std::size_t body_read_bytes = 64 << 10;
constexpr std::size_t kept_bytes_max = 32 << 10;  // a larger buffer is given back after its use
constexpr std::size_t copied_body_bytes_max = 16 << 10;  // a longer one is sent from where it is
constexpr std::size_t linger_bytes_max = 16 << 20;
constexpr std::size_t compressed_bytes_min = 1 << 10;  // a shorter body goes as it is
constexpr std::chrono::milliseconds stop_linger{100};  // a stop waits no longer for a client
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

std::string text_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "not a std::exception";
    }
}

void release_if_large(std::string& buffer) {
    if (buffer.capacity() > kept_bytes_max) std::string{}.swap(buffer);
}

}  // namespace

// What a StreamBody writes to: chunks, or bare bytes up to the end of an HTTP/1.0 connection.
// Compressed or not, each piece can be read as soon as it has arrived.
class Session::ChunkedStream final : public Stream {
public:
    ChunkedStream(Session& session, bool chunked, bool compressed)
        : session_(session), chunked_(chunked) {
        if (compressed) compressor_.emplace();
    }

    asio::awaitable<bool> write(std::string_view piece) override {
        if (failed_ || session_.streaming_ == Streaming::ended) co_return false;
        if (piece.empty()) co_return true;  // an empty chunk would be the last one
        session_.out_.clear();
        append(piece);
        const bool sent = co_await session_.send(session_.out_, {});
        session_.enter_unbounded(Phase::handling);
        failed_ = !sent;
        co_return sent;
    }

    bool failed() const { return failed_; }

    // What a client needs to know that this was all. Of HTTP/1.0 the connection's end says it.
    std::string_view finish() {
        session_.out_.clear();
        if (compressor_) {
            coded_.clear();
            compressor_->finish(coded_);
            append_framed(coded_);
        }
        if (chunked_) session_.out_ += last_chunk;
        return session_.out_;
    }

private:
    void append(std::string_view piece) {
        if (!compressor_) return append_framed(piece);
        coded_.clear();
        compressor_->add(piece, coded_);
        append_framed(coded_);
        release_if_large(coded_);
    }

    void append_framed(std::string_view piece) {
        if (chunked_) {
            append_chunk(session_.out_, piece);
        } else {
            session_.out_ += piece;
        }
    }

    Session& session_;
    const bool chunked_;
    std::optional<Compressor> compressor_;
    std::string coded_;
    bool failed_ = false;
};

Session::Session(Socket socket, std::string peer_address, bool over_cap, SessionContext& context)
    : context_(context),
      socket_(std::move(socket)),
      peer_address_(std::move(peer_address)),
      over_cap_(over_cap),
      parser_({context.options.header_bytes_max, context.options.header_fields_max,
               context.options.target_bytes_max}) {
    boost::system::error_code ignored;  // a socket that takes no option fails at its first read
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
}

asio::awaitable<void> Session::run() {
    Next next = Next::refused;
    if (over_cap_) {
        refuse({503, "there are too many connections"});
    } else {
        next = co_await read_request();
    }
    bool goes_on = true;
    while (next == Next::request && goes_on) {
        if (is_given_up()) co_return;
        Response response = co_await handle();
        goes_on = co_await answer(std::move(response));
        if (!goes_on) break;
        forget_request();
        next = co_await read_request();
    }
    if (next == Next::end) co_return;
    if (next == Next::refused) {
        Response refusal = context_.handler.refuse(error_.status, error_.detail);
        refusal.close = true;
        co_await answer(std::move(refusal));
    }
    co_await linger();
}

void Session::sweep() {
    if (streams() && phase_ == Phase::handling && peer_has_gone()) return end_stream();
    if (context_.now < deadline_) return;
    deadline_ = SweepTime::max();
    if (phase_ != Phase::idle) phase_ = Phase::expired;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Session::drain() {
    if (streams()) return;
    if (phase_ == Phase::lingering) enter(Phase::lingering, stop_linger);
    boost::system::error_code ignored;
    if (phase_ == Phase::idle) socket_.cancel(ignored);
}

void Session::cut() {
    cut_ = true;
    cancel_.emit(asio::cancellation_type::terminal);
}

void Session::enter(Phase phase, std::chrono::milliseconds timeout) {
    phase_ = phase;
    deadline_ = context_.now + timeout;
}

void Session::enter_unbounded(Phase phase) {
    phase_ = phase;
    deadline_ = SweepTime::max();
}

std::string_view Session::unread() const {
    const auto bytes = in_.cdata();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
}

Session::Next Session::refuse(HttpError error) {
    error_ = error;
    request_.method = http::Method::other;  // the refusal has a body, even of a HEAD
    return Next::refused;
}

Session::Next Session::read_failed() {
    if (phase_ != Phase::expired) return Next::end;
    return refuse({408, "the request did not come in time"});
}

bool Session::peer_has_gone() {
    char byte = 0;
    const auto size = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

// A write that the gateway, or a peer, has closed its connection on: this process slept meanwhile,
// and it was taken elsewhere. Begun now, it might take effect after somebody was told that it could
// not. Other clients may well say that no more comes from them and wait for the answer.
bool Session::is_given_up() {
    const bool writes =
        request_.method != http::Method::get && request_.method != http::Method::head;
    const bool carried =
        !request_.header("atoll-attempt").empty() || request_.path == "/_atoll/forward";
    return writes && carried && peer_has_gone();
}

void Session::end_stream() {
    if (streaming_ != Streaming::yes) return;
    streaming_ = Streaming::ended;
    cancel_.emit(asio::cancellation_type::terminal);
}

void Session::forget_request() {
    is_first_ = false;
    in_.consume(message_bytes_);
    message_bytes_ = 0;
    release_if_large(body_);
    release_if_large(out_);
    if (in_.capacity() > kept_bytes_max) in_.shrink_to_fit();
}

// False: no more will come, or the wait for it was ended.
asio::awaitable<bool> Session::read_some(std::size_t bytes) {
    const auto room = in_.prepare(std::max(bytes, in_.capacity() - in_.size()));
    boost::system::error_code failed = asio::error::operation_aborted;
    std::size_t size = 0;
    const auto last_chance = [this] { return context_.draining && phase_ == Phase::idle; };
    if (!last_chance()) {
        size = co_await socket_.async_read_some(room,
                                                asio::redirect_error(asio::use_awaitable, failed));
    }
    // A request that had arrived when the server was stopped is answered yet.
    if (failed == asio::error::operation_aborted && last_chance()) {
        size = socket_.read_some(room, failed);
    }
    in_.commit(size);
    co_return !failed;
}

asio::awaitable<Session::Next> Session::read_request() {
    const ServerOptions& options = context_.options;
    enter(Phase::idle, is_first_ ? options.header_timeout : options.idle_timeout);
    parser_.restart();
    for (;;) {
        if (phase_ == Phase::idle && in_.size() > 0) enter(Phase::head, options.header_timeout);
        const Progress progress = parser_.parse(unread(), request_);
        if (progress == Progress::done) break;
        if (progress == Progress::refused) co_return refuse(parser_.error());
        const bool came = co_await read_some(read_bytes);
        if (!came) co_return read_failed();
    }
    const Head& head = parser_.head();
    if (head.content_length > body_bytes_max()) {
        co_return refuse({413, "the body is too large"});
    }
    const std::size_t size = head.size + static_cast<std::size_t>(head.content_length);
    if (!head.chunked && in_.size() >= size) {
        request_.body = unread().substr(head.size, size - head.size);
        message_bytes_ = size;
        co_return Next::request;
    }
    const Next next = co_await read_body();
    co_return next;
}

std::uint64_t Session::body_bytes_max() const {
    const ServerOptions& options = context_.options;
    const bool is_long = !options.long_body_path.empty() && request_.path == options.long_body_path;
    return is_long ? options.long_body_bytes_max : options.body_bytes_max;
}

// The body has not come with the head: the head is copied, so that its views stay where they are.
asio::awaitable<Session::Next> Session::read_body() {
    const Head head = parser_.head();
    head_ = unread().substr(0, head.size);
    in_.consume(head.size);
    parser_.restart();
    parser_.parse(head_, request_);
    body_.clear();
    if (head.expects_continue && in_.size() == 0) {
        const bool sent = co_await send(continue_line, {});
        if (!sent) co_return Next::end;
    }
    enter(Phase::body, context_.options.body_timeout);
    Next next = Next::request;
    if (head.chunked) {
        next = co_await read_chunked_body();
    } else {
        next = co_await read_sized_body(head.content_length);
    }
    request_.body = body_;
    co_return next;
}

asio::awaitable<Session::Next> Session::read_sized_body(std::uint64_t size) {
    for (;;) {
        const auto part = unread().substr(0, static_cast<std::size_t>(size - body_.size()));
        body_ += part;
        in_.consume(part.size());
        if (body_.size() == size) co_return Next::request;
        const std::size_t missing = static_cast<std::size_t>(size - body_.size());
        const bool came = co_await read_some(std::clamp(missing, read_bytes, body_read_bytes));
        if (!came) co_return read_failed();
    }
}

asio::awaitable<Session::Next> Session::read_chunked_body() {
    const ServerOptions& options = context_.options;
    ChunkDecoder decoder{{body_bytes_max(), options.header_bytes_max, options.header_fields_max}};
    for (;;) {
        std::string_view rest = unread();
        const Progress progress = decoder.decode(rest, body_);
        in_.consume(in_.size() - rest.size());
        if (progress == Progress::done) co_return Next::request;
        if (progress == Progress::refused) co_return refuse(decoder.error());
        const bool came = co_await read_some(read_bytes);
        if (!came) co_return read_failed();
    }
}

// Where a handler's exceptions end.
asio::awaitable<Response> Session::handle() {
    enter_unbounded(Phase::handling);
    request_.received = system_clock().now();
    request_.peer_address = peer_address_;
    std::string what;
    try {
        Response response = co_await context_.handler.handle(request_);
        co_return response;
    } catch (...) {
        if (cut_) throw;
        what = text_of(std::current_exception());
    }
    log::error("A handler failed", {{"path", request_.path}, {"reason", what}});
    Response response = context_.handler.refuse(500, "an unexpected error");
    response.close = true;
    co_return response;
}

asio::awaitable<bool> Session::answer(Response response) {
    const bool to_head = request_.method == http::Method::head;
    const bool to_http_1_0 = parser_.head().http_1_0;
    const bool streams = response.stream && has_body(response.status);
    const bool keep_alive =
        request_.keep_alive && !response.close && !context_.draining && !(streams && to_http_1_0);
    const auto date = context_.date.at(system_clock().now());
    const bool compressed = compress(response);
    out_.clear();
    append_head(out_, response, {to_http_1_0, to_head, keep_alive}, date);
    std::string_view content;
    if (has_body(response.status) && !to_head) content = response.content();
    if (content.size() <= copied_body_bytes_max) {
        out_ += content;
        content = {};
    }
    const bool sent = co_await send(out_, content);
    if (!sent || !streams || to_head) co_return sent&& keep_alive;
    const bool whole = co_await stream(*response.stream, compressed);
    co_return whole&& keep_alive;
}

bool Session::compress(Response& response) {
    const bool is_long = response.stream || response.body.size() >= compressed_bytes_min;
    if (!response.is_bulk || !is_long || !has_body(response.status)) return false;
    if (!accepts_zstd(request_.header("accept-encoding"))) return false;
    response.add_header("Content-Encoding", zstd_coding);
    if (response.stream) return true;
    std::string coded;
    Compressor compressor;
    compressor.add(response.body, coded);
    compressor.finish(coded);
    response.body = std::move(coded);
    return true;
}

// True: the stream came to its end, and the client knows.
asio::awaitable<bool> Session::stream(StreamBody& body, bool compressed) {
    const bool chunked = !parser_.head().http_1_0;
    ChunkedStream out{*this, chunked, compressed};
    std::string what;
    enter_unbounded(Phase::handling);
    streaming_ = context_.ending ? Streaming::ended : Streaming::yes;
    try {
        co_await body.write_to(out);
    } catch (...) {
        if (cut_) throw;
        if (streaming_ == Streaming::yes) what = text_of(std::current_exception());
    }
    const bool ended = std::exchange(streaming_, Streaming::no) == Streaming::ended;
    // end_stream() has cancelled this coroutine; from here on it may wait again.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (!what.empty()) {
        log::error("A stream failed", {{"path", request_.path}, {"reason", what}});
        co_return false;
    }
    if (out.failed()) co_return false;
    const bool sent = co_await send(out.finish(), {});
    co_return sent&& chunked && !ended;
}

// Most answers fit into the socket's buffer: they are sent at once, without the reactor.
asio::awaitable<bool> Session::send(std::string_view bytes, std::string_view more) {
    const std::size_t size = bytes.size() + more.size();
    const std::array<asio::const_buffer, 2> both{asio::buffer(bytes), asio::buffer(more)};
    boost::system::error_code failed;
    std::size_t sent = more.empty() ? socket_.write_some(asio::buffer(bytes), failed)
                                    : socket_.write_some(both, failed);
    if (failed && failed != asio::error::would_block) co_return false;
    while (sent < size) {
        enter(Phase::writing, context_.options.write_timeout);
        const std::array<asio::const_buffer, 2> rest{
            both[0] + sent, both[1] + (sent - std::min(sent, bytes.size()))};
        const std::size_t taken = co_await socket_.async_write_some(
            rest, asio::redirect_error(asio::use_awaitable, failed));
        sent += taken;
        if (failed) co_return false;
    }
    co_return true;
}

// Closing while the client still sends would make its kernel throw our answer away: say that no
// more comes, and take what is under way, for a while.
asio::awaitable<void> Session::linger() {
    const auto timeout = context_.options.linger_timeout;
    enter(Phase::lingering, context_.draining ? std::min(timeout, stop_linger) : timeout);
    boost::system::error_code failed;
    socket_.shutdown(Socket::shutdown_send, failed);
    in_.clear();
    for (std::size_t drained = 0; !failed && drained < linger_bytes_max;) {
        const std::size_t size = co_await socket_.async_read_some(
            in_.prepare(body_read_bytes), asio::redirect_error(asio::use_awaitable, failed));
        drained += size;
    }
}

}  // namespace reef::http
