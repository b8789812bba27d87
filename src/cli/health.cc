#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <iostream>

#include "cli/commands.hpp"

namespace reef::cli {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;

struct Arguments {
    std::string url;
    int timeout_ms = 3000;
};

struct Address {
    std::string host;
    std::string port = "80";
    std::string path = "/readyz";
};

// "http://127.0.0.1:8101/health"; without a path /readyz is asked.
std::optional<Address> parse_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (url.starts_with("https://")) return std::nullopt;
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    Address address;
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

// The status of one GET, or what kept it from being answered.
Result<http::response<http::string_body>> get(const Address& address, int timeout_ms) {
    asio::io_context context;
    beast::tcp_stream stream{context};
    stream.expires_after(std::chrono::milliseconds{timeout_ms});
    beast::error_code failed;
    asio::ip::tcp::resolver resolver{context};
    const auto endpoints = resolver.resolve(address.host, address.port, failed);
    if (failed) return Error{Errc::unavailable, failed.message()};

    http::request<http::empty_body> request{http::verb::get, address.path, 11};
    request.set(http::field::host, address.host + ':' + address.port);
    request.set(http::field::connection, "close");
    http::response<http::string_body> response;
    beast::flat_buffer buffer;
    stream.async_connect(endpoints, [&](beast::error_code error, const auto&) {
        failed = error;
        if (error) return;
        http::async_write(stream, request, [&](beast::error_code write_error, std::size_t) {
            failed = write_error;
            if (write_error) return;
            http::async_read(
                stream, buffer, response,
                [&](beast::error_code read_error, std::size_t) { failed = read_error; });
        });
    });
    context.run();
    if (failed) return Error{Errc::unavailable, failed.message()};
    return response;
}

int health(const Arguments& arguments) {
    const auto address = parse_url(arguments.url);
    if (!address) {
        std::cerr << "atoll: health takes a URL such as http://127.0.0.1:8101, not "
                  << arguments.url << '\n';
        return bad_usage;
    }
    const auto response = get(*address, arguments.timeout_ms);
    if (!response) {
        std::cerr << "unhealthy: " << arguments.url << ": " << response.error().what << '\n';
        return unhealthy;
    }
    std::cout << response->body();
    if (!response->body().ends_with('\n')) std::cout << '\n';
    return response->result_int() / 100 == 2 ? ok : unhealthy;
}

}  // namespace

void add_health(CLI::App& program, Run& run) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand(
        "health", "ask a node whether it is ready (exit status 3: it is not)");
    command
        ->add_option("URL", arguments->url, "http://HOST:PORT[/PATH]; the path defaults to /readyz")
        ->required();
    command->add_option("--timeout-ms", arguments->timeout_ms, "give up after this long")
        ->check(CLI::PositiveNumber);
    command->footer(
        "Examples:\n"
        "  atoll health http://127.0.0.1:8101\n"
        "  HEALTHCHECK CMD [\"atoll\", \"health\", \"http://127.0.0.1:8000/health\"]");
    command->callback([arguments, &run] { run = [arguments] { return health(*arguments); }; });
}

}  // namespace reef::cli
