// What is remembered of clients' requests, so that one that is sent again gets its first answer.
#pragma once

#include <cstdint>
#include <vector>

#include "base/task.hpp"
#include "model/change.hpp"
#include "store/scan_limits.hpp"

namespace reef::store {

using namespace model;

struct SavedRequest {
    std::uint64_t number = 0;  // given by the store, ascending; a new one when it is saved again
    RequestId id;
    RequestSeen seen;
};

class RequestReader {
public:
    virtual ~RequestReader() = default;
    // Live request ids in the order saved, from the one after number `after`. bytes_max does not
    // count. unavailable: the database is away.
    virtual Task<std::vector<SavedRequest>> requests(std::uint64_t after, ScanLimits limits) = 0;
};

}  // namespace reef::store
