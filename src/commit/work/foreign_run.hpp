// What programs of another kind told a broker, in its order.
#pragma once

#include "commit/work/kind.hpp"
#include "model/foreign.hpp"

namespace reef::commit {

// Each is a write of this node if this one adopts; else only what is to become of it is asked.
struct ForeignRun {
    std::vector<model::ForeignWrite> writes;
    bool adopts = false;

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<ForeignRun> divide(const Error& error) &&;
};

}  // namespace reef::commit
