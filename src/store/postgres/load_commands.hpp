// What a batch must know, as commands that go out together, and what their answers say.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <set>

#include "store/columns.hpp"
#include "store/postgres/adopt/capture.hpp"

namespace reef::store::postgres {

using Standings = boost::unordered_flat_map<RecordRef, Standing, std::hash<RecordRef>>;

struct Found {
    Standings records;
    std::vector<CapturedRows> captured;
    std::set<RequestId> absent;  // ids that are not there
};

class LoadCommands {
public:
    LoadCommands(const Schema& schema, LoadRequest wanted);

    // Locked: the living rows that nobody else has locked are locked first, to the batch's end.
    // Their open conflicts are asked for where the store lists any.
    void append_to(Commands& commands, const std::vector<RowStatements>& statements, bool locked,
                   bool conflicts) const;
    void append_conflicts(Commands& commands) const;
    void read_conflicts_of(const Answer& answer, LoadResult& loaded) const;
    // From the answers to these commands, the first of which is answers[first]. invalid: what
    // another program wrote of one of the records cannot be read.
    Result<void> read(const Answers& answers, std::size_t first, bool locked, bool conflicts,
                      LoadResult& loaded, Found& found) const;

private:
    struct Asked {  // about one field: the values, in the order of their refs
        std::vector<const FieldRef*> refs;
        Array values;
    };
    using ByField = std::map<std::pair<ResourceId, FieldId>, Asked>;
    ByField by_field(const std::vector<FieldRef>& refs) const;

    using Buried = std::map<RecordRef, StoredRow>;
    void read_rows(const Answer& answer, const Resource& resource, LoadResult& loaded,
                   Standings& standings, Buried& buried) const;
    std::size_t read_free(const Answers& answers, std::size_t first, LoadResult& loaded,
                          Found& found) const;
    Result<void> read_requests(const Answer& answer, LoadResult& loaded, Found& found) const;
    void read_holders(const Answer& answer, const Resource& resource, const Asked& asked,
                      LoadResult& loaded) const;

    const Schema& schema_;
    const LoadRequest wanted_;
    std::map<ResourceId, Array> keys_, candidates_;
    const ByField holders_, referrers_;
};

}  // namespace reef::store::postgres
