// What a client wants to write: decided here, or found to belong to its home.
#pragma once

#include "commit/work/kind.hpp"

namespace reef::commit {

struct ClientWrite {
    model::Intent intent;

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<ClientWrite> divide(const Error& error) &&;

private:
    bool gives_number(const model::Schema& schema) const;
};

}  // namespace reef::commit
