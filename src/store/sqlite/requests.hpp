// What is remembered of requests, in the order saved: the oldest go first, and no index by time is
// needed.
//   atoll_requests(number, id, at, …): `number` grows with every insert.
#pragma once

#include <optional>

#include "store/requests.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

extern const char* const requests_sql;  // its table

class Requests {
public:
    Requests(Connection& connection, const Schema& schema);

    Result<std::optional<RequestSeen>> find(const RequestId& id);
    // In the order saved, from the one after `number`.
    Result<std::vector<SavedRequest>> after(std::uint64_t number, std::uint32_t rows_max);
    Result<void> save(const RequestId& id, const RequestSeen& seen);  // replaces, as the newest

    // Removes the oldest, those from before `before` and those beyond `rows_max`, at most
    // `piece_rows_max`; true when there is more to remove.
    Result<bool> trim(Time before, std::uint64_t rows_max, std::uint32_t piece_rows_max);

private:
    Result<std::optional<RequestSeen>> seen_at(const Statement& statement, int column) const;

    const Schema& schema_;
    Statement find_, after_, save_, oldest_, newest_, remove_;
};

}  // namespace reef::store::sqlite
