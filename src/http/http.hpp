// HTTP as handlers see it: a request that was read whole and checked, an answer to be written.
#pragma once

#include <boost/container/small_vector.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.hpp"
#include "base/time.hpp"
#include "http/method.hpp"

namespace reef::http {

// Views point into the session's buffers and hold until the answer is written. Path and query have
// the characters of RFC 3986 only, and two hexadecimal digits after each '%'.
struct Request {
    http::Method method = http::Method::get;
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

// The client's end of an answer that is written in pieces.
class Stream {
public:
    virtual ~Stream() = default;
    // Sends one piece now; returns when the kernel has it all. False: the client is gone, or took
    // nothing for the write timeout, or the server stops. Then there is no more to do.
    virtual asio::awaitable<bool> write(std::string_view piece) = 0;
};

// An answer whose length nobody knows beforehand: a feed. When the client goes away or the server
// stops while it waits, its co_await throws operation_aborted: let it pass.
class StreamBody {
public:
    virtual ~StreamBody() = default;
    virtual asio::awaitable<void> write_to(Stream& stream) = 0;
};

struct Response {
    int status = 200;
    std::string headers;            // "Name: value\r\n" lines, all but the framing ones and Date
    std::string_view content_type;  // static text; empty: no body
    std::string body;
    std::string_view static_body;        // instead of `body`: an embedded asset
    std::unique_ptr<StreamBody> stream;  // instead of both
    bool close = false;
    bool is_bulk = false;  // long: it is compressed for whoever reads that (zstd.hpp)

    void add_header(std::string_view name, std::string_view value);  // no CR, LF in value
    std::string_view content() const { return static_body.empty() ? body : static_body; }
};

Response json_response(std::string body);

// One per io thread, called on that thread; many calls are under way at a time.
class Handler {
public:
    virtual ~Handler() = default;
    // HEAD is answered like GET: the session leaves the body out. An exception is answered with
    // 500. When the server cuts what is left at the end of its stop, the co_await in here throws
    // operation_aborted: let it pass.
    virtual asio::awaitable<Response> handle(const Request& request) = 0;
    // An answer for what never became a request (400, 408, 413, 414, 417, 431, 501, 505), for one
    // connection too many (503), or for one whose handler threw (500). The connection is closed.
    virtual Response refuse(int status, std::string_view detail) = 0;
};

}  // namespace reef::http
