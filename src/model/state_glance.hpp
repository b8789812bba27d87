// What is shown of a row's vector and state, read where they lie: the number of its writes, and
// what its counters add up to. Everything that reading the row would refuse is refused here as
// well, so that a glance never shows what a reader could not read.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/schema.hpp"

namespace reef::model {

// For many rows of one resource, one after the other.
class StateGlance {
public:
    explicit StateGlance(const Resource& resource);

    // False: it is not as it is mostly written (twins, unknown fields, damage), and nothing is
    // known: the row must be read.
    bool read(std::string_view vector, std::string_view state);

    bool alive() const { return life_ % 2 == 1; }
    std::uint64_t writes() const { return writes_; }
    std::int64_t sum_of(FieldId counter) const { return static_cast<std::int64_t>(sums_[counter]); }

private:
    class Scanner;

    bool read_vector(Scanner scanner);
    bool read_state(Scanner scanner);
    bool read_stamps(Scanner& scanner);
    bool read_counters(Scanner& scanner);
    bool read_counter(Scanner& scanner, std::uint64_t& sum);
    std::size_t find(std::string_view name, std::size_t from) const;  // no field: their number

    const Resource& resource_;
    std::uint64_t rows_ = 0;
    std::uint64_t life_ = 0;
    std::uint64_t writes_ = 0;
    std::vector<std::uint64_t> sums_;                         // by FieldId, modulo 2^64
    std::vector<std::uint64_t> stamped_in_row_, counted_in_;  // by FieldId: the last row that did
};

}  // namespace reef::model
