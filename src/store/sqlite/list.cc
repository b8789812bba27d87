#include "store/sqlite/list.hpp"

#include <algorithm>
#include <limits>

#include "store/sqlite/row.hpp"
#include "store/sqlite/table.hpp"

namespace reef::store::sqlite {

namespace {

constexpr std::size_t statements_max = 64;

// After (value, key) a list continues in up to three ranges of its index: the rest of the rows with
// this value, the rows with values beyond, and, when descending, the rows with null. So a page
// costs no more than its own rows, however many rows have the same value.
struct KeyRange {
    std::string where;  // "" = everything
    bool binds_value = false;
    bool binds_key = false;
    // Instead of the value, the least number or the least text is bound: all that is not null.
    bool binds_least = false;
};

std::string_view sign_of(Compare compare) {
    switch (compare) {
        case Compare::equal:
            return " = ?";
        case Compare::not_equal:
            return " <> ?";
        case Compare::less:
            return " < ?";
        case Compare::less_equal:
            return " <= ?";
        case Compare::greater:
            return " > ?";
        case Compare::greater_equal:
            return " >= ?";
    }
    return " = ?";
}

std::vector<KeyRange> key_ranges_of(const Resource& resource, const ListQuery& query) {
    if (!query.after) return {{}};
    const std::string key = quoted_name(resource.key_field().name);
    const std::string beyond_key = key + (query.descending ? " < ?" : " > ?");
    if (query.sort == resource.key) return {{beyond_key, false, true}};
    const std::string value = order_of(resource.fields[query.sort]);
    if (is_null(query.after->first)) {
        const KeyRange rest{value + " IS NULL AND " + beyond_key, false, true};
        if (query.descending) return {rest};
        return {rest, {value + " >= ?", false, false, true}};
    }
    std::vector<KeyRange> ranges{{value + " = ? AND " + beyond_key, true, true},
                                 {value + (query.descending ? " < ?" : " > ?"), true}};
    const bool nulls_follow = query.descending && resource.fields[query.sort].nullable;
    if (nulls_follow) ranges.push_back({value + " IS NULL"});
    return ranges;
}

// Whether SQLite may use a filter's own index. If not, the filter is checked on each row of the
// index that gives the order. SQLite has no statistics here and would take the filter's index in
// any case.
bool narrows(const Resource& resource, const ListQuery& query, const ListFilter& filter) {
    const Field& field = resource.fields[filter.field];
    if (filter.field == query.sort || filter.field == resource.key) return true;
    if (filter.compare != Compare::equal) return false;
    return field.unique || !field.refers_to.empty() || query.sort == resource.key;
}

bool names_few(const Resource& resource, const ListQuery& query) {
    return std::any_of(query.filters.begin(), query.filters.end(), [&](const ListFilter& filter) {
        const Field& field = resource.fields[filter.field];
        const bool few = field.unique || !field.refers_to.empty() || filter.field == resource.key;
        return few && filter.compare == Compare::equal;
    });
}

enum class Indexes : std::uint8_t { any, keep_order };

std::string filters_of(const Resource& resource, const ListQuery& query, Indexes indexes) {
    std::string where;
    for (const ListFilter& filter : query.filters) {
        where += where.empty() ? "" : " AND ";
        if (indexes == Indexes::keep_order && !narrows(resource, query, filter)) where += '+';
        where += order_of(resource.fields[filter.field]);
        where += sign_of(filter.compare);
    }
    return where;
}

std::string list_sql(const Resource& resource, const ListQuery& query, const KeyRange& range) {
    const std::string filters = filters_of(resource, query, Indexes::keep_order);
    const std::string down = query.descending ? " DESC" : "";
    std::string sql =
        "SELECT " + listed_columns_of(resource) + " FROM " + quoted_name(resource.table);
    const bool by_key = query.sort == resource.key;
    if (!by_key && is_indexed(resource, query.sort) && !names_few(resource, query)) {
        sql += " INDEXED BY " + quoted_name(index_name(resource, query.sort));
    }
    if (!filters.empty() || !range.where.empty()) sql += " WHERE " + filters;
    if (!filters.empty() && !range.where.empty()) sql += " AND ";
    sql += range.where + " ORDER BY ";
    const bool one_value = range.binds_key && !by_key;
    if (!by_key && !one_value) sql += order_of(resource.fields[query.sort]) + down + ", ";
    return sql + quoted_name(resource.key_field().name) + down + " LIMIT ? OFFSET ?";
}

int bind_filters(Statement& statement, const Resource& resource, const ListQuery& query) {
    int at = 1;
    for (const ListFilter& filter : query.filters)
        bind_order(statement, at++, resource.fields[filter.field], filter.value);
    return at;
}

void bind_range(Statement& statement, int& at, const Resource& resource, const ListQuery& query,
                const KeyRange& range) {
    const Field& sort = resource.fields[query.sort];
    if (range.binds_value) bind_order(statement, at++, sort, query.after->first);
    if (range.binds_key) statement.bind(at++, query.after->second);
    if (!range.binds_least) return;
    const bool by_text = sort.type == FieldType::text || sort.type == FieldType::timestamp ||
                         sort.type == FieldType::uuid || sort.type == FieldType::json;
    if (by_text) {
        statement.bind(at++, std::string_view{""});
    } else {
        statement.bind(at++, -std::numeric_limits<double>::infinity());
    }
}

}  // namespace

Lists::Lists(Connection& connection, const Schema& schema)
    : connection_(connection), schema_(schema) {}

Statement& Lists::prepared(std::string sql) {
    const auto known = by_sql_.find(sql);
    if (known != by_sql_.end()) {
        statements_.splice(statements_.begin(), statements_, known->second);
        return known->second->second;
    }
    if (statements_.size() >= statements_max) {
        by_sql_.erase(statements_.back().first);
        statements_.pop_back();
    }
    statements_.emplace_front(sql, Statement{connection_, sql});
    by_sql_.emplace(statements_.front().first, statements_.begin());
    return statements_.front().second;
}

Result<ListPage> Lists::list(const ListQuery& query) {
    ListedRows rows{schema_[query.resource], query};
    auto read_page = read(query, rows);
    if (!read_page) return read_page.error();
    return rows.page(std::move(*read_page));
}

Result<ShownPage> Lists::show(const ListQuery& query, TimeShape times) {
    ShownRows rows{schema_[query.resource], query, times};
    auto read_page = read(query, rows);
    if (!read_page) return read_page.error();
    return rows.page(std::move(*read_page));
}

// Rows that cannot be read are left out, and the page is filled with those behind them.
Result<PageFacts> Lists::read(const ListQuery& query, PageRows& rows) {
    for (std::uint32_t spare = 1;; spare *= 16) {
        auto page = read(query, spare, rows);
        if (!page || page->more || page->unreadable < spare) return page;
    }
}

Result<PageFacts> Lists::read(const ListQuery& query, std::uint32_t spare, PageRows& rows) {
    const Resource& resource = schema_[query.resource];
    rows.begin();
    PageFacts page;
    if (query.count) {
        const auto total = count(query);
        if (!total) return total.error();
        page.total = *total;
    }
    const std::vector<KeyRange> ranges = key_ranges_of(resource, query);
    // SQLite's OFFSET skips faster than rows can be fetched, but counts within one range only.
    const bool alone = ranges.size() == 1;
    std::uint64_t skip = alone ? 0 : query.skip;
    for (const KeyRange& range : ranges) {
        Statement& statement = prepared(list_sql(resource, query, range));
        const Rewind rewind{statement};
        int at = bind_filters(statement, resource, query);
        bind_range(statement, at, resource, query, range);
        statement.bind(at, rows.room() + skip + spare);
        statement.bind(at + 1, alone ? query.skip : 0);
        if (auto done = read_range(statement, query, skip, rows, page); !done) return done.error();
        if (page.more) break;
    }
    return page;
}

Result<void> Lists::read_range(Statement& statement, const ListQuery& query, std::uint64_t& skip,
                               PageRows& rows, PageFacts& page) const {
    const Resource& resource = schema_[query.resource];
    for (;;) {
        const auto found = statement.step();
        if (!found) return found.error();
        if (!*found) return {};
        if (skip > 0) {
            --skip;
            continue;
        }
        if (rows.full()) {
            page.more = true;
            return {};
        }
        read_columns(statement, resource, rows.columns);
        if (!rows.add()) ++page.unreadable;
    }
}

Result<std::uint64_t> Lists::count(const ListQuery& query) {
    const Resource& resource = schema_[query.resource];
    std::string sql = "SELECT count(*) FROM " + quoted_name(resource.table);
    const std::string filters = filters_of(resource, query, Indexes::any);
    if (!filters.empty()) sql += " WHERE " + filters;
    Statement& statement = prepared(std::move(sql));
    const Rewind rewind{statement};
    bind_filters(statement, resource, query);
    const auto found = statement.step();
    if (!found) return found.error();
    return static_cast<std::uint64_t>(statement.integer(0));
}

}  // namespace reef::store::sqlite
