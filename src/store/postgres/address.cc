#include "store/postgres/address.hpp"

#include <libpq-fe.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <string_view>

namespace reef::store::postgres {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string value_of(const Options& options, std::string_view name) {
    for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option) {
        if (option->keyword == name && option->val) return option->val;
    }
    return "";
}

bool is_a_name(const std::string& host) {
    if (host.empty() || host.starts_with('/') || host.find(',') != std::string::npos) return false;
    boost::system::error_code no_address;
    asio::ip::make_address(host, no_address);
    return no_address.failed();
}

}  // namespace

Task<Address> resolve(asio::any_io_executor executor, std::string url) {
    const Options options{PQconninfoParse(url.c_str(), nullptr)};
    const std::string host = value_of(options, "host");
    if (!is_a_name(host) || !value_of(options, "hostaddr").empty()) co_return Address{};
    asio::ip::tcp::resolver resolver{executor};
    boost::system::error_code failed;
    const std::string any_port;
    const auto found = co_await resolver.async_resolve(
        host, any_port, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return Error{Errc::unavailable, host + ": " + failed.message()};
    Address address;
    for (const auto& entry : found) {
        const char* comma = address.host.empty() ? "" : ",";
        address.host += comma + host;
        address.hostaddr += comma + entry.endpoint().address().to_string();
    }
    co_return address;
}

Variables environment_of(const std::string& url) {
    Variables variables;
    const Options options{PQconninfoParse(url.c_str(), nullptr)};
    for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option) {
        if (option->envvar && option->val) variables.emplace_back(option->envvar, option->val);
    }
    return variables;
}

std::string place_of(const std::string& url) {
    const Options options{PQconninfoParse(url.c_str(), nullptr)};
    const std::string port = value_of(options, "port");
    return value_of(options, "host") + (port.empty() ? "" : ':' + port) + '/' +
           value_of(options, "dbname");
}

Result<void> check_url(const std::string& url) {
    // libpq's message quotes the part that is wrong, which may be the password: it is not shown.
    const Options options{PQconninfoParse(url.c_str(), nullptr)};
    if (options) return {};
    return Error{Errc::invalid, "the URL of the database cannot be read"};
}

}  // namespace reef::store::postgres
