#include "brokers/broker.hpp"

#include <algorithm>

namespace reef::brokers {

const std::string* Message::header(std::string_view name) const {
    const auto found = std::find_if(headers.rbegin(), headers.rend(),
                                    [name](const auto& header) { return header.first == name; });
    return found == headers.rend() ? nullptr : &found->second;
}

}  // namespace reef::brokers
