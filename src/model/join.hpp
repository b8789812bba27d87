// The join of two states of one record: commutative, associative, idempotent. Whatever arrives, in
// whatever order, however often, the result is one.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/row.hpp"

namespace reef::model {

// Two states that neither saw the other's writes, and something of one is not in the result.
struct Clash {
    enum class Kind : std::uint8_t {
        life,    // one was deleted, or both were created: the higher life won whole
        fields,  // these fields were written on both sides: the later stamp won
    };
    Kind kind = Kind::fields;
    std::vector<FieldId> fields;
};
std::string_view name_of(Clash::Kind kind);  // "life", "fields"

struct Joined {
    Row row;
    bool changed = false;  // the row differs from `here`
    std::optional<Clash> clash;
};

// Adds what is not there yet. By dot; of one dot what is said about counters.
void join_twins(std::vector<Twin>& here, const std::vector<Twin>& there);

// Both of one record. `here` may be a row never seen (life 0).
Joined join(const Resource& resource, const Row& here, const Row& there);

}  // namespace reef::model
