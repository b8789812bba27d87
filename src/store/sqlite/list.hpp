// Lists: keyset paging on (sort field, key), with filters. Statements are built per shape of a
// query and kept, the ones used last; values are bound and never part of the text.
#pragma once

#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/page_rows.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

class Lists {
public:
    Lists(Connection& connection, const Schema& schema);

    // The caller holds a reading transaction: rows and total are of one moment.
    Result<ListPage> list(const ListQuery& query);
    Result<ShownPage> show(const ListQuery& query, TimeShape times);

private:
    Result<PageFacts> read(const ListQuery& query, PageRows& rows);
    Result<PageFacts> read(const ListQuery& query, std::uint32_t spare, PageRows& rows);
    Statement& prepared(std::string sql);
    Result<std::uint64_t> count(const ListQuery& query);
    // Adds rows to the page until it is full, after `skip` of them.
    Result<void> read_range(Statement& statement, const ListQuery& query, std::uint64_t& skip,
                            PageRows& rows, PageFacts& page) const;

    Connection& connection_;
    const Schema& schema_;
    std::list<std::pair<std::string, Statement>> statements_;  // the one used last is first
    std::unordered_map<std::string_view, decltype(statements_)::iterator> by_sql_;
};

}  // namespace reef::store::sqlite
