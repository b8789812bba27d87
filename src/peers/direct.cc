#include "peers/direct.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "peers/feed_lines.hpp"

namespace reef::peers {

namespace {

namespace beast = boost::beast;
namespace beast_http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t read_bytes = 256 << 10;
constexpr std::size_t line_bytes_max = 8 << 20;
constexpr std::size_t idle_connections_max = 64;

auto into(error_code& failed) {
    return asio::redirect_error(asio::use_awaitable, failed);
}

Error unavailable(const PeerAddress& peer, std::string_view what) {
    return {Errc::unavailable,
            peer.node + " at " + peer.host + ':' + peer.port + ": " + std::string{what}};
}

// Connects to the next of the peer's processes.
void turn(PeerAddress& peer) {
    if (peer.more.empty()) return;
    peer.more.push_back({peer.host, peer.port});
    peer.host = peer.more.front().host;
    peer.port = peer.more.front().port;
    peer.more.erase(peer.more.begin());
}

// Connects within the timeout. The name is looked up each time: containers come back elsewhere.
Task<std::unique_ptr<beast::tcp_stream>> connect(PeerAddress peer,
                                                 std::chrono::milliseconds timeout) {
    const auto executor = co_await asio::this_coro::executor;
    auto stream = std::make_unique<beast::tcp_stream>(executor);
    error_code failed;
    tcp::resolver resolver{executor};
    const auto endpoints = co_await resolver.async_resolve(peer.host, peer.port, into(failed));
    if (failed) co_return unavailable(peer, failed.message());
    stream->expires_after(timeout);
    co_await stream->async_connect(endpoints, into(failed));
    if (failed) co_return unavailable(peer, failed.message());
    stream->socket().set_option(tcp::no_delay{true}, failed);
    co_return stream;
}

template <class Body>
beast_http::request<Body> make_request(const PeerAddress& peer, beast_http::verb method,
                                       std::string target) {
    beast_http::request<Body> request{method, target, 11};
    request.set(beast_http::field::host, peer.host + ':' + peer.port);
    request.set("Atoll-Peer", peer.self);
    request.set("Atoll-Schema", peer.schema);
    if (!peer.secret.empty()) request.set("Atoll-Peer-Secret", peer.secret);
    return request;
}

// The body of a feed's answer arrives in chunks that have nothing to do with its lines.
class DirectFeed final : public Feed {
public:
    DirectFeed(PeerAddress peer, std::unique_ptr<beast::tcp_stream> stream, DirectTimes times)
        : peer_(std::move(peer)), times_(times), stream_(std::move(stream)), piece_(read_bytes) {
        parser_.body_limit(boost::none);
    }

    Task<void> begin(std::string target) {
        auto request =
            make_request<beast_http::empty_body>(peer_, beast_http::verb::get, std::move(target));
        error_code failed;
        stream_->expires_after(times_.silence);
        co_await beast_http::async_write(*stream_, request, into(failed));
        if (failed) co_return unavailable(peer_, failed.message());
        co_await beast_http::async_read_header(*stream_, buffer_, parser_, into(failed));
        if (failed) co_return unavailable(peer_, failed.message());
        const int status = static_cast<int>(parser_.get().result_int());
        if (status == 410) {
            co_return Error{Errc::not_found, peer_.node + "'s log no longer holds what follows"};
        }
        if (status != 200) {
            co_return unavailable(peer_, "it answered " + std::to_string(status));
        }
        co_return Result<void>{};
    }

    Task<std::vector<Arrival>> next() override {
        std::vector<Arrival> arrivals;
        while (arrivals.empty()) {
            auto& body = parser_.get().body();
            body.data = piece_.data();
            body.size = piece_.size();
            error_code failed;
            stream_->expires_after(times_.silence);
            co_await beast_http::async_read_some(*stream_, buffer_, parser_, into(failed));
            if (failed == beast::error::timeout) {
                co_return Error{Errc::timeout, peer_.node + " is silent"};
            }
            if (failed && failed != beast_http::error::need_buffer) {
                co_return unavailable(peer_, failed.message());
            }
            text_.append(piece_.data(), piece_.size() - body.size);
            if (auto read = take_lines(arrivals); !read) co_return read.error();
            if (arrivals.empty() && parser_.is_done()) co_return unavailable(peer_, "it hung up");
        }
        co_return arrivals;
    }

private:
    Result<void> take_lines(std::vector<Arrival>& arrivals) {
        std::size_t begin = 0;
        for (;;) {
            const std::size_t end = text_.find('\n', std::max(begin, searched_));
            if (end == std::string::npos) break;
            auto arrival = parse_line(text_.substr(begin, end - begin));
            if (!arrival) return arrival.error();
            arrivals.push_back(std::move(*arrival));
            begin = end + 1;
        }
        text_.erase(0, begin);
        searched_ = text_.size();
        if (text_.size() > line_bytes_max) return Error{Errc::invalid, "a line without end"};
        return {};
    }

    const PeerAddress peer_;
    const DirectTimes times_;
    std::unique_ptr<beast::tcp_stream> stream_;
    beast::flat_buffer buffer_;
    beast_http::response_parser<beast_http::buffer_body> parser_;
    std::vector<char> piece_;
    std::string text_;          // what has arrived of lines that have no end yet
    std::size_t searched_ = 0;  // no line ends before this
};

class DirectSource final : public Source {
public:
    DirectSource(PeerAddress peer, DirectTimes times) : peer_(std::move(peer)), times_(times) {}

    Task<std::unique_ptr<Feed>> open(model::Position after,
                                     std::vector<std::string> without) override {
        // After a silent process the others come first.
        if (std::exchange(opened_, true)) turn(peer_);
        auto stream = co_await connect(peer_, times_.connect);
        if (!stream) co_return stream.error();
        auto feed = std::make_unique<DirectFeed>(peer_, std::move(*stream), times_);
        std::string target = "/_atoll/changes?after=" + model::to_text(after) + "&without=";
        for (const std::string& node : without)
            target += node + ',';
        auto begun = co_await feed->begin(std::move(target));
        if (!begun) co_return begun.error();
        co_return std::unique_ptr<Feed>{std::move(feed)};
    }

private:
    PeerAddress peer_;
    const DirectTimes times_;
    bool opened_ = false;
};

class KeptCalls final : public PeerCalls {
public:
    explicit KeptCalls(PeerAddress peer) : peer_(std::move(peer)) {}

    Task<Answer> post(std::string path, std::string body,
                      std::chrono::milliseconds timeout) override {
        Question question{beast_http::verb::post, std::move(path), std::move(body)};
        co_return co_await ask(std::move(question), timeout);
    }

    Task<Answer> get(std::string target, std::chrono::milliseconds timeout) override {
        Question question{beast_http::verb::get, std::move(target), ""};
        co_return co_await ask(std::move(question), timeout);
    }

private:
    struct Question {
        beast_http::verb method = beast_http::verb::get;
        std::string target;
        std::string body;
    };

    Task<Answer> ask(Question question, std::chrono::milliseconds timeout) {
        // The peer may have closed a kept connection meanwhile. Then it has read nothing of the
        // request, and a new connection tries once more.
        const bool kept = !idle_.empty();
        auto answer = co_await try_once(question, timeout);
        const bool stale = !answer && answer.error().code == Errc::closed;
        if (stale && kept) {
            idle_.clear();
            answer = co_await try_once(question, timeout);
        }
        if (!answer && !peer_.more.empty()) {
            idle_.clear();
            turn(peer_);
        }
        co_return renamed(std::move(answer));
    }

    static Result<Answer> renamed(Result<Answer> answer) {
        if (!answer && answer.error().code == Errc::closed) {
            return Error{Errc::outcome_unknown, answer.error().what};
        }
        return answer;
    }

    Task<std::unique_ptr<beast::tcp_stream>> take(std::chrono::milliseconds timeout) {
        if (idle_.empty()) co_return co_await connect(peer_, timeout);
        auto stream = std::move(idle_.back());
        idle_.pop_back();
        co_return stream;
    }

    Task<Answer> try_once(Question question, std::chrono::milliseconds timeout) {
        auto stream = co_await take(timeout);
        if (!stream) co_return stream.error();
        auto request = make_request<beast_http::string_body>(peer_, question.method,
                                                             std::move(question.target));
        if (question.method == beast_http::verb::post) {
            request.set(beast_http::field::content_type, "application/json");
            request.body() = std::move(question.body);
        }
        request.prepare_payload();
        error_code failed;
        beast::tcp_stream& on = **stream;
        on.expires_after(timeout);
        co_await beast_http::async_write(on, request, into(failed));
        if (failed) co_return Error{Errc::closed, failed.message()};
        beast::flat_buffer buffer;
        beast_http::response_parser<beast_http::string_body> parser;
        parser.body_limit(line_bytes_max);
        co_await beast_http::async_read(on, buffer, parser, into(failed));
        if (failed == beast_http::error::end_of_stream || failed == asio::error::connection_reset) {
            co_return Error{Errc::closed, failed.message()};
        }
        if (failed) co_return Error{Errc::outcome_unknown, failed.message()};
        Answer answer{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
        if (parser.get().keep_alive() && idle_.size() < idle_connections_max) {
            idle_.push_back(std::move(*stream));
        }
        co_return answer;
    }

    PeerAddress peer_;
    std::vector<std::unique_ptr<beast::tcp_stream>> idle_;
};

}  // namespace

std::optional<HostPort> parse_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    const std::size_t colon = url.rfind(':');
    if (colon == url.npos || colon == 0 || colon + 1 == url.size()) return std::nullopt;
    HostPort found{std::string{url.substr(0, colon)}, std::string{url.substr(colon + 1)}};
    if (found.host.starts_with('[') && found.host.ends_with(']')) {
        found.host = found.host.substr(1, found.host.size() - 2);
    }
    if (found.port.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return found;
}

std::unique_ptr<Source> make_direct_source(PeerAddress peer, DirectTimes times) {
    return std::make_unique<DirectSource>(std::move(peer), times);
}

std::unique_ptr<PeerCalls> make_peer_calls(PeerAddress peer) {
    return std::make_unique<KeptCalls>(std::move(peer));
}

}  // namespace reef::peers
