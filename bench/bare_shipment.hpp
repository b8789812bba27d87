// One shipment as the bare limit keeps and shows it. Plain data and its JSON, usable on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reef::bench {

struct Shipment {
    std::int64_t id = 0;
    std::string tracking_number;
    std::string origin;
    std::string destination;
    double weight = 0;
    std::int64_t warehouse_id = 0;
    std::int64_t created_us = 0;  // since 1970, UTC
};

void append_text(std::string& out, std::string_view text);  // in quotes, escaped
void append_number(std::string& out, double value);

// {"tracking_number":"TRK-1",…,"updated_at":"2026-01-01T12:00:00.000000Z"}: without "id" and
// braces.
void append_fields(std::string& out, const Shipment& row);
// The answer, as the contract has it.
void append_json(std::string& out, const Shipment& row);

}  // namespace reef::bench
