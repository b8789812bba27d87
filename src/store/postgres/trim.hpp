// What has expired, and how much of it one piece removes: pure.
#pragma once

#include <map>
#include <vector>

#include "store/postgres/log.hpp"
#include "store/postgres/requests.hpp"
#include "store/writer.hpp"

namespace reef::store::postgres {

struct Expired {
    std::uint64_t requests_to = 0;           // up to this number; 0: none
    std::map<OriginId, std::uint64_t> logs;  // up to this seq
    std::uint64_t log_bytes = 0;             // what is left
    bool more = false;
    bool any() const { return requests_to > 0 || !logs.empty(); }
};

using LogFronts = std::map<OriginId, std::vector<LogFront>>;

// Given the oldest of each, one more than a piece where there are so many.
Expired expired_among(const TrimLimits& limits, const std::vector<RequestFront>& requests,
                      std::uint64_t last_request, const LogFronts& logs, std::uint64_t log_bytes);

}  // namespace reef::store::postgres
