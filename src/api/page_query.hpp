// What the lists for operators, below /_atoll/, ask alike: ?limit=&resource=&since=, and what is
// each one's own.
#pragma once

#include <charconv>
#include <functional>
#include <optional>
#include <string>

#include "http/http.hpp"
#include "model/schema.hpp"
#include "store/scan_limits.hpp"

namespace reef::api {

inline constexpr store::ScanLimits page_limits{1000, 4 << 20};  // of one answer
inline constexpr store::ScanLimits one_more{1, 1};

template <class Number>
bool read_whole(const std::string& text, Number& number) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc{} && read.ptr == end;
}

struct PageQuery {
    store::ScanLimits limits = page_limits;
    const model::Resource* resource = nullptr;  // null: of all
    std::optional<Time> since;
};

// Whether the value is good; absent: there is no such parameter.
using ParameterReader =
    std::function<std::optional<bool>(const std::string& name, const std::string& value)>;

// invalid: a parameter is unknown, or is not what it should be.
Result<PageQuery> read_page_query(const model::Schema& schema, const http::Request& request,
                                  const ParameterReader& read_own);

}  // namespace reef::api
