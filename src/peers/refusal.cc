#include "peers/refusal.hpp"

#include "base/text/json.hpp"

namespace reef::peers {

namespace {

// An app may wrap its problems into another object.
std::string detail_in(const Json& json) {
    if (const std::string& detail = text_at(json, "detail"); !detail.empty()) return detail;
    for (const auto& [name, member] : json.members) {
        if (const std::string& detail = text_at(member, "detail"); !detail.empty()) return detail;
    }
    return "";
}

}  // namespace

std::string refusal_text(int status, std::string_view body) {
    std::string text = "it answered " + std::to_string(status);
    const auto json = parse_json(body);
    const std::string detail = json ? detail_in(*json) : "";
    return detail.empty() ? text : text + ": " + detail;
}

}  // namespace reef::peers
