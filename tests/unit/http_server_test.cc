// The server over real sockets: what it answers, in which order, and when it closes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "http_fixture.hpp"

namespace reef::api {
namespace {

std::string get(std::string_view path, std::string_view fields = "") {
    std::string bytes = "GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n";
    return bytes.append(fields).append("\r\n");
}

std::string post(std::string_view body, std::string_view fields = "") {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string{fields} + "\r\n" + std::string{body};
}

std::string chunked(std::string_view chunks) {
    return "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{chunks};
}

struct Case {
    std::string bytes;
    int status;
};

TEST(HttpServer, RefusesInTheAppsShapeAndCloses) {
    RunningServer server;
    const std::string large(2 << 20, 'x');
    const std::vector<Case> cases{
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") + "x", 400},
        {get("/", "Content-Length: 1\r\nContent-Length: 1\r\n") + "x", 400},
        {get("/", "A: b\r\n c\r\n"), 400},
        {get("/", "A: b\n"), 400},
        {get("/", "A : b\r\n"), 400},
        {"\x16\x03\x01\x02", 400},
        {get("/" + std::string(9000, 'a')), 414},
        {get("/", "A: " + std::string(66'000, 'b') + "\r\n"), 431},
        {get("/", "Expect: more\r\n"), 417},
        {get("/", "Transfer-Encoding: gzip\r\n"), 501},
        {"GET / HTTP/2.0\r\n\r\n", 505},
        {get("/", "Content-Length: 1048577\r\n"), 413},
        {get("/", "Expect: 100-continue\r\nContent-Length: 1048577\r\n"), 413},
        {get("/", "Content-Length: 99999999999999999999999\r\n"), 413},
        {post(large), 413},
        {chunked("200000\r\n" + large), 413},
        {chunked("5\r\nhello!\r\n"), 400},
        {chunked("5\nhello\r\n"), 400},
        {"HEAD / HTTP/1.1\r\n\r\n", 400},
    };
    for (const Case& tried : cases) {
        // A good request behind it is not answered: who knows where it began.
        const std::string answer = exchange(server.port(), tried.bytes + get("/behind"));
        const std::string shown = tried.bytes.substr(0, 200);
        EXPECT_EQ(status_of(answer), tried.status) << shown;
        EXPECT_TRUE(body_of(answer).starts_with("refused: ")) << shown;
        EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << shown;
        EXPECT_EQ(answer.find("behind"), std::string::npos) << shown;
    }
}

// An ETag names each life of a store that wrote to the record.
TEST(HttpServer, ReadsALongIfMatch) {
    RunningServer server;
    const std::string tag = "If-Match: \"" + std::string(60'000, 'a') + "\"\r\n";
    EXPECT_EQ(status_of(exchange(server.port(), get("/", tag + "Connection: close\r\n"))), 200);
}

TEST(HttpServer, AnswersTheSameHoweverTheBytesWereCut) {
    RunningServer server;
    const std::string bytes = get("/a?b=c") + post("hello") +
                              chunked("5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: u\r\n\r\n") +
                              "HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n" + "\r\n" + get("/nothing") +
                              get("http://other/path") + get("/last", "Connection: close\r\n");
    const auto undated = [](std::string answers) {
        for (std::size_t at = 0; (at = answers.find("Date: ", at)) != std::string::npos;) {
            answers.erase(at, answers.find('\n', at) + 1 - at);
        }
        return answers;
    };
    const std::string whole = undated(exchange(server.port(), bytes));
    ASSERT_NE(whole.find("POST / [hello!]"), std::string::npos) << whole;
    ASSERT_TRUE(whole.ends_with("GET /last []")) << whole;

    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    for (int round = 0; round < 40; ++round) {
        RawClient client{server.port()};
        const std::size_t longest = round == 0 ? 1 : 1 + random() % 64;
        for (std::string_view rest = bytes; !rest.empty();) {
            const std::size_t size = std::min(rest.size(), 1 + random() % longest);
            client.send(rest.substr(0, size));
            rest.remove_prefix(size);
        }
        ASSERT_EQ(undated(client.read_to_end()), whole) << "pieces of up to " << longest;
    }
}

TEST(HttpServer, SendsAHeadAndABody) {
    RunningServer server;
    RawClient client{server.port()};
    client.send(get("/x"));
    const std::string answer = client.read_answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer;
    const std::size_t rest = answer.find(" GMT\r\n") + 6;
    EXPECT_EQ(answer.substr(rest),
              "Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nGET /x []");
}

TEST(HttpServer, AnswersHeadWithTheLengthOnly) {
    RunningServer server;
    RawClient client{server.port()};
    client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = client.read_answer(true);
    EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
    client.send("HEAD /feed HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_answer(true).ends_with("Transfer-Encoding: chunked\r\n\r\n"));
    client.send(get("/y"));
    EXPECT_EQ(body_of(client.read_answer()), "GET /y []");
}

TEST(HttpServer, GivesNoBodyToAStatusThatHasNone) {
    RunningServer server;
    RawClient client{server.port()};
    client.send(get("/nothing") + get("/y"));
    const std::string answer = client.read_answer();
    EXPECT_EQ(status_of(answer), 204);
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
    EXPECT_EQ(body_of(client.read_answer()), "GET /y []");
}

TEST(HttpServer, DoesNotBeginAWriteThatTheGatewayHasGivenUp) {
    RunningServer server;
    for (const bool by_gateway : {true, false}) {
        const int waiting = ShowingHandler::at_gate;
        ShowingHandler::gate_is_open = false;
        RawClient client{server.port()};
        client.send(get("/gate") + post("x", by_gateway ? "Atoll-Attempt: a1\r\n" : ""));
        EXPECT_TRUE(eventually([&] { return ShowingHandler::at_gate > waiting; }));
        client.finish();
        ShowingHandler::gate_is_open = true;
        const std::string answers = client.read_to_end();
        EXPECT_NE(answers.find("GET /gate []"), std::string::npos) << answers;
        EXPECT_EQ(answers.find("POST / [x]") == std::string::npos, by_gateway) << answers;
    }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
    RunningServer server;
    RawClient client{server.port()};
    client.send(get("/slow") + post("one") + get("/2") + chunked("3\r\nabc\r\n0\r\n\r\n"));
    for (const char* body : {"GET /slow []", "POST / [one]", "GET /2 []", "POST / [abc]"}) {
        EXPECT_EQ(body_of(client.read_answer()), body);
    }
}

TEST(HttpServer, KeepsAndClosesConnectionsAsAsked) {
    RunningServer server;
    EXPECT_TRUE(exchange(server.port(), get("/", "Connection: close\r\n")).ends_with("GET / []"));
    const std::string old = exchange(server.port(), "GET / HTTP/1.0\r\n\r\n");
    EXPECT_NE(old.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(old.ends_with("GET / []"));
    RawClient client{server.port()};
    for (int i = 0; i < 3; ++i) {
        client.send("GET /k HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        const std::string answer = client.read_answer();
        EXPECT_NE(answer.find("Connection: keep-alive\r\n"), std::string::npos);
        EXPECT_TRUE(answer.ends_with("GET /k []"));
    }
    client.finish();
    EXPECT_TRUE(client.is_closed());
}

TEST(HttpServer, AnswersAClientThatHasClosedItsHalf) {
    RunningServer server;
    RawClient client{server.port()};
    client.send(post("x"));
    client.finish();
    EXPECT_TRUE(client.read_to_end().ends_with("POST / [x]"));
}

TEST(HttpServer, AsksForTheBodyOfWhoeverWaitsToSendIt) {
    RunningServer server;
    RawClient client{server.port()};
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab");
    EXPECT_EQ(body_of(client.read_answer()), "POST / [ab]");
    client.send(post("ab", "Expect: 100-continue\r\n"));  // it has not waited
    EXPECT_EQ(body_of(client.read_answer()), "POST / [ab]");
}

TEST(HttpServer, TakesBodiesUpToTheLimit) {
    RunningServer server;
    RawClient client{server.port()};
    const std::string body(1 << 20, 'x');
    const std::string answer = "POST / [" + body + "]";
    client.send(post(body));
    EXPECT_TRUE(body_of(client.read_answer()) == answer);
    client.send(chunked("100000\r\n" + body + "\r\n0\r\n\r\n"));
    EXPECT_TRUE(body_of(client.read_answer()) == answer);
}

TEST(HttpServer, SendsALargeAnswerToASlowReader) {
    RunningServer server;
    RawClient client{server.port()};
    client.send(get("/large") + get("/y"));
    EXPECT_TRUE(body_of(client.read_answer()) == std::string(4 << 20, 'x'));
    EXPECT_EQ(body_of(client.read_answer()), "GET /y []");
}

TEST(HttpServer, AnswersAHandlersExceptionWith500) {
    RunningServer server;
    const std::string answer = exchange(server.port(), get("/throw"));
    EXPECT_EQ(status_of(answer), 500);
    EXPECT_EQ(body_of(answer), "refused: an unexpected error");
}

TEST(HttpServer, ListensOnBothLoopbackAddresses) {
    for (const char* host : {"127.0.0.1", "localhost", "::1", "::"}) {
        http::ServerOptions options = quick_options();
        options.host = host;
        RunningServer server{options};
        RawClient v4{server.port()};
        v4.send(get("/4"));
        EXPECT_EQ(body_of(v4.read_answer()), "GET /4 []") << host;
        RawClient v6{server.port(), "::1"};
        if (!v6.connected()) continue;  // this machine has no IPv6
        v6.send(get("/6"));
        EXPECT_EQ(body_of(v6.read_answer()), "GET /6 []") << host;
    }
}

TEST(HttpServer, SaysWhyItCannotListen) {
    RunningServer server;
    asio::io_context context;
    const auto handler = std::make_shared<ShowingHandler>();
    http::ServerOptions options;
    options.port = server.port();
    const auto taken = http::start_server(options, {&context}, {handler});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Errc::unavailable);
    EXPECT_EQ(taken.error().what, "cannot listen on 127.0.0.1:" + std::to_string(server.port()) +
                                      ": Address already in use");
    options.host = "here";
    const auto unknown = http::start_server(options, {&context}, {handler});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().what, "\"here\" is no address to listen on");
}

TEST(HttpServer, EndsWhatTakesTooLong) {
    http::ServerOptions options = quick_options();
    options.header_timeout = options.body_timeout = options.idle_timeout = 100ms;
    RunningServer server{options};
    EXPECT_EQ(exchange(server.port(), ""), "");  // silent from the start: nothing to answer
    // On a busy machine a client may come too late with its first byte: then it tries again.
    for (const std::string& cut :
         {std::string{"GET / HT"}, post("x").substr(0, post("x").size() - 1),
          chunked("5\r\nhel")}) {
        EXPECT_TRUE(eventually([&] { return status_of(exchange(server.port(), cut)) == 408; }));
    }
    std::unique_ptr<RawClient> idle;
    EXPECT_TRUE(eventually([&] {
        idle = std::make_unique<RawClient>(server.port());
        idle->send(get("/"));
        return status_of(idle->read_answer()) == 200;
    }));
    EXPECT_TRUE(idle->is_closed());
}

TEST(HttpServer, CountsTheHeaderDeadlineInTotal) {
    http::ServerOptions options = quick_options();
    options.header_timeout = 100ms;
    RunningServer server{options};
    // A byte now and then does not help. Who comes too late with the first one tries again.
    const auto trickled = [&] {
        RawClient client{server.port()};
        std::atomic<bool> answered = false;
        std::jthread trickle{[&] {
            client.send("GET / HTTP/1.1\r\nA: ");
            while (!answered) {
                client.send("a");
                std::this_thread::sleep_for(5ms);
            }
        }};
        const int status = status_of(client.read_answer());
        answered = true;
        return status;
    };
    EXPECT_TRUE(eventually([&] { return trickled() == 408; }));
}

TEST(HttpServer, GivesUpOnAClientThatTakesNothing) {
    http::ServerOptions options = quick_options();
    options.write_timeout = 50ms;
    RunningServer server{options};
    RawClient client{server.port()};
    for (int i = 0; i < 8; ++i)
        client.send(get("/large"));
    EXPECT_TRUE(eventually([&] { return server->counts().open == 0; }));
}

TEST(HttpServer, RefusesConnectionsBeyondItsCap) {
    http::ServerOptions options = quick_options();
    options.connections_max = 2;
    RunningServer server{options};
    auto first = std::make_unique<RawClient>(server.port());
    RawClient second{server.port()};
    for (RawClient* client : {first.get(), &second}) {
        client->send(get("/"));
        EXPECT_EQ(status_of(client->read_answer()), 200);
    }
    const std::string answer = exchange(server.port(), get("/"));
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
    EXPECT_EQ(server->counts().refused, 1U);
    first.reset();
    EXPECT_TRUE(eventually([&] { return server->counts().open == 1; }));
    EXPECT_EQ(status_of(exchange(server.port(), get("/", "Connection: close\r\n"))), 200);
}

// Opens files until this process may open no more.
class NoFilesLeft {
public:
    NoFilesLeft() {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit few = before_;
        few.rlim_cur = 200;
        setrlimit(RLIMIT_NOFILE, &few);
        int file = -1;
        while ((file = open("/dev/null", O_RDONLY)) >= 0)
            files_.push_back(file);
    }
    ~NoFilesLeft() {
        while (!files_.empty())
            close_one();
        setrlimit(RLIMIT_NOFILE, &before_);
    }
    void close_one() {
        close(files_.back());
        files_.pop_back();
    }

private:
    rlimit before_{};
    std::vector<int> files_;
};

TEST(HttpServer, AcceptsAgainWhenThereAreFileDescriptorsAgain) {
    RunningServer server;
    auto none_left = std::make_unique<NoFilesLeft>();
    none_left->close_one();
    const auto start = std::chrono::steady_clock::now();
    RawClient client{server.port()};  // takes the last one: accepting it fails
    client.send(get("/x"));
    ASSERT_TRUE(client.connected());
    EXPECT_TRUE(eventually([&] { return server->counts().accept_failures >= 5; }));
    // It pauses, it does not spin: two acceptors fail for the fifth time after two pauses.
    EXPECT_GT(std::chrono::steady_clock::now() - start, 150ms);
    none_left.reset();
    EXPECT_EQ(body_of(client.read_answer()), "GET /x []");
}

TEST(HttpServer, StreamsInChunks) {
    RunningServer server;
    RawClient client{server.port()};
    client.send(get("/count") + get("/y"));
    const std::string answer = client.read_answer();
    EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(client.read_answer(), "2\r\n1 \r\n2\r\n2 \r\n2\r\n3 \r\n0\r\n\r\n");
    EXPECT_EQ(body_of(client.read_answer()), "GET /y []");
    EXPECT_TRUE(exchange(server.port(), "GET /count HTTP/1.0\r\n\r\n").ends_with("\r\n\r\n1 2 3 "));
}

TEST(HttpServer, EndsAStreamWhoseClientHasGone) {
    RunningServer server;
    {
        RawClient client{server.port()};
        client.send(get("/feed"));
        ASSERT_TRUE(client.read_until("first\n"));
    }
    EXPECT_TRUE(eventually([&] { return server->counts().open == 0; }));
}

TEST(HttpServer, StopClosesWhatIsIdleAndEndsStreams) {
    RunningServer server;
    RawClient silent{server.port()};
    RawClient idle{server.port()};
    idle.send(get("/"));
    EXPECT_EQ(status_of(idle.read_answer()), 200);
    RawClient feed{server.port()};
    feed.send(get("/feed"));
    ASSERT_TRUE(feed.read_until("first\n"));
    std::jthread stopping{[&] { server->stop(60s); }};
    EXPECT_TRUE(silent.is_closed());
    EXPECT_TRUE(idle.is_closed());
    EXPECT_TRUE(feed.read_to_end().ends_with("first\n\r\n0\r\n\r\n"));
    stopping.join();
    EXPECT_FALSE(RawClient{server.port()}.connected());
}

TEST(HttpServer, DrainLeavesStreamsAlone) {
    RunningServer server;
    RawClient idle{server.port()};
    RawClient slow{server.port()};
    RawClient feed{server.port()};
    feed.send(get("/feed"));
    ASSERT_TRUE(feed.read_until("first\n"));
    ShowingHandler::gate_is_open = false;
    slow.send(get("/gate"));
    ASSERT_TRUE(eventually([] { return ShowingHandler::at_gate == 1; }));
    std::jthread draining{[&] { server->drain(60s); }};
    EXPECT_TRUE(idle.is_closed());
    ShowingHandler::gate_is_open = true;
    draining.join();
    EXPECT_EQ(status_of(slow.read_answer()), 200);
    EXPECT_FALSE(RawClient{server.port()}.connected());
    EXPECT_EQ(server->counts().open, 1U);
    server->stop(60s);
    EXPECT_TRUE(feed.read_to_end().ends_with("\r\n0\r\n\r\n"));
}

TEST(HttpServer, StopCutsWhatDoesNotEnd) {
    RunningServer server;
    RawClient hanging{server.port()};
    hanging.send(get("/hang"));
    RawClient half{server.port()};
    half.send("GET / HT");
    EXPECT_TRUE(eventually([&] { return server->counts().open == 2; }));
    server->stop(50ms);
    EXPECT_EQ(server->counts().open, 0U);
    EXPECT_EQ(hanging.read_to_end(), "");
    server->stop(0ms);  // a second one does nothing
}

// Each client sends one request after the other. Whatever was answered was answered whole, and the
// last answer says so. A request that the server never read may be lost, as on any HTTP connection.
TEST(HttpServer, StopUnderLoadFinishesWhatItHasBegun) {
    RunningServer server;
    std::atomic<int> answered = 0;
    std::atomic<int> broken = 0;
    std::vector<std::jthread> clients;
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&, i] {
            RawClient client{server.port()};
            for (;;) {
                client.send(get(i % 2 == 0 ? "/slow" : "/fast"));
                const std::string answer = client.read_answer();
                if (answer.empty()) return;
                if (!answer.ends_with(" []")) ++broken;
                ++answered;
                if (answer.find("Connection: close\r\n") == std::string::npos) continue;
                if (!client.is_closed()) ++broken;
                return;
            }
        });
    }
    EXPECT_TRUE(eventually([&] { return answered > 200; }));
    server->stop(60s);
    clients.clear();
    EXPECT_EQ(broken, 0);
    EXPECT_EQ(server->counts().open, 0U);
}

TEST(HttpServer, FinishesWhatItHasBegunBeforeItStops) {
    RunningServer server;
    RawClient idle{
        server.port()};  // one for each io thread: they say when it has heard of the stop
    RawClient other_idle{server.port()};
    ASSERT_TRUE(eventually([&] { return server->counts().open == 2; }));
    ShowingHandler::gate_is_open = false;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.port()));
        clients.back()->send(get("/gate"));
    }
    ASSERT_TRUE(eventually([&] { return ShowingHandler::at_gate == 20; }));
    std::jthread stopping{[&] { server->stop(60s); }};
    EXPECT_TRUE(idle.is_closed());
    EXPECT_TRUE(other_idle.is_closed());
    ShowingHandler::gate_is_open = true;
    for (auto& client : clients) {
        const std::string answer = client->read_to_end();
        EXPECT_EQ(body_of(answer), "GET /gate []");
        EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
    }
}

TEST(HttpServer, SurvivesMutatedRequests) {
    RunningServer server;
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    const std::vector<std::string> corpus{
        get("/a?b=c", "Connection: x\r\n"), post("hello", "Expect: 100-continue\r\n"),
        chunked("5;x\r\nhello\r\n0\r\nA: b\r\n\r\n"), get("http://a:1/b", "Content-Length: 0\r\n"),
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"};
    for (int round = 0; round < 2000; ++round) {
        const std::string& first = corpus[random() % corpus.size()];
        const std::string bytes = mutate(first + corpus[random() % corpus.size()], random);
        RawClient client{server.port()};
        client.send(bytes);
        client.finish();
        const std::string answers = client.read_to_end();  // throws when there is no close
        EXPECT_FALSE(client.was_reset()) << bytes;
        EXPECT_TRUE(answers.empty() || status_of(answers) >= 100) << answers;
    }
}

}  // namespace
}  // namespace reef::api
