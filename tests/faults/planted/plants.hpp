// A store that breaks one of its promises, so that the fault test's checker has something to see.
// It is linked into a program of the tests alone: the program that ships cannot do this.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "store/store.hpp"

namespace reef::planted {

enum class Plant : std::uint8_t {
    drop_commit,      // a client's write is answered, and not saved
    drop_applied,     // another node's write is logged, and its row stays as it was
    forget_requests,  // the ids of requests are not kept
    load_stale,       // a row is loaded as it was before its last write
};

struct PlantName {
    Plant plant;
    std::string_view name;
};
inline constexpr std::array plant_names{
    PlantName{Plant::drop_commit, "drop-commit"},
    PlantName{Plant::drop_applied, "drop-applied"},
    PlantName{Plant::forget_requests, "forget-requests"},
    PlantName{Plant::load_stale, "load-stale"},
};
std::optional<Plant> find_plant(std::string_view name);

std::unique_ptr<store::Store> plant_into(std::unique_ptr<store::Store> store, Plant plant);

}  // namespace reef::planted
