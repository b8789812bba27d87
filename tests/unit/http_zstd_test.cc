// Compression between server and client: what is readable when, who asks for it, and what a peer
// that means harm can make of it.
#include "http/zstd.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <random>
#include <thread>

#include "http/client.hpp"
#include "http_fixture.hpp"
#include "run.hpp"

namespace reef::http {
namespace {

using api::RawClient;
using api::RunningServer;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto long_enough = std::chrono::milliseconds{60s};

// All that can be read of `coded`, in steps of `room` bytes.
Result<std::string> read_all(Decompressor& reader, std::string_view coded, std::size_t room) {
    std::string content;
    std::string step(room, '\0');
    for (;;) {
        const auto bytes = reader.read(coded, step.data(), room);
        if (!bytes) return bytes.error();
        if (*bytes == 0) return content;
        content.append(step, 0, *bytes);
    }
}

std::string coded(std::string_view content) {
    Compressor compressor;
    std::string out;
    compressor.add(content, out);
    compressor.finish(out);
    return out;
}

TEST(Zstd, KnowsWhoReadsIt) {
    for (const char* yes : {"zstd", "gzip, zstd", "ZSTD;q=0.5", "zstd ; q=1", "gzip;q=0,\tzstd"})
        EXPECT_TRUE(accepts_zstd(yes)) << yes;
    for (const char* no : {"", "gzip", "*", "zstd;q=0", "zstd; q=0.000", "xzstd", "zstd2", ","})
        EXPECT_FALSE(accepts_zstd(no)) << no;
}

TEST(Zstd, NothingWaitsForWhatFollows) {
    Compressor compressor;
    Decompressor reader;
    std::mt19937_64 random{7};
    for (const std::size_t size :
         std::initializer_list<std::size_t>{0, 1, 20, 500, 70'000, 3'000'000, 12}) {
        std::string piece(size, ' ');
        for (char& byte : piece)
            byte = static_cast<char>('a' + random() % 20);
        std::string out;
        compressor.add(piece, out);
        const auto read = read_all(reader, out, 64 << 10);
        ASSERT_TRUE(read) << read.error().what;
        EXPECT_EQ(*read, piece) << size;
        EXPECT_FALSE(reader.is_whole());
    }
    std::string end;
    compressor.finish(end);
    EXPECT_EQ(read_all(reader, end, 64 << 10).value(), "");
    EXPECT_TRUE(reader.is_whole());
}

TEST(Zstd, LinesThatAreAlikeTakeFewBytes) {
    Compressor compressor;
    std::string out;
    const std::string line(400, 'x');
    for (int i = 0; i < 100; ++i)
        compressor.add(line + std::to_string(i) + '\n', out);
    EXPECT_LT(out.size(), 100U * 30);
}

TEST(Zstd, IsReadHoweverItWasCut) {
    const std::string content(1 << 20, 'x');
    const std::string whole = coded(content);
    Decompressor reader;
    std::string read;
    for (const char byte : whole)
        read += read_all(reader, {&byte, 1}, 999).value();
    EXPECT_EQ(read, content);
    EXPECT_TRUE(reader.is_whole());
}

// A kilobyte that stands for a gigabyte is written out no faster than it is taken.
TEST(Zstd, WritesNoMoreAtOnceThanThereIsRoomFor) {
    Compressor compressor;
    std::string bomb;
    const std::string part(8 << 20, '\0');
    for (int i = 0; i < 128; ++i)
        compressor.add(part, bomb);
    ASSERT_LT(bomb.size(), 1U << 20);
    Decompressor reader;
    std::string_view left = bomb;
    std::string step(1000, 'x');
    const auto bytes = reader.read(left, step.data(), step.size());
    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, 1000U);
    EXPECT_GT(left.size(), bomb.size() / 2);
}

TEST(Zstd, RefusesWhatWantsMuchMemoryOrIsNoZstd) {
    const std::string content(4 << 20, 'x');
    std::string wide(ZSTD_compressBound(content.size()), '\0');
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, zstd_window_bits + 1);
    ZSTD_inBuffer input{content.data(), content.size(), 0};
    ZSTD_outBuffer output{wide.data(), wide.size(), 0};
    // In parts: else its window is as long as its content.
    while (ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush) > 0) {
    }
    while (ZSTD_compressStream2(context, &output, &input, ZSTD_e_end) > 0) {
    }
    ZSTD_freeCCtx(context);
    wide.resize(output.pos);
    for (const std::string& bad : {wide, std::string{"{\"heartbeat\":{}}\n"}}) {
        Decompressor reader;
        const auto read = read_all(reader, bad, 64 << 10);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::invalid);
    }
}

HostPort address_of(const RunningServer& server) {
    return {"127.0.0.1", std::to_string(server.port())};
}

// What a client reads that asks for it, until the end or until there is nothing for a while.
Task<std::string> asked(HostPort server, std::string target, Compression compression,
                        std::chrono::milliseconds silence) {
    const auto connection = co_await connect(server, long_enough);
    if (!connection) co_return connection.error();
    Call call{Method::get, target};
    call.compression = compression;
    const auto status = co_await (*connection)->begin(call, long_enough);
    if (!status) co_return status.error();
    std::string text;
    auto timeout = long_enough;
    for (;;) {
        const auto piece = co_await (*connection)->read_some(timeout);
        if (!piece) co_return text + "… " + std::string{name_of(piece.error().code)};
        if (piece->empty()) co_return text + '.';
        text += *piece;
        timeout = silence;
    }
}

TEST(Zstd, AClientReadsTheSameWhetherItAsksForItOrNot) {
    RunningServer server;
    const HostPort at = address_of(server);
    for (const Compression how :
         {Compression::never, Compression::beyond_loopback, Compression::always}) {
        EXPECT_EQ(test::run(asked(at, "/count", how, long_enough)).value(), "1 2 3 .");
        EXPECT_EQ(test::run(asked(at, "/feed", how, 50ms)).value(), "first\n… timeout");
        const auto large = test::run(asked(at, "/large", how, long_enough)).value();
        EXPECT_EQ(large, std::string(4 << 20, 'x') + '.');
        EXPECT_EQ(test::run(asked(at, "/nothing", how, long_enough)).value(), ".");
        EXPECT_EQ(test::run(asked(at, "/short", how, long_enough)).value(), "GET /short [].");
    }
}

TEST(Zstd, GoesToWhoAsksForItAndNobodyElse) {
    RunningServer server;
    for (const char* path : {"/large", "/count"}) {
        const std::string line = std::string{"GET "} + path + " HTTP/1.1\r\nHost: x\r\n";
        const std::string close = "Connection: close\r\n\r\n";
        const std::string plain = api::exchange(server.port(), line + close);
        EXPECT_EQ(plain.find("Content-Encoding"), std::string::npos);
        const std::string packed =
            api::exchange(server.port(), line + "Accept-Encoding: gzip, zstd\r\n" + close);
        EXPECT_NE(packed.find("\r\nContent-Encoding: zstd\r\n"), std::string::npos);
        EXPECT_LT(packed.size(), 2000U);
    }
    const std::string other =
        api::exchange(server.port(),
                      "GET /short HTTP/1.1\r\nHost: x\r\nAccept-Encoding: zstd\r\n"
                      "Connection: close\r\n\r\n");
    EXPECT_EQ(other.find("Content-Encoding"), std::string::npos) << "it is not long";
}

// Answers one request with this.
Result<Answer> answered(const std::string& answer, Compression compression) {
    asio::io_context context;
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    const Url url{{"127.0.0.1", std::to_string(acceptor.local_endpoint().port())}, ""};
    const std::jthread server{[&] {
        tcp::socket socket = acceptor.accept();
        std::string head;
        boost::system::error_code failed;
        asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", failed);
        asio::write(socket, asio::buffer(answer), failed);
    }};
    Call call{Method::get, "/"};
    call.compression = compression;
    return ask(url, call, long_enough);
}

TEST(Zstd, AnAnswerThatIsNotWholeOrTooLargeIsNone) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n";
    const std::string whole = coded("hello");
    EXPECT_EQ(answered(head + whole, Compression::always).value().body, "hello");
    EXPECT_FALSE(answered(head + whole.substr(0, whole.size() - 1), Compression::always));
    EXPECT_FALSE(answered(head + whole, Compression::never)) << "nobody asked for it";
    EXPECT_FALSE(answered(head + "hello", Compression::always));
    const auto bomb =
        answered(head + coded(std::string(Call{}.answer_bytes_max + 1, '\0')), Compression::always);
    ASSERT_FALSE(bomb);
    EXPECT_EQ(bomb.error().what, "the answer has more than 8 MiB");
}

}  // namespace
}  // namespace reef::http
