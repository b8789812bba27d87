// Opens the sockets that a server listens on.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/task.hpp"

namespace reef::http {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

// `host` is an address or "localhost". A loopback one stands for 127.0.0.1 and, where this machine
// has it, ::1; "::" takes IPv4 too. Port 0 is any port that is free at all of them: one and the
// same. invalid: `host` is no address. unavailable: it is taken, or not this machine's.
Result<std::vector<Acceptor>> listen_on(asio::io_context& context, const std::string& host,
                                        std::uint16_t port);

}  // namespace reef::http
