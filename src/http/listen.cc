#include "http/listen.hpp"

#include <boost/asio/ip/v6_only.hpp>

namespace reef::http {

namespace {

using asio::ip::address;
using asio::ip::tcp;

constexpr int backlog = 4096;
constexpr int port_tries_max = 16;

Result<std::vector<address>> addresses_of(const std::string& host) {
    const address v4_loopback = asio::ip::address_v4::loopback();
    const address v6_loopback = asio::ip::address_v6::loopback();
    if (host == "localhost") return std::vector{v4_loopback, v6_loopback};
    boost::system::error_code failed;
    const address given = asio::ip::make_address(host, failed);
    if (failed) return Error{Errc::invalid, "\"" + host + "\" is no address to listen on"};
    if (given == v4_loopback) return std::vector{v4_loopback, v6_loopback};
    if (given == v6_loopback) return std::vector{v6_loopback, v4_loopback};
    return std::vector{given};
}

boost::system::error_code open(Acceptor& acceptor, const tcp::endpoint& endpoint) {
    boost::system::error_code failed;
    acceptor.open(endpoint.protocol(), failed);
    // So that a restart need not wait for the connections of the life before.
    if (!failed) acceptor.set_option(Acceptor::reuse_address(true), failed);
    if (!failed && endpoint.address().is_v6()) {
        const bool only = !endpoint.address().is_unspecified();
        acceptor.set_option(asio::ip::v6_only(only), failed);
    }
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed) acceptor.listen(backlog, failed);
    if (!failed) acceptor.non_blocking(true, failed);
    return failed;
}

Error error_of(const address& where, std::uint16_t port, const boost::system::error_code& failed) {
    const std::string host = where.is_v6() ? "[" + where.to_string() + "]" : where.to_string();
    return {Errc::unavailable,
            "cannot listen on " + host + ":" + std::to_string(port) + ": " + failed.message()};
}

}  // namespace

Result<std::vector<Acceptor>> listen_on(asio::io_context& context, const std::string& host,
                                        std::uint16_t port) {
    const auto addresses = addresses_of(host);
    if (!addresses) return addresses.error();
    for (int tries = 1;; ++tries) {
        std::vector<Acceptor> acceptors;
        boost::system::error_code failed;
        std::uint16_t chosen = port;
        for (const address& where : *addresses) {
            Acceptor acceptor{context};
            failed = open(acceptor, {where, chosen});
            if (!failed) {
                chosen = acceptor.local_endpoint().port();
                acceptors.push_back(std::move(acceptor));
                continue;
            }
            const bool is_taken = failed == asio::error::address_in_use;
            if (acceptors.empty() || (is_taken && (port != 0 || tries == port_tries_max))) {
                return error_of(where, chosen, failed);
            }
            // The other loopback address: this machine may not have it.
            if (is_taken) break;
            failed = {};
        }
        if (!failed) return acceptors;
    }
}

}  // namespace reef::http
