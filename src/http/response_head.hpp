// An answer's bytes as they go on the wire (RFC 9112): the head, and where it is short the body.
#pragma once

#include <string>
#include <string_view>

#include "http/http.hpp"

namespace reef::http {

// "Date: Thu, 01 Jan 2026 12:00:00 GMT\r\n", made once a second. One per thread.
class DateLine {
public:
    std::string_view at(Time now);

private:
    std::int64_t second_ = -1;
    std::string text_;
};

struct Framing {
    bool to_http_1_0 = false;
    bool to_head = false;  // the request was HEAD: no body, but its length
    bool keep_alive = true;
};

// Statuses that never have a body: 1xx, 204, 304.
bool has_body(int status);

// Appends the whole head, the empty line included.
void append_head(std::string& out, const Response& response, Framing framing,
                 std::string_view date_line);

// A piece of a stream, and what ends one.
void append_chunk(std::string& out, std::string_view piece);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace reef::http
