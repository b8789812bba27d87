// Lists: keyset paging on (sort field, key), with filters. All commands of a list go out together.
#pragma once

#include "store/page_rows.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

// To be run together, on a connection whose transactions are repeatable reads.
// `spare`: so many rows are asked for beyond those of the page; at least 1, which shows that there
// are more.
Commands list_commands(const Resource& resource, const ListQuery& query, std::uint32_t spare);
PageFacts read_list(const Resource& resource, const ListQuery& query, const Answers& answers,
                    PageRows& rows);

}  // namespace reef::store::postgres
