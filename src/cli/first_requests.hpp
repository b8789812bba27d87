// What people can send to an app at once, to see that it works.
#pragma once

#include <string>
#include <vector>

#include "config/app.hpp"

namespace reef::cli {

// Lines for a shell: a read of the first resource, and a create where the app's file says enough to
// make one up. They carry the headers that the app requires, and can be sent again and again.
std::vector<std::string> first_requests(const config::App& app, const std::string& resource_url);

}  // namespace reef::cli
