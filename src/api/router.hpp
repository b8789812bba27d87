// From (method, path) to the operation of the table that it calls. Immutable: any thread may ask.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/operations.hpp"

namespace reef::api {

struct Route {
    const api::Operation* operation = nullptr;  // null: see `allow`
    std::string parameter;  // the path's {id} or looked-up value, percent-decoded
    std::string allow;      // the path exists, but not with this method: "GET, PUT, DELETE"
};

class Router {
public:
    Router(std::vector<api::Operation> operations, const api::Api& api);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    // HEAD finds what GET finds. A trailing slash, and what is percent-encoded without need, make
    // no difference. A path whose encoding is broken is not found.
    Route match(http::Method method, std::string_view path) const;
    const std::vector<api::Operation>& operations() const;

private:
    class Table;
    std::unique_ptr<Table> table_;
};

}  // namespace reef::api
