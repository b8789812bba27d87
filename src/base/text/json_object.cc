#include "base/text/json_object.hpp"

#include "base/text/json.hpp"

namespace reef {

JsonObject& JsonObject::put(std::string_view name, std::string_view json) {
    if (!members_.empty()) members_ += ',';
    append_json_string(members_, name);
    members_ += ':';
    members_ += json;
    return *this;
}

JsonObject& JsonObject::put_text(std::string_view name, std::string_view text) {
    return put(name, json_text(text));
}

std::string json_text(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

std::string json_array(const std::vector<std::string>& items) {
    std::string json = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) json += ',';
        json += items[i];
    }
    return json + ']';
}

std::string json_texts(const std::vector<std::string>& texts) {
    std::vector<std::string> items;
    for (const std::string& text : texts)
        items.push_back(json_text(text));
    return json_array(items);
}

}  // namespace reef
