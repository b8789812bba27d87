// The methods of HTTP that the server tells apart.
#pragma once

#include <cstdint>
#include <string_view>

namespace reef::http {

enum class Method : std::uint8_t { get, post, put, patch, remove, head, options, other };
std::string_view name_of(Method method);  // "GET", "DELETE", …

}  // namespace reef::http
