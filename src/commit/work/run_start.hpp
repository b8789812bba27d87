// A process begins to run on this store. It notes itself and the storage in the ledger, and begins
// a new life of the store where the old one's numbers may have been given elsewhere.
#pragma once

#include <map>
#include <string>

#include "commit/work/kind.hpp"

namespace reef::commit {

struct RunStart {
    std::string run;       // names the process: random
    std::string identity;  // store::identity_text()
    // "": the life goes on. Else the next write is the first one of this origin, and what the old
    // one is called stays known as any other origin.
    model::OriginId life;
    std::map<model::ResourceId, std::int64_t>
        next_ids;                                // the life before may have given those below
    std::map<std::string, std::string> cursors;  // set in the same transaction

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<RunStart> divide(const Error& error) &&;
};

}  // namespace reef::commit
