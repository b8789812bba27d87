#include "http/http.hpp"

#include <algorithm>
#include <array>

namespace reef::http {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_name(std::string_view name, std::string_view lower_case_name) {
    const auto same = [](char given, char wanted) { return lower(given) == wanted; };
    return name.size() == lower_case_name.size() &&
           std::equal(name.begin(), name.end(), lower_case_name.begin(), same);
}

}  // namespace

std::string_view name_of(Method method) {
    static constexpr std::array names{"GET",    "POST", "PUT",     "PATCH",
                                      "DELETE", "HEAD", "OPTIONS", "?"};
    return names[static_cast<std::size_t>(method)];
}

std::string_view Request::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers) {
        if (is_name(name, lower_case_name)) return value;
    }
    return {};
}

bool Request::has_header(std::string_view lower_case_name) const {
    return count_header(lower_case_name) > 0;
}

std::size_t Request::count_header(std::string_view lower_case_name) const {
    const auto named = [lower_case_name](const auto& header) {
        return is_name(header.first, lower_case_name);
    };
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), named));
}

Response json_response(std::string body) {
    Response response;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

void Response::add_header(std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace reef::http
