// The head of a request (RFC 9112), read strictly: what two parsers could read in two ways is
// refused. Pure; no bytes are copied.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/http.hpp"

namespace reef::http {

struct HeadLimits {
    // The request line and the empty line included. An ETag names each life of a store that wrote
    // to the record: 1,024 of them are 25 KiB, or 54 KiB where nodes have names of 32 letters.
    std::uint32_t header_bytes_max = 64 << 10;
    std::uint32_t header_fields_max = 100;
    std::uint32_t target_bytes_max = 8 << 10;
};

struct HttpError {  // what Handler::refuse is told
    int status = 0;
    std::string_view detail;  // static text
};

struct Head {
    std::size_t size = 0;  // bytes up to where the body begins
    bool chunked = false;
    std::uint64_t content_length = 0;  // saturated: more digits than fit are a huge number
    bool expects_continue = false;
    bool http_1_0 = false;
};

enum class Progress : std::uint8_t { more, done, refused };

// Reads one head after the other; restart() between them.
class HeadParser {
public:
    explicit HeadParser(HeadLimits limits) : limits_(limits) {}

    // `bytes` is all that has arrived since the last head's message, and may have moved between two
    // calls. The same bytes give the same result however they were cut.
    // more: call again with more. done: head() holds, and the views of `request` (all but its body)
    // point into `bytes`. refused: error() says why.
    Progress parse(std::string_view bytes, Request& request);
    void restart();

    const Head& head() const { return head_; }
    const HttpError& error() const { return error_; }

private:
    Progress find_end(std::string_view bytes);
    bool parse_lines(std::string_view lines, Request& request);
    bool parse_request_line(std::string_view line, Request& request);
    bool parse_version(std::string_view version);
    bool parse_target(Request& request);
    bool parse_field(std::string_view line, Request& request);
    bool note_field(std::string_view name, std::string_view value);
    bool note_content_length(std::string_view value);
    bool note_transfer_encoding(std::string_view value);
    bool note_expect(std::string_view value);
    bool note_connection(std::string_view value);
    bool check_framing();
    bool refuse(int status, std::string_view detail);  // always false

    struct Seen {  // of the fields that frame a message
        bool host = false;
        bool content_length = false;
        bool transfer_encoding = false;
        bool close = false;
        bool keep_alive = false;
    };

    const HeadLimits limits_;
    std::size_t scanned_ = 0;     // no end of the head before here
    std::size_t line_start_ = 0;  // of the line that `scanned_` is in
    std::size_t begin_ = 0;       // 2 after an empty line before the request line
    Seen seen_;
    Head head_;
    HttpError error_;
};

// What may be in a field line, for trailers too.
bool is_token(std::string_view text);        // RFC 9110 5.6.2
bool is_field_value(std::string_view text);  // no control characters but the tab
bool equals_ignoring_case(std::string_view text, std::string_view lower_case);

}  // namespace reef::http
