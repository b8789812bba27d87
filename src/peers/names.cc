#include "peers/names.hpp"

namespace reef::peers {

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (comma != 0) names.emplace_back(list.substr(0, comma));
        list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
    }
    return names;
}

}  // namespace reef::peers
