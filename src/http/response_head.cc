#include "http/response_head.hpp"

#include <boost/beast/http/status.hpp>
#include <charconv>
#include <ctime>

namespace reef::http {

namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

void append_status_line(std::string& out, int status) {
    if (status == 200) {
        out += "HTTP/1.1 200 OK\r\n";
        return;
    }
    namespace http = boost::beast::http;
    const auto reason = http::obsolete_reason(static_cast<http::status>(status));
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out.append(reason.data(), reason.size()).append("\r\n");
}

}  // namespace

std::string_view DateLine::at(Time now) {
    const std::int64_t second = now.us / 1'000'000;
    if (second != second_) {
        second_ = second;
        const std::time_t seconds = second;
        std::tm parts{};
        gmtime_r(&seconds, &parts);
        char line[64];
        text_.assign(line,
                     std::strftime(line, sizeof line, "Date: %a, %d %b %Y %T GMT\r\n", &parts));
    }
    return text_;
}

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

void append_head(std::string& out, const Response& response, Framing framing,
                 std::string_view date_line) {
    append_status_line(out, response.status);
    out += date_line;
    if (has_body(response.status)) {
        if (!response.content_type.empty()) {
            out.append("Content-Type: ").append(response.content_type).append("\r\n");
        }
        if (!response.stream) {
            out += "Content-Length: ";
            append_number(out, response.content().size());
            out += "\r\n";
        } else if (!framing.to_http_1_0) {
            out += "Transfer-Encoding: chunked\r\n";
        }
    }
    out += response.headers;
    if (!framing.keep_alive) {
        out += "Connection: close\r\n";
    } else if (framing.to_http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
    append_number(out, piece.size(), 16);
    out.append("\r\n").append(piece).append("\r\n");
}

}  // namespace reef::http
