// Writes that other programs made to the tables, and that no batch has turned into changes yet.
#pragma once

#include <cstdint>
#include <vector>

#include "base/task.hpp"
#include "model/captured.hpp"

namespace reef::store {

using namespace model;

class CaptureReader {
public:
    virtual ~CaptureReader() = default;
    // The records of such writes. None in a store whose tables no other program can write to.
    // unavailable: the database is away.
    virtual Task<std::vector<RecordRef>> captured(std::uint32_t /*records_max*/) {
        co_return std::vector<RecordRef>{};
    }
};

}  // namespace reef::store
