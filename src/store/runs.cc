#include "store/runs.hpp"

#include <algorithm>
#include <charconv>

namespace reef::store {

void Runs::add(std::string name) {
    ++last;
    names.push_back(std::move(name));
    if (names.size() > runs_kept) names.erase(names.begin());
}

bool Runs::contains(std::string_view name) const {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool Runs::lacks(std::uint64_t number, std::string_view name) const {
    if (number > last) return true;
    return last - number < names.size() && names[names.size() - 1 - (last - number)] != name;
}

std::string runs_text(const Runs& runs) {
    std::string text = std::to_string(runs.last) + ' ';
    for (const std::string& name : runs.names)
        text += name + ',';
    text.pop_back();
    return text;
}

Runs parse_runs(std::string_view text) {
    Runs runs;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), runs.last);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    while (text.size() > 1) {
        text.remove_prefix(1);
        const std::size_t end = std::min(text.find(','), text.size());
        runs.names.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return runs;
}

}  // namespace reef::store
