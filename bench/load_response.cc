#include "load_response.hpp"

#include <strings.h>

#include <charconv>
#include <string>

#include "load_options.hpp"

namespace reef::bench {
namespace {

constexpr std::string_view length_name = "content-length:";

std::optional<std::size_t> length_of(std::string_view head) {
    for (auto line_end = head.find('\n'); line_end != std::string_view::npos;) {
        head.remove_prefix(line_end + 1);
        line_end = head.find('\n');
        const bool named = head.size() > length_name.size() &&
                           strncasecmp(head.data(), length_name.data(), length_name.size()) == 0;
        if (!named) continue;
        head.remove_prefix(length_name.size());
        while (head.starts_with(' '))
            head.remove_prefix(1);
        std::size_t length = 0;
        const auto parsed = std::from_chars(head.data(), head.data() + head.size(), length);
        if (parsed.ec == std::errc{}) return length;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ResponseHead> parse_head(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto head = bytes.substr(0, end + 2);
    ResponseHead parsed;
    parsed.head_bytes = end + 4;
    constexpr std::size_t status_at = 9;  // after "HTTP/1.1 "
    if (!head.starts_with("HTTP/1.") || head.size() < status_at + 3) {
        throw LoadError("no HTTP response: " + std::string(head.substr(0, 40)));
    }
    std::from_chars(head.data() + status_at, head.data() + status_at + 3, parsed.status);
    const auto length = length_of(head);
    if (!length && parsed.status != 204 && parsed.status != 304) {
        throw LoadError("a response without Content-Length, which atoll-load cannot read");
    }
    parsed.body_bytes = length.value_or(0);
    return parsed;
}

std::optional<std::int64_t> version_in(std::string_view body) {
    constexpr std::string_view name = R"("version":)";
    const auto at = body.rfind(name);
    if (at == std::string_view::npos) return std::nullopt;
    std::int64_t version = 0;
    const char* digits = body.data() + at + name.size();
    const auto parsed = std::from_chars(digits, body.data() + body.size(), version);
    if (parsed.ec != std::errc{}) return std::nullopt;
    return version;
}

}  // namespace reef::bench
