// The gateway: an app turned into the nginx.conf of the real NGINX in front of its nodes. Pure: the
// same app and options give the same text, which nginx 1.22 and later take.
//
// What the gateway promises to clients:
// - A request for a region goes to that region, and to the next one when that one refuses, fails,
//   is silent for half a second or answers 502, 503 or 504; whatever its method, because every try
//   carries the same Atoll-Attempt, by which nodes know a request that already took effect.
// - A region that failed is left alone for one to two seconds. No request is refused because of
//   such a mark: when all others fail, the marked region is tried all the same.
// - An answer that is slow everywhere is not lost: when every region was silent, it is asked for
//   once more, for up to a second of each, and then with patience. So is one that is slow where the
//   others refuse. Who refuses at once is not asked again.
// - The gateway's own answers have the shape of the app's errors.
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
    // Of what is too large for memory. Workers write there. "" = nginx's own folders and, with no
    // `user`, nginx's own user: those two fit each other.
    std::string temp_folder = "gateway";
    std::string access_log = "logs/gateway.log";
    std::string error_log = "logs/gateway-error.log";

    std::optional<config::Endpoint> listen;  // instead of what the app says

    // Where the nodes really listen, by name; several when a node has several instances. A node
    // that is missing here is asked at its `url`.
    std::map<std::string, std::vector<config::Endpoint>> addresses;

    bool ipv6 = false;  // this machine has ::1
    // "www-data www-data": who the workers of an nginx that root starts run as, and their group.
    // "" = they run as whoever starts it.
    std::string user = {};
};

// The app has a [gateway], or the options say where to listen; else std::invalid_argument.
std::string nginx_conf(const config::App& app, const GatewayOptions& options);

}  // namespace reef::gateway
