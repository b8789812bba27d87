#include <algorithm>
#include <charconv>

#include "config/app.hpp"

namespace reef::config {

namespace {

bool all_of_these(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_host(std::string_view text) {
    constexpr std::string_view name =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    constexpr std::string_view ipv6 = "0123456789abcdefABCDEF:.";
    return all_of_these(text, text.find(':') == std::string_view::npos ? name : ipv6);
}

}  // namespace

bool Endpoint::loopback() const {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (brackets) host = host.substr(1, host.size() - 2);
    if (!is_host(host)) return std::nullopt;
    if (brackets != (host.find(':') != std::string_view::npos)) return std::nullopt;
    const std::string_view digits = text.substr(colon + 1);
    Endpoint endpoint{std::string{host}, 0};
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, endpoint.port);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return endpoint;
}

std::string to_text(const Endpoint& endpoint) {
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    const std::string host = ipv6 ? '[' + endpoint.host + ']' : endpoint.host;
    return host + ':' + std::to_string(endpoint.port);
}

}  // namespace reef::config
