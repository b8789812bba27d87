#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config_fixture.hpp"
#include "gateway/nginx.hpp"
#include "gateway/nginx_conf.hpp"
#include "replication/write_router.hpp"
#include "temporary_folder.hpp"

namespace reef::gateway {

namespace {

using config::App;
using config::Endpoint;

std::string text_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file, std::ios::binary}.rdbuf();
    return text.str();
}

App load(const std::string& name) {
    auto loaded = config::load_app(config::shipped(name), config::environment(), {"", true, false});
    EXPECT_EQ(config::text_of(loaded.mistakes), "");
    return *loaded.app;
}

// Two regions, as little as an app can be.
App small_app() {
    App app;
    app.name = "small";
    app.api.path = "/{region}";
    app.api.nodes_are = "region";
    for (const char* name : {"us", "eu"}) {
        config::Node& node = app.nodes.emplace_back();
        node.name = name;
        node.listen = {"127.0.0.1", static_cast<std::uint16_t>(8001 + app.api.nodes.size())};
        app.api.nodes.push_back(name);
    }
    app.gateway = config::Gateway{{"127.0.0.1", 8080}, false};
    return app;
}

// The block that begins with this line, to its closing brace; white space made even.
std::string block(const std::string& conf, const std::string& head) {
    const std::size_t at = conf.find(head + " {");
    if (at == conf.npos) return "none";
    std::size_t end = at;
    int depth = 0;
    do {
        end = conf.find_first_of("{}", end + 1);
        depth += conf[end] == '{' ? 1 : -1;
    } while (depth > 0);
    std::string even;
    for (const char c : conf.substr(at, end + 1 - at)) {
        const char space = c == '\n' ? ' ' : c;
        if (space != ' ' || !even.ends_with(' ')) even += space;
    }
    return even;
}

bool has(const std::string& conf, const std::string& part) {
    return conf.find(part) != conf.npos;
}

// nginx itself takes it.
std::string checked(const App& app, const GatewayOptions& options = {}) {
    std::string conf = nginx_conf(app, options);
    const auto good = check_nginx_conf(conf);
    EXPECT_TRUE(good) << (good ? "" : good.error().what) << conf;
    return conf;
}

class Golden : public testing::TestWithParam<const char*> {};

// To accept a change: ATOLL_WRITE_GOLDEN=1 build/tests/unit-tests, and read the difference.
TEST_P(Golden, ConfOfAnApp) {
    const std::string name = GetParam();
    const std::string golden = REEF_SOURCE_DIR "/tests/unit/gateway_golden/" + name + ".conf";
    const std::string conf = nginx_conf(load(name + ".toml"), {});
    if (std::getenv("ATOLL_WRITE_GOLDEN")) std::ofstream{golden, std::ios::binary} << conf;
    EXPECT_EQ(conf, text_of(golden));
}

INSTANTIATE_TEST_SUITE_P(GatewayConf, Golden, testing::Values("property-listing", "logistics"));

TEST(GatewayConf, NginxTakesEachApp) {
    GatewayOptions options;
    options.ipv6 = has_ipv6_loopback();
    if (::geteuid() == 0) options.temp_folder.clear();
    for (const char* app : {"property-listing.toml", "logistics.toml"})
        checked(load(app), options);
}

TEST(GatewayConf, NginxRefusesWhatIsNone) {
    const auto refused = check_nginx_conf("http { server { listen nowhere:x; } }");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_TRUE(has(refused.error().what, "nowhere")) << refused.error().what;
}

TEST(GatewayConf, NodesAreWhereTheyReallyListen) {
    GatewayOptions options;
    options.addresses["us"] = {{"127.0.0.1", 4001}, {"::1", 4002}};
    EXPECT_EQ(block(checked(small_app(), options), "upstream us"),
              "upstream us { zone us 64k;"
              " server 127.0.0.1:4001 max_fails=1 fail_timeout=1s;"
              " server [::1]:4002 max_fails=1 fail_timeout=1s;"
              " server 127.0.0.1:8002 backup max_fails=0 weight=1000000000;"
              " server 127.0.0.1:4001 backup max_fails=0;"
              " server [::1]:4002 backup max_fails=0;"
              " keepalive 512; keepalive_requests 100000; }");
    EXPECT_TRUE(has(nginx_conf(small_app(), options), "proxy_next_upstream_tries 3;"));
}

TEST(GatewayConf, AllProcessesOfANodeAreAsked) {
    App app = small_app();
    app.nodes[0].instances = {{"127.0.0.1", 8011}};
    const std::string conf = checked(app);
    EXPECT_TRUE(has(block(conf, "upstream us"), "server 127.0.0.1:8011 max_fails=1"));
    EXPECT_TRUE(has(block(conf, "upstream eu"), "server 127.0.0.1:8011 backup max_fails=0"));
    EXPECT_TRUE(has(conf, "proxy_next_upstream_tries 3;"));
}

TEST(GatewayConf, NodesAreWhereTheirUrlsSay) {
    App app = small_app();
    app.nodes[0].url = "http://localhost:7001";
    app.nodes[1].url = "http://[::1]";
    const std::string conf = checked(app);
    EXPECT_TRUE(has(conf, "server 127.0.0.1:7001 max_fails=1"));
    EXPECT_TRUE(has(conf, "server [::1]:80 max_fails=1"));
    app.nodes[0].url = "";
    app.nodes[0].listen = {"0.0.0.0", 9001};
    EXPECT_TRUE(has(checked(app), "server 127.0.0.1:9001 max_fails=1"));
}

TEST(GatewayConf, ListensOnBothLoopbacksOrOnWhatIsSaid) {
    GatewayOptions options;
    options.ipv6 = true;
    EXPECT_TRUE(has(nginx_conf(small_app(), options),
                    "listen 127.0.0.1:8080;\n        listen [::1]:8080;\n"));
    options.ipv6 = false;
    EXPECT_FALSE(has(nginx_conf(small_app(), options), "[::1]"));
    options.listen = Endpoint{"0.0.0.0", 80};
    EXPECT_TRUE(has(nginx_conf(small_app(), options), "        listen 0.0.0.0:80;\n"));
}

TEST(GatewayConf, WorkersMayHaveAUserOfTheirOwn) {
    GatewayOptions options;
    EXPECT_FALSE(has(nginx_conf(small_app(), options), "\nuser "));
    options.user = "www-data www-data";
    EXPECT_TRUE(has(nginx_conf(small_app(), options), "\nuser www-data www-data;\n"));
}

TEST(GatewayConf, TemporaryFilesMayLieWhereNginxHasThem) {
    GatewayOptions options;
    EXPECT_TRUE(has(nginx_conf(small_app(), options), "client_body_temp_path gateway/"));
    options.temp_folder.clear();
    EXPECT_FALSE(has(checked(small_app(), options), "_temp_path"));
}

TEST(GatewayConf, WorkersAreNeverRoot) {
    const auto user = worker_user("/");  // which is root's
    EXPECT_EQ(user.has_value(), ::geteuid() == 0);
    EXPECT_TRUE(!user || user->id != 0);
    const test::TemporaryFolder folder;
    const passwd* owner = ::getpwnam("daemon");
    if (!user || !owner || ::chown(folder.file("").c_str(), owner->pw_uid, 0) != 0) return;
    EXPECT_EQ(worker_user(folder.file(""))->name, "daemon");
}

TEST(GatewayConf, FilesAreWhereTheOptionsSay) {
    const std::string conf = nginx_conf(small_app(), {.folder = "run",
                                                      .temp_folder = "run/temp",
                                                      .access_log = "a.log",
                                                      .error_log = "e.log",
                                                      .listen = {},
                                                      .addresses = {},
                                                      .ipv6 = false});
    EXPECT_TRUE(has(conf, "pid run/nginx.pid;"));
    EXPECT_TRUE(has(conf, "client_body_temp_path run/temp/client_body;"));
    EXPECT_TRUE(has(conf, "access_log a.log atoll "));
    EXPECT_TRUE(has(conf, "error_log e.log "));
    EXPECT_FALSE(has(conf, "gateway/"));
    EXPECT_FALSE(has(conf, " /var/"));
}

TEST(GatewayConf, OwnAnswersAreWrappedAsTheAppSays) {
    App app = small_app();
    app.api.answers.problems.wrap_error =
        R"({"it's": "\\ $1", "message": <detail>, "error": <error>, )"
        R"("code": <code>})";
    const std::string conf = checked(app);
    EXPECT_TRUE(has(conf, "default_type application/json;"));
    EXPECT_EQ(block(conf, "location = /.problem/404"),
              "location = /.problem/404 { internal; return 404"
              R"( '{"it\'s":"\\\\ \\u00241","message":"the gateway passes nothing at this path",)"
              R"("error":"Not found","code":"not_found"}'; })");
}

TEST(GatewayConf, ARegionOfAnotherProgramIsAnsweredForByOurs) {
    App app = small_app();
    app.nodes[0].foreign = true;
    const std::string conf = checked(app);
    EXPECT_EQ(block(conf, "upstream us"), "none");
    EXPECT_FALSE(has(conf, ":8001"));
    EXPECT_TRUE(has(block(conf, "location /us/"), R"(set $group "eu"; set $region "us";)"));
}

TEST(GatewayConf, AnotherProgramIsAskedForItsOwnPathsWhereItsUrlIsKnown) {
    App app = small_app();
    app.nodes[0].foreign = true;
    app.nodes[0].url = "http://127.0.0.1:9000";
    const std::string conf = checked(app);
    EXPECT_TRUE(has(block(conf, "location /us/"), R"(set $group "us"; set $region "us";)"));
    const std::string us = block(conf, "upstream us");
    EXPECT_TRUE(has(us, "server 127.0.0.1:9000 max_fails=")) << us;
    EXPECT_TRUE(has(us, "server 127.0.0.1:8002 backup")) << us;
    EXPECT_FALSE(has(block(conf, "upstream eu"), ":9000")) << "it stands in for nobody";
    EXPECT_TRUE(has(block(conf, "location = /health"), R"(set $group "eu";)"));
}

TEST(GatewayConf, WhoIsSilentIsAskedAgainInTheOthersName) {
    App app = small_app();
    std::string conf = checked(app);
    EXPECT_TRUE(has(block(conf, "location /us/"), R"(set $region "us"; set $other "eu";)"));
    EXPECT_TRUE(has(block(conf, "location /eu/"), R"(set $region "eu"; set $other "us";)"));
    app.nodes[0].foreign = true;
    app.nodes[0].url = "http://127.0.0.1:9000";
    conf = checked(app);
    EXPECT_TRUE(has(block(conf, "location /us/"), R"(set $other "us";)"));
    EXPECT_TRUE(has(block(conf, "location /eu/"), R"(set $other "eu";)"))
        << "another program stands in for nobody";
    app.gateway->spread = true;
    EXPECT_TRUE(has(block(checked(app), "location /eu/"), R"(set $other "nodes";)"));
}

// Else a home that sleeps would cost each write a try of the gateway more.
TEST(GatewayConf, ANodeDecidesWithoutTheHomeBeforeItIsGivenUp) {
    const std::string conf = nginx_conf(load("property-listing.toml"), {});
    const std::string_view line = "proxy_read_timeout ";
    const std::size_t writes = conf.find("location @write");
    const int silent_ms = std::stoi(conf.substr(conf.find(line, writes) + line.size()));
    EXPECT_LE(replication::WriteTimeouts{}.carried + std::chrono::milliseconds{100},
              std::chrono::milliseconds{silent_ms});
}

TEST(GatewayConf, OneNodeIsEnough) {
    App app = small_app();
    app.nodes.pop_back();
    EXPECT_EQ(block(checked(app), "upstream us"),
              "upstream us { zone us 64k; server 127.0.0.1:8001 max_fails=1 fail_timeout=1s;"
              " server 127.0.0.1:8001 backup max_fails=0;"
              " keepalive 512; keepalive_requests 100000; }");
}

TEST(GatewayConf, PathsAreAsTheAppHasThem) {
    App app = small_app();
    model::Resource& resource = app.schema.resources.emplace_back();
    resource.name = "a.b";
    app.api.path = "/v1/{region}";
    std::string conf = checked(app);
    EXPECT_TRUE(has(conf, "location = /v1/eu {"));
    EXPECT_TRUE(has(block(conf, "location /v1/eu/"), R"(if ($request_uri !~ "^/v1/eu/"))"));
    EXPECT_TRUE(
        has(block(conf, "location = /v1/eu/a.b/changes"), R"(^/v1/eu/a\.b/changes([?]|$))"));

    app.api.path = "";
    app.gateway->spread = true;
    conf = checked(app);
    EXPECT_TRUE(has(block(conf, "location = /a.b"), R"(set $group "nodes";)"));
    EXPECT_TRUE(has(block(conf, "location /a.b/"), R"(set $group "nodes";)"));
    EXPECT_TRUE(has(block(conf, "location = /a.b/changes"), "proxy_buffering off;"));
}

TEST(GatewayConf, AnAppNeedsAGatewayOrAnAddress) {
    App app = small_app();
    app.gateway.reset();
    EXPECT_THROW(nginx_conf(app, {}), std::invalid_argument);
    GatewayOptions options;
    options.listen = Endpoint{"127.0.0.1", 1};
    EXPECT_TRUE(has(nginx_conf(app, options), "listen 127.0.0.1:1;"));
}

}  // namespace

}  // namespace reef::gateway
