// Dead letters on their way out: applied after all, or held by a row that was taken from a peer, or
// given up. `rejected` when the database still refuses.
#pragma once

#include <string>

#include "commit/work/change_run.hpp"

namespace reef::commit {

struct Settlement {
    std::vector<ChangeRun::Entry> replayed;
    std::vector<model::Row> rows;
    std::vector<model::Dot> letters;  // by (source, seq); those that are none any more are passed
    std::string waived;               // "": every letter must be inside a row. Else: by whom, why

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<Settlement> divide(const Error& error) &&;
};

}  // namespace reef::commit
