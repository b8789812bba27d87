// JSON text put together piece by piece: members in the order of the calls, numbers as they are
// given. For documents that are written once; what is written per request appends to a string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef {

class JsonObject {
public:
    JsonObject& put(std::string_view name, std::string_view json);
    JsonObject& put_text(std::string_view name, std::string_view text);
    bool empty() const { return members_.empty(); }
    std::string json() const { return '{' + members_ + '}'; }

private:
    std::string members_;
};

std::string json_text(std::string_view text);                   // "text", with its quotes
std::string json_array(const std::vector<std::string>& items);  // of JSON
std::string json_texts(const std::vector<std::string>& texts);  // an array of strings

}  // namespace reef
