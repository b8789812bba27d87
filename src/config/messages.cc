#include "config/messages.hpp"

#include "config/template.hpp"

namespace reef::config {

Parts message_parts(const App& app) {
    Parts parts{"record", "key",    "known_key", "resource", "one",   "past",       "version",
                "source", "target", "path",      "method",   "input", "local_time", "time"};
    for (const api::KeptHeader& header : app.api.headers) {
        if (header.keep) parts.push_back("header." + header.name);
    }
    return parts;
}

std::string text_with_parts(Section& section, const std::string& name, std::string fallback,
                            const Parts& allowed) {
    const auto text = section.text(name);
    if (!text) return fallback;
    check_parts(section.scope(), *text, allowed);
    return text->value;
}

std::string json_with_parts(Section& section, const std::string& name, const Parts& allowed) {
    const auto text = section.text(name);
    if (!text || text->value.empty()) return "";
    check_json_parts(section.scope(), name, *text, allowed);
    return text->value;
}

}  // namespace reef::config
