// The head parser and the chunk decoder alone; Boost.Beast's parser is the second opinion.
#include <gtest/gtest.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <random>

#include "http/chunked.hpp"
#include "http/request_parser.hpp"
#include "http_fixture.hpp"

namespace reef::api {
namespace {

struct Read {
    http::Progress progress = http::Progress::more;
    int status = 0;  // when refused
    std::size_t head_bytes = 0;
    std::string shown;  // method, path, query, fields, framing
    std::string body;   // of a chunked message
    bool operator==(const Read&) const = default;
};

std::string show(const http::Request& request, const http::Head& head) {
    std::string text{request.method_text};
    text.append(" ").append(request.path).append("?").append(request.query);
    for (const auto& [name, value] : request.headers) {
        text.append("|").append(name).append("=").append(value);
    }
    text += "|" + std::to_string(head.content_length);
    if (head.chunked) text += " chunked";
    if (head.http_1_0) text += " 1.0";
    if (head.expects_continue) text += " continue";
    if (!request.keep_alive) text += " close";
    return text;
}

// Feeds the bytes in pieces that end at `cuts` (ascending), from a new place in memory each time.
Read read_in_pieces(std::string_view bytes, const std::vector<std::size_t>& cuts) {
    http::HeadParser parser{
        {.header_bytes_max = 400, .header_fields_max = 10, .target_bytes_max = 200}};
    http::ChunkDecoder decoder{
        {.body_bytes_max = 64, .trailer_bytes_max = 80, .trailer_fields_max = 3}};
    http::Request request;
    Read read;
    std::size_t taken = 0;
    for (const std::size_t cut : cuts) {
        const std::string arrived{bytes.substr(0, cut)};
        if (read.shown.empty()) {
            read.progress = parser.parse(arrived, request);
            if (read.progress == http::Progress::refused) read.status = parser.error().status;
            if (read.progress != http::Progress::done) {
                if (read.progress == http::Progress::refused) break;
                continue;
            }
            taken = read.head_bytes = parser.head().size;
            read.shown = show(request, parser.head());
        }
        if (!parser.head().chunked) break;
        std::string_view rest = std::string_view{arrived}.substr(taken);
        read.progress = decoder.decode(rest, read.body);
        taken = arrived.size() - rest.size();
        if (read.progress == http::Progress::refused) read.status = decoder.error().status;
        if (read.progress != http::Progress::more) break;
    }
    return read;
}

Read read_whole(std::string_view bytes) {
    return read_in_pieces(bytes, {bytes.size()});
}

struct Case {
    std::string bytes;
    int status = 0;  // 0: taken
};

std::string get(std::string_view fields) {
    return "GET / HTTP/1.1\r\nHost: x\r\n" + std::string{fields} + "\r\n";
}

std::string line(std::string_view request_line) {
    return std::string{request_line} + "\r\nHost: x\r\n\r\n";
}

std::string chunks(std::string_view body) {
    return "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{body};
}

std::vector<Case> head_cases() {
    return {
        {get(""), 0},
        {"\r\n" + get(""), 0},
        {"\r\n\r\n" + get(""), 400},
        {line("GET /a?b=c%20d HTTP/1.1"), 0},
        {line("GET http://h:80/a?b HTTP/1.1"), 0},
        {line("GET HTTPS://[::1]?b HTTP/1.1"), 0},
        {line("OPTIONS * HTTP/1.1"), 0},
        {line("PATCH / HTTP/1.1"), 0},
        {"GET / HTTP/1.0\r\n\r\n", 0},
        {get("Content-Length: 007\r\n"), 0},
        {get("A:\r\nB: \t x \t \r\nC:\xc3\xa9\r\n"), 0},
        {get("Expect: 100-Continue\r\nConnection: foo , Close\r\n"), 0},
        {get("Transfer-Encoding: Chunked\r\n") + "0\r\n\r\n", 0},
        // The request line.
        {line("GET * HTTP/1.1"), 400},
        {line("GET / HTTP/2.0"), 505},
        {line("GET / HTTP/1.2"), 505},
        {line("PRI * HTTP/2.0"), 505},
        {line("GET / HTTP/1"), 400},
        {line("GET / http/1.1"), 400},
        {line("GET / HTTP/1.1 "), 400},
        {line("GET  / HTTP/1.1"), 400},
        {line("GET\t/ HTTP/1.1"), 400},
        {line("GET /a b HTTP/1.1"), 400},
        {line("GET /"), 400},
        {line("GET"), 400},
        {line(" GET / HTTP/1.1"), 400},
        {line("G(T / HTTP/1.1"), 400},
        {line("\x16\x03\x01"), 400},
        {line("CONNECT x:443 HTTP/1.1"), 501},
        {line("GET x HTTP/1.1"), 400},
        {line("GET ftp://x/ HTTP/1.1"), 400},
        {line("GET http:///a HTTP/1.1"), 400},
        {line("GET http://user@h/ HTTP/1.1"), 400},
        {line("GET http://h:8x/ HTTP/1.1"), 400},
        {line("GET /a#b HTTP/1.1"), 400},
        {line("GET /a\"b HTTP/1.1"), 400},
        {line("GET /a\x7f HTTP/1.1"), 400},
        {line("GET /\xc3\xa9 HTTP/1.1"), 400},
        {line("GET /%4 HTTP/1.1"), 400},
        {line("GET /?a=%zz HTTP/1.1"), 400},
        {line("GET /" + std::string(200, 'a') + " HTTP/1.1"), 414},
        {line("GET /" + std::string(500, 'a') + " HTTP/1.1"), 414},
        // Lines and fields.
        {"GET / HTTP/1.1\nHost: x\n\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\n\n", 400},
        {get("A: b\rc\r\n"), 400},
        {get("A: b\r\r\n"), 400},
        {get("A: b\r\n c\r\n"), 400},
        {get("A: b\r\n\tc\r\n"), 400},
        {"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        {get("A : b\r\n"), 400},
        {get("A\r\n"), 400},
        {get(": b\r\n"), 400},
        {get("A(: b\r\n"), 400},
        {get("\xc3\xa9: b\r\n"), 400},
        {get(std::string{"A: b\0c\r\n", 8}), 400},
        {get("A: b\x01\r\n"), 400},
        {get("A: b\x7f\r\n"), 400},
        {get(std::string(400, 'a') + ": b\r\n"), 431},
        {get("A: " + std::string(400, 'b')), 431},
        {get("1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\n"), 0},
        {get("1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\n10:\r\n"), 431},
        // Host.
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {get("Host: x\r\n"), 400},
        {"GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0},
        // Framing.
        {get("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
        {get("Content-Length: 1\r\ncontent-length: 2\r\n"), 400},
        {get("Content-Length: 1, 1\r\n"), 400},
        {get("Content-Length: +1\r\n"), 400},
        {get("Content-Length: -1\r\n"), 400},
        {get("Content-Length: 1 1\r\n"), 400},
        {get("Content-Length: 0x1\r\n"), 400},
        {get("Content-Length:\r\n"), 400},
        {get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        {get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
        {get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        {get("Transfer-Encoding: gzip, chunked\r\n"), 501},
        {get("Transfer-Encoding: chunked, chunked\r\n"), 501},
        {get("Transfer-Encoding: identity\r\n"), 501},
        {get("Transfer-Encoding: xchunked\r\n"), 501},
        {get("Transfer-Encoding: \x0b"
             "chunked\r\n"),
         400},
        {get("Transfer-Encoding:\r\n"), 501},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {get("Expect: the-unexpected\r\n"), 417},
        {get("Connection: ,keep-alive, ,x\r\n"), 0},
        {get("Connection: a b\r\n"), 400},
    };
}

std::vector<Case> chunk_cases() {
    return {
        {chunks("0\r\n\r\n"), 0},
        {chunks("5\r\nhello\r\n0\r\n\r\n"), 0},
        {chunks("00000005;a=b\r\nhello\r\nB\r\n, beautiful\r\n0;end\r\nX: y\r\n\r\n"), 0},
        {chunks("5\t;a=\"b c\"\r\nhello\r\n0\r\n\r\n"), 0},
        {chunks("40\r\n" + std::string(64, 'x') + "\r\n0\r\n\r\n"), 0},
        {chunks("41\r\n" + std::string(65, 'x') + "\r\n0\r\n\r\n"), 413},
        {chunks("3f\r\n" + std::string(63, 'x') + "\r\n2\r\nxx\r\n0\r\n\r\n"), 413},
        {chunks("ffffffffffffffff\r\n"), 413},
        {chunks("10000000000000000\r\n"), 400},
        {chunks("00000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("\r\n"), 400},
        {chunks("x\r\n"), 400},
        {chunks("0x5\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("-5\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks(" 5\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5 \r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5;\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5;a=\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5;a=\"b\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5;a\nb\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5;a\rb\r\nhello\r\n0\r\n\r\n"), 400},
        {chunks("5\r\nhello!\r\n0\r\n\r\n"), 400},
        {chunks("5\r\nhello\n0\r\n\r\n"), 400},
        {chunks("5\r\nhell\r\n0\r\n\r\n"), 400},
        {chunks("5;" + std::string(100, 'e') + "\r\nhello\r\n0\r\n\r\n"), 431},
        {chunks("1;" + std::string(50, 'e') + "\r\nx\r\n1;" + std::string(50, 'e') + "\r\n"), 431},
        {chunks("5;" + std::string(2000, 'e')), 431},
        {chunks("0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"), 0},
        {chunks("0\r\nA: b\r\nC: d\r\nE: f\r\nG: h\r\n\r\n"), 431},
        {chunks("0\r\nA: " + std::string(90, 'b') + "\r\n\r\n"), 431},
        {chunks("0\r\nA: " + std::string(40, 'b') + "\r\nA: " + std::string(40, 'b') + "\r\n\r\n"),
         431},
        {chunks("0\r\nA : b\r\n\r\n"), 400},
        {chunks("0\r\n A: b\r\n\r\n"), 400},
        {chunks("0\r\nno colon\r\n\r\n"), 400},
        {chunks("0\r\nA: b\n\r\n"), 400},
        {chunks("0\r\nA: b\rc\r\n\r\n"), 400},
    };
}

std::vector<Case> all_cases() {
    auto cases = head_cases();
    for (Case& added : chunk_cases())
        cases.push_back(std::move(added));
    return cases;
}

TEST(HttpParser, TakesAndRefusesAsTheStandardSays) {
    for (const Case& tried : all_cases()) {
        const Read read = read_whole(tried.bytes);
        EXPECT_EQ(read.progress, tried.status == 0 ? http::Progress::done : http::Progress::refused)
            << tried.bytes;
        EXPECT_EQ(read.status, tried.status) << tried.bytes;
    }
}

TEST(HttpParser, ShowsWhatItHasRead) {
    EXPECT_EQ(read_whole("\r\nPUT /a/%20b?c=d&e HTTP/1.1\r\nHost: x\r\nX:  y z\t\r\n"
                         "Content-Length: 12\r\nExpect: 100-continue\r\n\r\n")
                  .shown,
              "PUT /a/%20b?c=d&e|Host=x|X=y z|Content-Length=12|Expect=100-continue|12 continue");
    EXPECT_EQ(read_whole("GET http://h:80?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").shown,
              "GET /?q|Connection=keep-alive|0 1.0");
    EXPECT_EQ(read_whole("GET / HTTP/1.0\r\n\r\n").shown, "GET /?|0 1.0 close");
    EXPECT_EQ(read_whole(get("Connection: x, CLOSE\r\n")).shown,
              "GET /?|Host=x|Connection=x, CLOSE|0 close");
    EXPECT_EQ(read_whole(get("Content-Length: 99999999999999999999\r\n")).shown,
              "GET /?|Host=x|Content-Length=99999999999999999999|18446744073709551615");
    EXPECT_EQ(read_whole(chunks("5;x\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\nnext")).body, "hello!");
}

TEST(HttpParser, FindsHeadersByNameWhateverTheCase) {
    http::Request request;
    http::HeadParser parser{http::HeadLimits{}};
    const std::string bytes = get("X-A: 1\r\nx-a: 2\r\nEmpty:\r\n");
    ASSERT_EQ(parser.parse(bytes, request), http::Progress::done);
    EXPECT_EQ(request.header("x-a"), "1");
    EXPECT_EQ(request.count_header("x-a"), 2U);
    EXPECT_TRUE(request.has_header("empty"));
    EXPECT_FALSE(request.has_header("x"));
    EXPECT_EQ(request.header("x"), "");
}

TEST(HttpParser, ReadsTheSameHoweverTheBytesWereCut) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    for (const Case& tried : all_cases()) {
        const Read whole = read_whole(tried.bytes);
        std::vector<std::size_t> each_byte;
        for (std::size_t i = 1; i <= tried.bytes.size(); ++i)
            each_byte.push_back(i);
        EXPECT_EQ(read_in_pieces(tried.bytes, each_byte), whole) << tried.bytes;
        for (int round = 0; round < 20; ++round) {
            std::vector<std::size_t> cuts;
            for (const std::size_t cut : each_byte) {
                if (random() % 8 == 0 || cut == tried.bytes.size()) cuts.push_back(cut);
            }
            EXPECT_EQ(read_in_pieces(tried.bytes, cuts), whole) << tried.bytes;
        }
    }
}

// Sorted, since Beast puts fields of one name together.
std::string show_parts(std::string_view method, std::string_view target,
                       std::vector<std::string> fields) {
    std::sort(fields.begin(), fields.end());
    std::string text = std::string{method} + " " + std::string{target} + "|";
    for (const std::string& field : fields)
        text += field + "|";
    return text;
}

// What Beast makes of the same bytes; "" when it refuses them.
std::string beast_reads(std::string_view bytes) {
    namespace http = boost::beast::http;
    http::request_parser<http::string_body> parser;
    boost::system::error_code failed;
    const std::size_t head_bytes = parser.put(boost::asio::buffer(bytes), failed);
    if ((failed && failed != http::error::need_more) || !parser.is_header_done()) return "";
    const auto& message = parser.get();
    std::vector<std::string> fields;  // before the trailers are among them
    for (const auto& field : message) {
        fields.push_back(std::string{field.name_string()} + "=" + std::string{field.value()});
    }
    std::string text = show_parts(message.method_string(), message.target(), fields);
    if (message.chunked()) {
        parser.eager(true);
        parser.put(boost::asio::buffer(bytes.substr(head_bytes)), failed);
        if (failed) return "";
    }
    return text + (message.chunked() ? message.body() : std::string{});
}

TEST(HttpParser, TakesNothingThatBeastReadsInAnotherWay) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    const auto cases = all_cases();
    int taken = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = mutate(cases[random() % cases.size()].bytes, random);
        while (bytes.starts_with("\r\n"))
            bytes.erase(0, 2);  // Beast knows no empty line before
        const Read read = read_whole(bytes);
        if (read.progress != http::Progress::done) continue;
        ++taken;
        http::Request request;
        http::HeadParser parser{http::HeadLimits{}};
        ASSERT_EQ(parser.parse(bytes, request), http::Progress::done);
        std::vector<std::string> fields;
        for (const auto& [name, value] : request.headers) {
            fields.push_back(std::string{name} + "=" + std::string{value});
        }
        const std::string ours =
            show_parts(request.method_text, request.target, fields) + read.body;
        EXPECT_EQ(beast_reads(bytes), ours) << testing::PrintToString(bytes);
    }
    EXPECT_GT(taken, 1000);
}

}  // namespace
}  // namespace reef::api
