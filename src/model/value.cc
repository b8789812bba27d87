#include "model/value.hpp"

namespace reef::model {

std::string to_text(const Key& key) {
    if (const auto* number = std::get_if<std::int64_t>(&key)) return std::to_string(*number);
    return std::get<std::string>(key);
}

}  // namespace reef::model
