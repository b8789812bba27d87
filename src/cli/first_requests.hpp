// Example requests that people can send to an app as soon as it runs.
#pragma once

#include <string>
#include <vector>

#include "config/app.hpp"

namespace reef::cli {

// Lines for a shell: a read of the first resource, and a create if the app file has enough examples
// to build a body. They carry the headers that the app requires. Each can be sent repeatedly.
std::vector<std::string> first_requests(const config::App& app, const std::string& resource_url);

}  // namespace reef::cli
