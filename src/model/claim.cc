#include "model/claim.hpp"

#include <algorithm>
#include <charconv>

#include "model/value_text.hpp"

namespace reef::model {

namespace {

std::string text_of(const Schema& schema, const FieldRef& value) {
    const Resource& resource = schema[value.resource];
    const Field& field = resource.fields[value.field];
    return resource.name + '\n' + field.name + '\n' + to_text(field, value.value);
}

// Calls `see` with each part of a list that commas separate.
template <class See>
void each_of(std::string_view list, See see) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        see(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

}  // namespace

std::string home_of_value(const Schema& schema, const FieldRef& value,
                          const std::vector<std::string>& members) {
    if (members.size() < 2) return members.empty() ? "" : members.front();
    std::string text = text_of(schema, value) + '\n';
    const std::size_t size = text.size();
    const std::string* home = nullptr;
    Hash128 heaviest;
    for (const std::string& member : members) {
        text.resize(size);
        const Hash128 weight = hash_of(text += member);
        if (home && weight <= heaviest) continue;
        home = &member;
        heaviest = weight;
    }
    return *home;
}

std::string name_of_value(const Schema& schema, const FieldRef& value) {
    return to_hex(hash_of(text_of(schema, value)));
}

std::string to_text(const Claimant& claimant) {
    return claimant.node + '/' + claimant.run + '/' + std::to_string(claimant.number);
}

std::optional<Claimant> parse_claimant(std::string_view text) {
    const std::size_t run = text.find('/');
    const std::size_t number = text.rfind('/');
    if (run == text.npos || run == number) return std::nullopt;
    Claimant claimant;
    claimant.node = text.substr(0, run);
    claimant.run = text.substr(run + 1, number - run - 1);
    const std::string_view digits = text.substr(number + 1);
    const auto read =
        std::from_chars(digits.data(), digits.data() + digits.size(), claimant.number);
    const bool all = read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
    const bool named = is_origin(claimant.node) && is_origin(claimant.run);
    return all && named ? std::optional{std::move(claimant)} : std::nullopt;
}

std::vector<std::string> hashes_of(const std::vector<RequestId>& ids) {
    std::vector<std::string> hashes;
    for (const RequestId& id : ids)
        hashes.push_back(to_hex(hash_of(to_text(id))));
    return hashes;
}

bool Claim::is_of(const std::vector<RequestId>& ids) const {
    const auto hashes = hashes_of(ids);
    return std::find_first_of(requests.begin(), requests.end(), hashes.begin(), hashes.end()) !=
           requests.end();
}

std::string to_text(const Claim& claim) {
    std::string text;
    for (const std::string& request : claim.requests)
        text += (text.empty() ? "" : ",") + request;
    char before = ' ';
    for (const Claimant& claimant : claim.claimants) {
        text += before + to_text(claimant);
        before = ',';
    }
    return text;
}

std::optional<Claim> parse_claim(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == text.npos) return std::nullopt;
    Claim claim;
    bool good = true;
    each_of(text.substr(0, space), [&](std::string_view one) { claim.requests.emplace_back(one); });
    each_of(text.substr(space + 1), [&](std::string_view one) {
        auto claimant = parse_claimant(one);
        good = good && claimant;
        if (claimant) claim.claimants.push_back(std::move(*claimant));
    });
    return good ? std::optional{std::move(claim)} : std::nullopt;
}

}  // namespace reef::model
