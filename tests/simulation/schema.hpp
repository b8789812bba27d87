// What the simulated nodes serve: the property listing (written at home), logistics (written
// anywhere), and parcels, which have a field of each merge rule.
#pragma once

#include "commit/work.hpp"

namespace reef::simulation {

inline constexpr model::ResourceId properties = 0;
inline constexpr model::ResourceId parcels = 1;
inline constexpr model::ResourceId warehouses = 2;
inline constexpr model::ResourceId shipments = 3;

// Read once from the apps' own files.
const model::Schema& simulated_schema();

// Rows that every node begins with: properties at home in one node after the other.
commit::Rows seed_rows(const model::Schema& schema, const std::vector<std::string>& nodes);

inline constexpr std::int64_t seeded_properties = 4;
inline constexpr std::int64_t seeded_warehouse = 1000;
inline constexpr std::int64_t new_number = 0;  // of a record: the node gives it one

}  // namespace reef::simulation
