// Changes of other nodes, as they came from a peer or a broker.
#pragma once

#include <optional>
#include <string>

#include "commit/work/kind.hpp"

namespace reef::commit {

struct ChangeRun {
    struct Entry {
        model::Change change;      // of one that could not be read no more than its stamp
        std::string json;          // as it came: logged and passed on unaltered
        std::string refused = {};  // why it is parked and not applied; "" for nearly all
        bool may_pass = false;     // refused by what can change: worth a retry
        std::optional<model::RecordRef> record = {};  // of one that could not be read

        bool readable() const { return !change.row.vector.empty(); }
        std::optional<model::RecordRef> about() const {
            return readable() ? std::optional{change.row.ref()} : record;
        }
    };
    // Of a change as it came. One that cannot be read is refused, which says why.
    static Entry entry_of(const model::Schema& schema, std::string json);

    std::vector<Entry> entries;  // of each origin in the order of their numbers

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<ChangeRun> divide(const Error& error) &&;
};

// Shared with the settlement of dead letters, which are such entries as well.
void add_to_request(const std::vector<ChangeRun::Entry>& entries, store::LoadRequest& request);
void apply(BatchState& state, const model::Change& change);

}  // namespace reef::commit
