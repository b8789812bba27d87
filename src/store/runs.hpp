// The processes that have run on a store, the latest ones, numbered. Two copies of one store know
// the same ones up to the moment of the copy, and differ from there on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reef::store {

inline constexpr std::size_t runs_kept = 16;
inline constexpr std::string_view runs_cursor = "runs";  // of the ledger

struct Runs {
    std::uint64_t last = 0;          // the number of the last one
    std::vector<std::string> names;  // the latest, in their order

    void add(std::string name);
    bool contains(std::string_view name) const;
    // Whether the store shows that this run was never on it, or was lost with what it wrote.
    bool lacks(std::uint64_t number, std::string_view name) const;
};

std::string runs_text(const Runs& runs);  // "17 k3f9ab,x01bcd"
Runs parse_runs(std::string_view text);

}  // namespace reef::store
