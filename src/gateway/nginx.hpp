// What the gateway has to ask the machine: is there IPv6, where is nginx, which user do its workers
// run as, does it accept a configuration.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.hpp"

namespace reef::gateway {

bool has_ipv6_loopback();

// A user and its group, by name and by number.
struct WorkerUser {
    std::string name, group;
    uid_t id = 0;
    gid_t group_id = 0;

    std::string words() const { return name + ' ' + group; }  // as nginx's `user` takes them
};

// The user that nginx's workers run as if we are root: the owner of `data_folder` unless that is
// root or has no name, else www-data, else nobody. Absent: we are not root and workers run as our
// own user, or the machine has none of these users.
std::optional<WorkerUser> worker_user(const std::string& data_folder);

// The path of the installed nginx. unavailable: there is none; the text lists the folders that were
// searched.
Result<std::string> find_nginx();

// Lets the installed nginx check `conf` (`nginx -t`) in a temporary folder. Blocks.
// unavailable: nginx is not installed. invalid: nginx refuses the configuration; the text is
// nginx's message.
Result<void> check_nginx_conf(const std::string& conf);

}  // namespace reef::gateway
