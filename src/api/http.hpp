// HTTP as handlers see it: a request that was read whole and checked, an answer to be written.
#pragma once

#include <boost/container/small_vector.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.hpp"
#include "base/time.hpp"
#include "model/operations.hpp"

namespace reef::api {

// Views point into the session's buffer and hold until the answer is written.
struct Request {
    model::Method method = model::Method::get;
    std::string_view method_text;
    std::string_view target;  // as sent, checked: origin-form
    std::string_view path;    // still percent-encoded
    std::string_view query;   // without '?', still percent-encoded
    boost::container::small_vector<std::pair<std::string_view, std::string_view>, 16> headers;
    std::string_view body;
    bool keep_alive = true;
    Time received;
    std::string_view peer_address;  // without the port

    // The value of a header, by lower-case name, case-insensitively; empty view when absent.
    std::string_view header(std::string_view lower_case_name) const;
    bool has_header(std::string_view lower_case_name) const;
    std::size_t count_header(std::string_view lower_case_name) const;
};

struct Response {
    int status = 200;
    std::string headers;            // "Name: value\r\n" lines, all but the framing ones
    std::string_view content_type;  // static text; empty: no body
    std::string body;
    std::string_view static_body;  // instead of `body`: an embedded asset
    bool close = false;

    void add_header(std::string_view name, std::string_view value);  // no CR, LF in value
};

// One per io thread, called on that thread; many calls are under way at a time.
class Handler {
public:
    virtual ~Handler() = default;
    virtual asio::awaitable<Response> handle(const Request& request) = 0;
    // An answer for what never became a request: 400, 408, 413, 414, 431, 501, 505.
    virtual Response refuse(int status, std::string_view detail) = 0;
};

}  // namespace reef::api
