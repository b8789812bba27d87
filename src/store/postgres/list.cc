#include "store/postgres/list.hpp"

#include "store/columns.hpp"
#include "store/postgres/row.hpp"
#include "store/postgres/table.hpp"

namespace reef::store::postgres {

namespace {

// After (value, key) a list continues in up to two ranges of its index: the rows with a value that
// come after it, and, when descending, the rows with null. An ascending list that stands among the
// nulls continues with the rest of them and then with all values. So a page costs no more than its
// own rows.
struct KeyRange {
    std::string where;  // "" = everything
    Parameters parameters;
};

std::string_view sign_of(Compare compare) {
    switch (compare) {
        case Compare::equal:
            return " = ";
        case Compare::not_equal:
            return " <> ";
        case Compare::less:
            return " < ";
        case Compare::less_equal:
            return " <= ";
        case Compare::greater:
            return " > ";
        case Compare::greater_equal:
            return " >= ";
    }
    return " = ";
}

std::string next_parameter(const Parameters& parameters, const Field& field) {
    return '$' + std::to_string(parameters.items().size() + 1) + order_cast(field);
}

KeyRange filters_of(const Resource& resource, const ListQuery& query) {
    KeyRange all;
    for (const ListFilter& filter : query.filters) {
        const Field& field = resource.fields[filter.field];
        all.where += all.where.empty() ? " WHERE " : " AND ";
        all.where += order_of(field);
        all.where += sign_of(filter.compare);
        all.where += next_parameter(all.parameters, field);
        all.parameters.add_order(field, filter.value);
    }
    return all;
}

std::vector<KeyRange> key_ranges_of(const Resource& resource, const ListQuery& query) {
    const KeyRange filters = filters_of(resource, query);
    if (!query.after) return {filters};
    const auto with = [&filters](const std::string& condition) {
        KeyRange range = filters;
        range.where += (range.where.empty() ? " WHERE " : " AND ") + condition;
        return range;
    };
    const Field& key = resource.key_field();
    const Field& sort = resource.fields[query.sort];
    const std::string beyond = query.descending ? " < " : " > ";
    const std::string value = order_of(sort);
    const auto& [last_value, last_key] = *query.after;
    if (query.sort == resource.key || is_null(last_value)) {
        const bool among_nulls = query.sort != resource.key;
        KeyRange rest = with((among_nulls ? value + " IS NULL AND " : "") + quoted_name(key.name) +
                             beyond + next_parameter(filters.parameters, key));
        rest.parameters.add_key(last_key);
        if (!among_nulls || query.descending) return {rest};
        return {rest, with(value + " IS NOT NULL")};
    }
    KeyRange rest = filters;
    const std::string first = next_parameter(rest.parameters, sort);
    rest.parameters.add_order(sort, last_value);
    const std::string second = next_parameter(rest.parameters, key);
    rest.parameters.add_key(last_key);
    rest.where += (rest.where.empty() ? " WHERE (" : " AND (") + value + ", " +
                  quoted_name(key.name) + ')' + beyond + '(' + first + ", " + second + ')';
    if (query.descending && sort.nullable) return {rest, with(value + " IS NULL")};
    return {rest};
}

Command page_command(const Resource& resource, const ListQuery& query, KeyRange range, bool alone,
                     std::uint32_t spare) {
    const Field& sort = resource.fields[query.sort];
    const std::string down = query.descending ? " DESC" : "";
    std::string sql = "SELECT " + listed_columns_of(resource) + " FROM " +
                      quoted_name(resource.table) + range.where;
    sql += " ORDER BY ";
    if (query.sort != resource.key) {
        sql += order_of(sort) + down;
        if (sort.nullable) sql += query.descending ? " NULLS LAST" : " NULLS FIRST";
        sql += ", ";
    }
    sql += quoted_name(resource.key_field().name) + down;
    const std::size_t count = range.parameters.items().size();
    sql += " LIMIT $" + std::to_string(count + 1) + " OFFSET $" + std::to_string(count + 2);
    // The database's OFFSET skips faster than rows can be sent, but counts within one range only.
    range.parameters.add(query.rows_max + (alone ? 0 : query.skip) + spare);
    range.parameters.add(alone ? query.skip : 0);
    return {std::move(sql), std::move(range.parameters)};
}

}  // namespace

Commands list_commands(const Resource& resource, const ListQuery& query, std::uint32_t spare) {
    std::vector<KeyRange> ranges = key_ranges_of(resource, query);
    const bool alone = ranges.size() == 1;
    Commands commands;
    if (query.count) {
        KeyRange filters = filters_of(resource, query);
        commands.push_back({"SELECT count(*) FROM " + quoted_name(resource.table) + filters.where,
                            std::move(filters.parameters)});
    }
    for (KeyRange& range : ranges)
        commands.push_back(page_command(resource, query, std::move(range), alone, spare));
    return commands;
}

PageFacts read_list(const Resource& resource, const ListQuery& query, const Answers& answers,
                    PageRows& rows) {
    rows.begin();
    std::size_t at = 0;
    PageFacts page;
    if (query.count) page.total = answers[at++].natural(0, 0);
    std::uint64_t skip = answers.size() - at > 1 ? query.skip : 0;
    for (; at < answers.size(); ++at) {
        for (int row = 0; row < answers[at].rows(); ++row) {
            if (skip > 0) {
                --skip;
                continue;
            }
            if (rows.full()) {
                page.more = true;
                return page;
            }
            read_columns(answers[at], row, resource, rows.columns);
            if (!rows.add()) ++page.unreadable;
        }
    }
    return page;
}

}  // namespace reef::store::postgres
