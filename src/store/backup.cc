#include "store/backup.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "store/columns.hpp"

namespace reef::store {

namespace {

constexpr std::string_view fields = "fields.";

std::string fact(const StoreFacts& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? "" : found->second;
}

Error invalid_copy(const std::string& where, const std::string& what) {
    return {Errc::invalid, where + ' ' + what};
}

// The resources that the store has, for people: "orders, parts".
std::string resources_in(const StoreFacts& facts) {
    std::string names;
    for (auto at = facts.lower_bound(std::string{fields});
         at != facts.end() && at->first.starts_with(fields); ++at)
        names += (names.empty() ? "" : ", ") + at->first.substr(fields.size());
    return names;
}

}  // namespace

Result<void> check_facts(const Schema& schema, const std::string& node, const StoreFacts& facts,
                         std::int64_t format_max, const std::string& where) {
    const std::string format = fact(facts, "format");
    std::int64_t number = 0;
    std::from_chars(format.data(), format.data() + format.size(), number);
    if (number < 1) return invalid_copy(where, "is not a store of Atoll");
    if (number > format_max) {
        return invalid_copy(where, "has the format " + format +
                                       ", which this version of Atoll cannot read (it knows " +
                                       std::to_string(format_max) + ')');
    }
    if (const std::string of = fact(facts, "node"); of != node)
        return invalid_copy(where, "is the store of the node " + of + ", not of " + node);
    bool any = false;
    for (const Resource& resource : schema.resources) {
        const auto known = facts.find(std::string{fields} + resource.name);
        if (known == facts.end()) continue;  // the app has it since then
        any = true;
        auto good = check_fields(resource, parse_fields(known->second),
                                 where + ", table " + resource.table + ": ");
        if (!good) return good;
    }
    if (any) return {};
    return invalid_copy(where, "is the store of another app: it has " + resources_in(facts) +
                                   " and nothing of this app");
}

Result<void> check_name(const BackupOptions& options) {
    std::error_code none;
    if (options.replace || !std::filesystem::exists(options.copy, none)) return {};
    return Error{Errc::conflict, options.copy + " exists already"};
}

}  // namespace reef::store
