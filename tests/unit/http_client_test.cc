#include "http/client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "http_fixture.hpp"

namespace reef::http {
namespace {

using api::RunningServer;
using api::ShowingHandler;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto long_enough = std::chrono::milliseconds{60s};

// Sends, for each connection that it accepts, the next of some texts once it has read a request's
// head, and closes the connection.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> answers)
        : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
          thread_([this, texts = std::move(answers)] { run(texts); }) {}

    HostPort address() const {
        return {"127.0.0.1", std::to_string(acceptor_.local_endpoint().port())};
    }

private:
    void run(const std::vector<std::string>& answers) {
        for (const std::string& answer : answers) {
            tcp::socket socket = acceptor_.accept();
            std::string head;
            boost::system::error_code failed;
            asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", failed);
            if (!failed) asio::write(socket, asio::buffer(answer), failed);
        }
    }

    asio::io_context context_;
    tcp::acceptor acceptor_;
    std::jthread thread_;
};

HostPort unused_address() {
    asio::io_context context;
    const tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    return {"127.0.0.1", std::to_string(acceptor.local_endpoint().port())};
}

template <class T>
Result<T> run(Task<T> task) {
    asio::io_context context;
    auto result = asio::co_spawn(context, std::move(task), asio::use_future);
    context.run();
    return result.get();
}

std::string server_of(const RunningServer& server) {
    return "127.0.0.1:" + std::to_string(server.port());
}

HostPort address_of(const RunningServer& server) {
    return {"127.0.0.1", std::to_string(server.port())};
}

std::string shown(const std::optional<Url>& url) {
    if (!url) return "none";
    return url->server.host + " | " + url->server.port + " | " + url->target;
}

TEST(HttpClient, ReadsUrls) {
    EXPECT_EQ(shown(parse_url("http://eu.example.com:8101/a/b?c=d")),
              "eu.example.com | 8101 | /a/b?c=d");
    EXPECT_EQ(shown(parse_url("http://eu.example.com")), "eu.example.com | 80 | ");
    EXPECT_EQ(shown(parse_url("localhost:8101/")), "localhost | 8101 | ");
    EXPECT_EQ(shown(parse_url("http://[::1]:8101/x")), "::1 | 8101 | /x");
    EXPECT_EQ(shown(parse_url("http://[::1]")), "::1 | 80 | ");
    for (const char* text : {"", "http://", "http://:80", "https://eu", "eu:", "eu:http", "/x"}) {
        EXPECT_EQ(shown(parse_url(text)), "none") << text;
    }
}

TEST(HttpClient, AsksOnce) {
    RunningServer server;
    const auto url = parse_url(server_of(server));
    const auto got = ask(*url, {Method::get, "/a?b"}, long_enough);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, "GET /a?b []");
    const auto posted = ask(*url, {Method::post, "/a", "X-Odd: 1\r\n", "hello"}, long_enough);
    ASSERT_TRUE(posted) << posted.error().what;
    EXPECT_EQ(posted->body, "POST /a [hello]");
    const auto empty = ask(*url, {Method::post, "/nothing"}, long_enough);
    ASSERT_TRUE(empty) << empty.error().what;
    EXPECT_EQ(empty->status, 204);
    EXPECT_EQ(empty->body, "");
    const auto large = ask(*url, {Method::get, "/large"}, long_enough);
    ASSERT_TRUE(large) << large.error().what;
    EXPECT_EQ(large->body.size(), 4U << 20);
}

TEST(HttpClient, WritesAnIpv6HostInBrackets) {
    RunningServer server;
    const auto url = parse_url("http://[::1]:" + std::to_string(server.port()));
    const auto got = ask(*url, {Method::get, "/a"}, long_enough);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->status, 200);
}

TEST(HttpClient, SaysWhyThereIsNoAnswer) {
    const auto refused = ask({unused_address(), ""}, {Method::get, "/"}, long_enough);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_EQ(refused.error().what, "Connection refused");
    RunningServer server;
    const auto silent = ask({address_of(server), ""}, {Method::get, "/hang"}, 50ms);
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().code, Errc::unavailable);
    EXPECT_EQ(silent.error().what, "no answer in time");
}

Task<std::string> two_calls(HostPort server) {
    const auto connection = co_await connect(server, long_enough);
    if (!connection) co_return connection.error();
    Call call{Method::get, "/first"};
    const auto first = co_await (*connection)->exchange(call, long_enough);
    if (!first) co_return first.error();
    if (!(*connection)->is_reusable()) co_return Error{Errc::invalid, "not reusable"};
    call = {Method::post, "/second", "Connection: close\r\n", "2"};
    const auto second = co_await (*connection)->exchange(call, long_enough);
    if (!second) co_return second.error();
    if ((*connection)->is_reusable()) co_return Error{Errc::invalid, "still reusable"};
    co_return first->body + ", " + second->body;
}

TEST(HttpClient, MakesCallsOneAfterTheOtherOnAConnection) {
    RunningServer server;
    const auto both = run(two_calls(address_of(server)));
    ASSERT_TRUE(both) << both.error().what;
    EXPECT_EQ(*both, "GET /first [], POST /second [2]");
}

Task<Answer> one_call(HostPort server) {
    const auto connection = co_await connect(server, long_enough);
    if (!connection) co_return connection.error();
    Call call{Method::get, "/"};
    co_return co_await (*connection)->exchange(call, long_enough);
}

TEST(HttpClient, TellsACallThatWasNotReadFromOneThatMayHaveBeen) {
    ScriptedServer server{{"", "HTTP/1.1 200 OK\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
                           "HTTP/1.1 200 OK\r\n\r\nto the end"}};
    EXPECT_EQ(run(one_call(server.address())).error().code, Errc::closed);
    EXPECT_EQ(run(one_call(server.address())).error().code, Errc::outcome_unknown);
    EXPECT_EQ(run(one_call(server.address())).error().code, Errc::outcome_unknown);
    const auto whole = run(one_call(server.address()));
    ASSERT_TRUE(whole) << whole.error().what;
    EXPECT_EQ(whole->body, "to the end");
}

TEST(HttpClient, TakesNoAnswerWithoutEnd) {
    ScriptedServer server{
        {"HTTP/1.1 200 OK\r\n\r\n" + std::string(Call{}.answer_bytes_max + 1, 'x')}};
    const auto answer = run(one_call(server.address()));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().what, "the answer has more than 8 MiB");
}

// All that the server sends, up to its end or its silence after the first piece.
Task<std::string> pieces_of(HostPort server, std::string target,
                            std::chrono::milliseconds silence) {
    const auto connection = co_await connect(server, long_enough);
    if (!connection) co_return connection.error();
    Call call{Method::get, target};
    const auto status = co_await (*connection)->begin(call, long_enough);
    if (!status) co_return status.error();
    std::string text = std::to_string(*status) + ": ";
    auto timeout = long_enough;
    for (;;) {
        const auto piece = co_await (*connection)->read_some(timeout);
        if (!piece) co_return text + "… " + std::string{name_of(piece.error().code)};
        if (piece->empty()) co_return text + ".";
        text += *piece;
        timeout = silence;
    }
}

TEST(HttpClient, ReadsAnAnswerAsItArrives) {
    RunningServer server;
    const HostPort at = address_of(server);
    EXPECT_EQ(*run(pieces_of(at, "/count", long_enough)), "200: 1 2 3 .");
    EXPECT_EQ(*run(pieces_of(at, "/feed", 50ms)), "200: first\n… timeout");
    ScriptedServer broken{{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"}};
    EXPECT_EQ(*run(pieces_of(broken.address(), "/", long_enough)), "200: short… unavailable");
}

}  // namespace
}  // namespace reef::http
