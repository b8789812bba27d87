// A node that decides a write wants a value that this node keeps (model/claim.hpp).
#pragma once

#include "commit/work/kind.hpp"

namespace reef::commit {

struct ValueClaim {
    model::FieldRef value;
    std::optional<model::Key> key;      // of the record that is to have it; absent: a new one
    std::vector<std::string> requests;  // the write's, as their hashes
    model::Claimant claimant;
    // Of an open claim: those that are known to be done with it. What they have written is here.
    std::vector<model::Claimant> ended = {};

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<ValueClaim> divide(const Error& error) &&;

private:
    void end_those_done(BatchState& state) const;
};

}  // namespace reef::commit
