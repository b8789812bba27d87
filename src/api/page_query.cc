#include "api/page_query.hpp"

#include "base/text/uri.hpp"

namespace reef::api {

namespace {

std::optional<bool> read_common(const model::Schema& schema, const std::string& name,
                                const std::string& value, PageQuery& wanted) {
    if (name == "limit") {
        std::uint32_t& rows = wanted.limits.rows_max;
        return read_whole(value, rows) && rows > 0 && rows <= page_limits.rows_max;
    }
    if (name == "resource") {
        wanted.resource = schema.find(value);
        return wanted.resource != nullptr;
    }
    if (name == "since") {
        wanted.since = parse_time(value);
        return wanted.since.has_value();
    }
    return std::nullopt;
}

}  // namespace

Result<PageQuery> read_page_query(const model::Schema& schema, const http::Request& request,
                                  const ParameterReader& read_own) {
    PageQuery wanted;
    const auto query = parse_query(request.query);
    if (!query) return Error{Errc::invalid, "the query is not one"};
    for (const auto& [name, value] : *query) {
        auto good = read_common(schema, name, value, wanted);
        if (!good) good = read_own(name, value);
        if (!good) return Error{Errc::invalid, "there is no parameter " + name};
        if (!*good) return Error{Errc::invalid, name + " can't be " + value};
    }
    return wanted;
}

}  // namespace reef::api
