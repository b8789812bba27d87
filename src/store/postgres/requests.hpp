// Request ids in the order in which they were saved: the commands on atoll_requests, and what their
// answers say.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "store/postgres/connection.hpp"
#include "store/requests.hpp"

namespace reef::store::postgres {

extern const char* const requests_sql;  // its table

// Each answer's first column is the place, from 1, in `ids`.
Command find_requests(const std::vector<RequestId>& ids);
// Absent: of a resource that the app no longer has. invalid: another program wrote it.
Result<std::optional<RequestSeen>> read_request(const Schema& schema, const Answer& answer,
                                                int row);
// In the order saved, from the one after a number.
Command requests_after(std::uint64_t number, std::uint32_t rows_max);
Result<std::vector<SavedRequest>> read_requests(const Schema& schema, const Answer& answer);
// Saves them, numbered on from `last`. Those that are known to be absent cost the least.
void append_requests(Commands& commands, const Schema& schema,
                     const std::vector<std::pair<RequestId, RequestSeen>>& requests,
                     const std::set<RequestId>& absent, std::uint64_t& last);

// The oldest ones, and what goes of them.
struct RequestFront {
    std::uint64_t number = 0;
    Time at;
};
Command oldest_requests(std::uint64_t from, std::uint32_t rows_max);
std::vector<RequestFront> read_oldest(const Answer& answer);
Command remove_requests(std::uint64_t from, std::uint64_t to);  // both removed

}  // namespace reef::store::postgres
