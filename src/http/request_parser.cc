#include "http/request_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

namespace reef::http {

namespace {

// One table for all questions about a byte: a bit for each.
constexpr std::uint8_t token_char = 1;
constexpr std::uint8_t value_char = 2;
constexpr std::uint8_t target_char = 4;     // of path and query, '%' and '?' included
constexpr std::uint8_t authority_char = 8;  // of a host name

constexpr bool is_in(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        const bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        std::uint8_t bits = 0;
        if (alphanumeric || is_in(c, "!#$%&'*+-.^_`|~")) bits |= token_char;
        if (c == '\t' || (i >= 0x20 && i != 0x7f)) bits |= value_char;
        if (alphanumeric || is_in(c, "-._~!$&'()*+,;=:@/?%")) bits |= target_char;
        if (alphanumeric || is_in(c, "-._~!$&'()*+,;=%")) bits |= authority_char;
        classes[static_cast<std::size_t>(i)] = bits;
    }
    return classes;
}

constexpr std::array<std::uint8_t, 256> classes = make_classes();

bool is(char c, std::uint8_t bit) {
    return (classes[static_cast<unsigned char>(c)] & bit) != 0;
}

bool all_are(std::string_view text, std::uint8_t bit) {
    return std::all_of(text.begin(), text.end(), [bit](char c) { return is(c, bit); });
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

bool percent_is_followed_by_hex(std::string_view text) {
    for (std::size_t at = 0; (at = text.find('%', at)) != std::string_view::npos; at += 3) {
        if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
    }
    return true;
}

// host[:port], where host is a name, an IPv4 address or an IPv6 address in brackets.
bool is_authority(std::string_view text) {
    std::size_t host_end = 0;
    if (text.starts_with('[')) {
        host_end = text.find(']');
        if (host_end == std::string_view::npos) return false;
        const auto address = text.substr(1, host_end - 1);
        const auto fits = [](char c) { return is_hex(c) || c == ':' || c == '.'; };
        if (address.empty() || !std::all_of(address.begin(), address.end(), fits)) return false;
        ++host_end;
    } else {
        host_end = std::min(text.find(':'), text.size());
        const auto name = text.substr(0, host_end);
        if (!all_are(name, authority_char) || !percent_is_followed_by_hex(name)) return false;
    }
    if (host_end == text.size()) return true;
    const auto port = text.substr(host_end + 1);
    return text[host_end] == ':' && std::all_of(port.begin(), port.end(), is_digit);
}

http::Method method_of(std::string_view text) {
    using http::Method;
    if (text == "GET") return Method::get;
    if (text == "PUT") return Method::put;
    if (text == "POST") return Method::post;
    if (text == "PATCH") return Method::patch;
    if (text == "DELETE") return Method::remove;
    if (text == "HEAD") return Method::head;
    if (text == "OPTIONS") return Method::options;
    return Method::other;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && all_are(text, token_char);
}

bool is_field_value(std::string_view text) {
    return all_are(text, value_char);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
    const auto same = [](char given, char wanted) {
        return given == wanted || (given >= 'A' && given <= 'Z' && (given | 0x20) == wanted);
    };
    return text.size() == lower_case.size() &&
           std::equal(text.begin(), text.end(), lower_case.begin(), same);
}

bool HeadParser::refuse(int status, std::string_view detail) {
    error_ = {status, detail};
    return false;
}

void HeadParser::restart() {
    scanned_ = line_start_ = begin_ = 0;
}

Progress HeadParser::parse(std::string_view bytes, Request& request) {
    const Progress found = find_end(bytes);
    if (found != Progress::done) return found;
    const auto lines = bytes.substr(begin_, head_.size - 2 - begin_);  // without the empty line
    return parse_lines(lines, request) ? Progress::done : Progress::refused;
}

// Goes on where the last call stopped, so that a head that comes byte by byte is looked at once.
Progress HeadParser::find_end(std::string_view bytes) {
    const std::size_t max = limits_.header_bytes_max;
    const auto head = bytes.substr(0, max);
    if (!head.empty() && head[0] != '\r' && !is(head[0], token_char)) {
        refuse(400, "this is no HTTP request");
        return Progress::refused;
    }
    for (;;) {
        const std::size_t end = std::min(head.find('\n', scanned_), head.size());
        if (end == head.size()) break;
        if (end == line_start_ || head[end - 1] != '\r') {
            refuse(400, "a line ends without CR LF");
            return Progress::refused;
        }
        const bool is_empty = end == line_start_ + 1;
        line_start_ = scanned_ = end + 1;
        if (is_empty && end == 1) {
            begin_ = 2;  // RFC 9112 2.2: one empty line before the request line is passed over
        } else if (is_empty) {
            head_ = Head{.size = end + 1};
            return Progress::done;
        }
    }
    scanned_ = head.size();
    if (head.size() < max) return Progress::more;
    if (line_start_ == begin_) {
        refuse(414, "the request line is too long");
    } else {
        refuse(431, "the header is too large");
    }
    return Progress::refused;
}

bool HeadParser::parse_lines(std::string_view lines, Request& request) {
    seen_ = {};
    request.headers.clear();
    request.body = {};
    bool is_first = true;
    while (!lines.empty()) {
        // A '\n' is the end of a line: find_end() has seen that each follows a '\r'.
        const std::size_t end = lines.find('\n');
        const auto line = lines.substr(0, end - 1);
        lines.remove_prefix(end + 1);
        const bool good = is_first ? parse_request_line(line, request) : parse_field(line, request);
        if (!good) return false;
        is_first = false;
    }
    if (is_first) return refuse(400, "the request line is empty");
    if (!check_framing()) return false;
    request.keep_alive = !seen_.close && (!head_.http_1_0 || seen_.keep_alive);
    return true;
}

bool HeadParser::parse_request_line(std::string_view line, Request& request) {
    const std::size_t method_end = line.find(' ');
    const std::size_t target_end = line.rfind(' ');
    if (method_end == target_end) {
        return refuse(400, "the request line is not \"method target version\"");
    }
    request.method_text = line.substr(0, method_end);
    request.target = line.substr(method_end + 1, target_end - method_end - 1);
    if (!is_token(request.method_text)) return refuse(400, "the method is no token");
    if (!parse_version(line.substr(target_end + 1))) return false;
    if (request.target.size() > limits_.target_bytes_max) {
        return refuse(414, "the request target is too long");
    }
    request.method = method_of(request.method_text);
    return parse_target(request);
}

bool HeadParser::parse_version(std::string_view version) {
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") &&
                             is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (!well_formed) return refuse(400, "the request line names no HTTP version");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    head_.http_1_0 = version == "HTTP/1.0";
    return true;
}

bool HeadParser::parse_target(Request& request) {
    if (request.method_text == "CONNECT") return refuse(501, "CONNECT is not supported");
    auto rest = request.target;
    if (rest == "*" && request.method == http::Method::options) {
        request.path = rest;
        request.query = {};
        return true;
    }
    if (!rest.starts_with('/')) {  // absolute-form: http://host/path
        const std::size_t colon = rest.find("://");
        const auto scheme = rest.substr(0, std::min(colon, rest.size()));
        const bool is_http =
            equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "https");
        if (!is_http || colon == std::string_view::npos) {
            return refuse(400, "the request target is neither a path nor an http URL");
        }
        rest.remove_prefix(colon + 3);
        const auto authority = rest.substr(0, std::min(rest.find_first_of("/?"), rest.size()));
        if (authority.empty() || !is_authority(authority)) {
            return refuse(400, "the request target names no host");
        }
        rest.remove_prefix(authority.size());
    }
    const bool good = all_are(rest, target_char) && (rest.find('%') == std::string_view::npos ||
                                                     percent_is_followed_by_hex(rest));
    if (!good)
        return refuse(400, "the request target has a character that must be percent-encoded");
    const std::size_t mark = std::min(rest.find('?'), rest.size());
    request.path = mark == 0 ? std::string_view{"/"} : rest.substr(0, mark);
    request.query = rest.substr(std::min(mark + 1, rest.size()));
    return true;
}

bool HeadParser::parse_field(std::string_view line, Request& request) {
    const auto is_not_token = [](char c) { return !is(c, token_char); };
    const auto name_end = static_cast<std::size_t>(
        std::find_if(line.begin(), line.end(), is_not_token) - line.begin());
    if (name_end == 0 && is_blank(line[0])) return refuse(400, "a header field is folded");
    if (name_end == 0 || name_end == line.size() || line[name_end] != ':') {
        return refuse(400, "a header field has no \"name:\"");
    }
    const auto value = trim(line.substr(name_end + 1));
    if (!is_field_value(value)) {
        return refuse(400, "a header field has a control character in its value");
    }
    if (request.headers.size() == limits_.header_fields_max) {
        return refuse(431, "there are too many header fields");
    }
    const auto name = line.substr(0, name_end);
    request.headers.emplace_back(name, value);
    return note_field(name, value);
}

// The few fields that say where this message ends and what follows it. The length tells most others
// from them at once.
bool HeadParser::note_field(std::string_view name, std::string_view value) {
    switch (name.size()) {
        case 4:
            if (!equals_ignoring_case(name, "host")) return true;
            if (seen_.host) return refuse(400, "Host is repeated");
            seen_.host = true;
            return is_authority(value) || refuse(400, "Host is not host[:port]");
        case 6:
            return !equals_ignoring_case(name, "expect") || note_expect(value);
        case 10:
            return !equals_ignoring_case(name, "connection") || note_connection(value);
        case 14:
            return !equals_ignoring_case(name, "content-length") || note_content_length(value);
        case 17:
            return !equals_ignoring_case(name, "transfer-encoding") ||
                   note_transfer_encoding(value);
        default:
            return true;
    }
}

bool HeadParser::note_content_length(std::string_view value) {
    if (seen_.content_length) return refuse(400, "Content-Length is repeated");
    seen_.content_length = true;
    if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) {
        return refuse(400, "Content-Length is no number");
    }
    const char* end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, head_.content_length);
    if (read.ec == std::errc::result_out_of_range) {
        head_.content_length = std::numeric_limits<std::uint64_t>::max();
    }
    return true;
}

bool HeadParser::note_transfer_encoding(std::string_view value) {
    if (seen_.transfer_encoding) return refuse(400, "Transfer-Encoding is repeated");
    seen_.transfer_encoding = true;
    head_.chunked = equals_ignoring_case(value, "chunked");
    return head_.chunked || refuse(501, "the only Transfer-Encoding understood here is chunked");
}

bool HeadParser::note_expect(std::string_view value) {
    if (!equals_ignoring_case(value, "100-continue")) {
        return refuse(417, "the only expectation understood here is 100-continue");
    }
    head_.expects_continue = !head_.http_1_0;  // RFC 9110 10.1.1: ignored in HTTP/1.0
    return true;
}

bool HeadParser::note_connection(std::string_view value) {
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        const auto option = trim(value.substr(0, comma));
        if (!option.empty() && !is_token(option)) {
            return refuse(400, "Connection is no list of tokens");
        }
        if (equals_ignoring_case(option, "close")) seen_.close = true;
        if (equals_ignoring_case(option, "keep-alive")) seen_.keep_alive = true;
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return true;
}

bool HeadParser::check_framing() {
    if (!seen_.host && !head_.http_1_0) return refuse(400, "Host is missing");
    if (seen_.transfer_encoding && seen_.content_length) {
        return refuse(400, "Content-Length and Transfer-Encoding exclude each other");
    }
    if (seen_.transfer_encoding && head_.http_1_0) {
        return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    }
    return true;
}

}  // namespace reef::http
