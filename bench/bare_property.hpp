// One property as the bare limit keeps and shows it. Plain data and its JSON, usable on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace reef::bench {

struct Property {
    std::int64_t id = 0;
    std::int64_t cents = 0;
    std::optional<std::int64_t> bedrooms;
    std::optional<std::int64_t> bathrooms;
    std::string region_origin;
    std::int64_t version = 0;
    std::int64_t updated_us = 0;  // since 1970, UTC
};

void append_integer(std::string& out, std::int64_t value);
void append_time(std::string& out, std::int64_t since_1970_us);  // 2026-01-01T12:00:00.000000Z

// {"id":10,"price":300780.89,…,"updated_at":"2026-01-01T12:00:00.000000Z"}, the contract's order.
void append_json(std::string& out, const Property& row);

}  // namespace reef::bench
