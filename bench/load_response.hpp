// Just enough of an HTTP/1.1 response parser: status, Content-Length, and a property's version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reef::bench {

struct ResponseHead {
    int status = 0;
    std::size_t head_bytes = 0;  // up to the body
    std::size_t body_bytes = 0;
};

// Nothing while the head is incomplete. Throws LoadError for what is no HTTP/1.1 response, or one
// without a Content-Length.
std::optional<ResponseHead> parse_head(std::string_view bytes);

// The number after the last "version": of a JSON body.
std::optional<std::int64_t> version_in(std::string_view body);

}  // namespace reef::bench
