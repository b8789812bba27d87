// Turns an app into the nginx.conf of the gateway in front of its nodes, for nginx 1.22 and later.
// Pure: the same app and options give the same text.
//
// What the gateway promises to clients:
// - The gateway sends a request to the region that its path names. It tries the next region when
//   that one refuses the connection, fails, is silent for half a second, or answers 502, 503 or
//   504. It does so with every method: all tries of one request carry the same Atoll-Attempt, by
//   which nodes recognize a request that already took effect.
// - The gateway marks a region that failed and sends it no requests for one to two seconds. It
//   refuses no request because of a mark: when all other regions fail, it tries the marked one.
// - When every region was silent, or one was silent and the others refused, the gateway tries the
//   request once more with a second for each region, and then with ten seconds. It does not repeat
//   a request that every region refused at once.
// - The gateway's own answers have the same form as the app's errors.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/app.hpp"

namespace reef::gateway {

struct GatewayOptions {
    // Files and folders below nginx's prefix (`nginx -p`). The folders must exist.
    std::string folder = "gateway";  // pid, lock
    // Workers write requests and answers that are too large for memory below this folder. "" = the
    // folders that nginx was built with; its default user, when `user` is empty, may write there.
    std::string temp_folder = "gateway";
    std::string access_log = "logs/gateway.log";
    std::string error_log = "logs/gateway-error.log";

    std::optional<config::Endpoint> listen;  // replaces the address in the app file

    // The addresses on which nodes really listen, by the node's name; several when a node has
    // several instances. The gateway reaches a node that is missing here at its `url`.
    std::map<std::string, std::vector<config::Endpoint>> addresses;

    bool ipv6 = false;  // this machine has ::1
    // "www-data www-data": the user and group of the workers when root starts nginx. "" = the
    // configuration has no `user` line.
    std::string user = {};
};

// Throws std::invalid_argument if the app has no [gateway] and the options no `listen`.
std::string nginx_conf(const config::App& app, const GatewayOptions& options);

}  // namespace reef::gateway
