// Fields with unique = "home": the nodes of an app share the values among them, so that each value
// has one home. Whoever decides a write claims the value there first, and only then writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/change.hpp"
#include "model/schema.hpp"

namespace reef::model {

// Which of the members keeps this value. The same on every node, and the same for ever: a value
// that changed its home could be given out twice. "" without members.
std::string home_of_value(const Schema& schema, const FieldRef& value,
                          const std::vector<std::string>& members);

// Names a value in the home's ledger: 32 hexadecimal digits.
std::string name_of_value(const Schema& schema, const FieldRef& value);

// Who has claimed a value: the run of a node, and a number that it gave to the write.
struct Claimant {
    std::string node;
    std::string run;
    std::uint64_t number = 0;
    bool operator==(const Claimant&) const = default;
};
std::string to_text(const Claimant& claimant);  // "A/k3f9ab/17"
std::optional<Claimant> parse_claimant(std::string_view text);

// A claim that is open: the value is nobody's yet, and one request's to take. Several nodes may be
// at it, where the gateway has tried it twice.
struct Claim {
    std::vector<std::string> requests;  // the request's ids, each as its hash
    std::vector<Claimant> claimants;

    bool is_of(const std::vector<RequestId>& ids) const;
    bool operator==(const Claim&) const = default;
};
std::vector<std::string> hashes_of(const std::vector<RequestId>& ids);
std::string to_text(const Claim& claim);  // "9f31…,02ab… A/k3f9ab/17,B/x01bcd/4"
std::optional<Claim> parse_claim(std::string_view text);

// What a value's home has said to a write that wants the value.
struct ClaimAnswer {
    FieldRef value;
    std::optional<Key> taken_by = {};  // this record has it; else it is the write's to take
    Position have = {};                // what the home had applied when it said so
    std::string in_stead = {};         // nobody was asked: of this home, which was silent
    bool operator==(const ClaimAnswer&) const = default;
};

// A write that cannot be decided before its value is claimed.
struct Unclaimed {
    FieldRef value;
    std::string home;
    // It was claimed, but this node has seen more of the record in question than the home had.
    bool home_is_behind = false;
};

}  // namespace reef::model
