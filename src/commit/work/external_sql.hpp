// Records that other programs have written with SQL.
#pragma once

#include "commit/work/kind.hpp"

namespace reef::commit {

// What was captured of them is taken in before any work on them: see take_captured(). Rows that
// were there before Atoll, or were inserted while nothing was captured, are counted from now on.
struct ExternalSqlWrites {
    std::vector<model::RecordRef> records;

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<ExternalSqlWrites> divide(const Error& error) &&;
};

// One write of another program becomes a write of this node. What no write may say is put back in
// the table, and stays listed.
void take_captured(BatchState& state, const model::Captured& captured);

}  // namespace reef::commit
