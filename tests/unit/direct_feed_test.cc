// A peer's feed over a real socket: lines that are longer than any may be.
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "http/zstd.hpp"
#include "model/abridged.hpp"
#include "model/change.hpp"
#include "model/schema.hpp"
#include "peers/direct.hpp"
#include "run.hpp"

namespace reef::test {
namespace {

using namespace peers;
using asio::ip::tcp;

std::string line_of(int seq, std::size_t bytes) {
    return "{\"stamp\":\"eu.1:" + std::to_string(seq) +
           "@1000000\",\"kind\":\"update\",\"resource\":\"things\",\"row\":{\"key\":" +
           std::to_string(seq) + ",\"text\":\"" + std::string(bytes, 'x') + "\"}}";
}

Task<std::vector<std::string>> lines_from(std::uint16_t port, std::size_t count) {
    PeerAddress peer;
    peer.node = "eu";
    peer.host = "127.0.0.1";
    peer.port = std::to_string(port);
    peer.self = "us";
    peer.compression = http::Compression::always;
    const model::Schema schema;
    Peers peers{{"eu"}, system_clock()};
    peer.agreement = std::make_shared<SchemaAgreement>(schema, peers, "us", "eu");
    DirectTimes times;
    times.connect = times.silence = std::chrono::milliseconds{60'000};
    times.line_bytes_max = 1000;
    const auto source = make_direct_source(peer, times);
    auto feed = co_await source->open({}, {});
    if (!feed) co_return feed.error();
    std::vector<std::string> lines;
    while (lines.size() < count) {
        auto arrivals = co_await (*feed)->next();
        if (!arrivals) co_return arrivals.error();
        for (Arrival& arrival : *arrivals)
            lines.push_back(std::move(std::get<std::string>(arrival)));
    }
    co_return lines;
}

// Answers one request with these lines, in pieces that end anywhere.
Result<std::vector<std::string>> read(const std::string& sent, std::size_t count,
                                      const std::string& headers = "") {
    asio::io_context context;
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    const std::uint16_t port = acceptor.local_endpoint().port();
    const std::jthread server{[&] {
        tcp::socket socket = acceptor.accept();
        std::string head;
        boost::system::error_code failed;
        asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", failed);
        const std::string whole = "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + sent;
        for (std::size_t at = 0; at < whole.size() && !failed; at += 777)
            asio::write(socket, asio::buffer(whole.substr(at, 777)), failed);
    }};
    return run(lines_from(port, count));
}

TEST(DirectFeed, GoesOnBehindALineThatIsTooLong) {
    const std::string huge = line_of(2, 300'000);
    const auto lines = read(line_of(1, 10) + '\n' + huge + '\n' + line_of(3, 10) + '\n' +
                                line_of(4, 2000) + '\n' + line_of(5, 10) + '\n',
                            5);
    ASSERT_TRUE(lines) << lines.error().what;
    EXPECT_EQ((*lines)[0], line_of(1, 10));
    EXPECT_EQ((*lines)[1], model::abridged(huge));
    EXPECT_EQ(model::bytes_before((*lines)[1]), huge.size());
    EXPECT_EQ((*lines)[2], line_of(3, 10));
    EXPECT_TRUE(model::is_same_change((*lines)[3], line_of(4, 2000)));
    EXPECT_EQ((*lines)[4], line_of(5, 10));
}

TEST(DirectFeed, HoldsNoMoreOfALongLineThatCameCompressed) {
    const std::string huge = line_of(1, 20'000'000);
    http::Compressor compressor;
    std::string sent;
    compressor.add(huge + '\n' + line_of(2, 10) + '\n', sent);
    ASSERT_LT(sent.size(), 10'000U);
    const auto lines = read(sent, 2, "Content-Encoding: zstd\r\n");
    ASSERT_TRUE(lines) << lines.error().what;
    EXPECT_EQ(model::bytes_before((*lines)[0]), huge.size());
    EXPECT_EQ((*lines)[1], line_of(2, 10));
}

TEST(DirectFeed, EndsWhereALongLineIsNoChange) {
    const auto lines = read(line_of(1, 10) + '\n' + std::string(5000, 'x') + '\n', 2);
    ASSERT_FALSE(lines);
    EXPECT_EQ(lines.error().what, "eu sent a line that is no change");
}

}  // namespace
}  // namespace reef::test
