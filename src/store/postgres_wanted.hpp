// What a batch must know, as commands that go out together, and what their answers say.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <set>

#include "store/columns.hpp"
#include "store/postgres_connection.hpp"
#include "store/postgres_statements.hpp"

namespace reef::store::postgres {

using Places = boost::unordered_flat_map<RecordRef, Place, std::hash<RecordRef>>;

struct Found {
    Places places;               // of the records
    std::set<RequestId> absent;  // ids that are not there
};

class Questions {
public:
    Questions(const Schema& schema, Wanted wanted);

    void append_to(Commands& commands, const std::vector<RowStatements>& statements) const;
    // From the answers to these commands, the first of which is answers[first]. invalid: one of the
    // records cannot be read.
    Result<void> read(const Answers& answers, std::size_t first, Loaded& loaded,
                      Found& found) const;

private:
    struct Asked {  // about one field: the values, in the order of their refs
        std::vector<const FieldRef*> refs;
        Array values;
    };
    using ByField = std::map<std::pair<ResourceId, FieldId>, Asked>;
    ByField by_field(const std::vector<FieldRef>& refs) const;

    Result<void> read_rows(const Answer& answer, const Resource& resource, Loaded& loaded,
                           Places& places) const;
    Result<void> read_requests(const Answer& answer, Loaded& loaded, Found& found) const;
    Result<void> read_holders(const Answer& answer, const Resource& resource, const Asked& asked,
                              Loaded& loaded) const;

    const Schema& schema_;
    const Wanted wanted_;
    std::map<ResourceId, Array> keys_;
    const ByField holders_, referrers_;
};

}  // namespace reef::store::postgres
