// Percent-encoding of the parts of URLs (RFC 3986).
#pragma once

#include <string>
#include <string_view>

namespace reef::config {

std::string percent_encoded(std::string_view text);  // all but the unreserved characters

}  // namespace reef::config
