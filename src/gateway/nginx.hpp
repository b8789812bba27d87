// What the generated nginx.conf needs to know from the machine that it is for.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.hpp"

namespace reef::gateway {

bool has_ipv6_loopback();

// A user and his group, by name and by number.
struct WorkerUser {
    std::string name, group;
    uid_t id = 0;
    gid_t group_id = 0;

    std::string words() const { return name + ' ' + group; }  // of nginx's `user`
};

// Who nginx's workers run as when root starts it, so that they are not root: the owner of
// `data_folder` unless that is root or unknown, else www-data, else nobody. Absent: we are not
// root.
std::optional<WorkerUser> worker_user(const std::string& data_folder);

// The path of the installed nginx. unavailable: there is none, and where it was looked for.
Result<std::string> find_nginx();

// Lets the installed nginx look at `conf` (`nginx -t`), in a temporary folder of its own; blocks.
// unavailable: there is no nginx here. invalid: nginx refuses it, the text is what it said.
Result<void> check_nginx_conf(const std::string& conf);

}  // namespace reef::gateway
