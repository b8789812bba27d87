#include "cli/http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace reef::cli {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = beast::http;

struct Address {
    std::string host;
    std::string port = "80";
    std::string path;
};

std::optional<Address> parse_url(std::string_view url, const std::string& default_path) {
    constexpr std::string_view scheme = "http://";
    if (url.starts_with("https://")) return std::nullopt;
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    Address address;
    address.path = default_path;
    const std::size_t slash = url.find('/');
    if (slash != url.npos && slash + 1 < url.size()) address.path = url.substr(slash);
    std::string_view authority = url.substr(0, slash);
    const std::size_t colon = authority.rfind(':');
    if (colon != authority.npos && authority.find(']', colon) == authority.npos) {
        address.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    }
    address.host = authority;
    if (address.host.empty() || address.port.empty()) return std::nullopt;
    return address;
}

}  // namespace

Result<HttpAnswer> ask(const HttpRequest& wanted) {
    const auto address = parse_url(wanted.url, wanted.default_path);
    if (!address) {
        return Error{Errc::invalid, wanted.url + " is no URL such as http://127.0.0.1:8101"};
    }
    asio::io_context context;
    beast::tcp_stream stream{context};
    stream.expires_after(std::chrono::milliseconds{wanted.timeout_ms});
    beast::error_code failed;
    asio::ip::tcp::resolver resolver{context};
    const auto endpoints = resolver.resolve(address->host, address->port, failed);
    if (failed) return Error{Errc::unavailable, failed.message()};

    const auto method = wanted.body.empty() ? beast_http::verb::get : beast_http::verb::post;
    beast_http::request<beast_http::string_body> request{method, address->path, 11};
    request.set(beast_http::field::host, address->host + ':' + address->port);
    request.set(beast_http::field::connection, "close");
    if (!wanted.peer_secret.empty()) request.set("Atoll-Peer-Secret", wanted.peer_secret);
    request.body() = wanted.body;
    request.prepare_payload();
    beast_http::response<beast_http::string_body> response;
    beast::flat_buffer buffer;
    stream.async_connect(endpoints, [&](beast::error_code error, const auto&) {
        failed = error;
        if (error) return;
        beast_http::async_write(stream, request, [&](beast::error_code write_error, std::size_t) {
            failed = write_error;
            if (write_error) return;
            beast_http::async_read(
                stream, buffer, response,
                [&](beast::error_code read_error, std::size_t) { failed = read_error; });
        });
    });
    context.run();
    if (failed) return Error{Errc::unavailable, failed.message()};
    return HttpAnswer{static_cast<int>(response.result_int()), response.body()};
}

}  // namespace reef::cli
