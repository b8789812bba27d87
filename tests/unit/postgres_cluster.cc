#include "postgres_cluster.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "base/text/json.hpp"
#include "run.hpp"
#include "store/postgres/connection.hpp"
#include "temporary_folder.hpp"

namespace reef::store::test {

namespace {

using postgres::Command;
using postgres::Commands;
using postgres::Connection;

Task<std::string> first_value(std::string url, std::string sql) {
    asio::any_io_executor executor = co_await asio::this_coro::executor;
    const postgres::ConnectionOptions options{.url = url, .name = "atoll test"};
    auto connection = co_await Connection::open(executor, options);
    if (!connection) co_return connection.error();
    Commands commands;
    commands.push_back({sql, {}, false});
    auto answers = co_await (*connection)->run(std::move(commands));
    if (!answers) co_return answers.error();
    const postgres::Answer& answer = answers->back();
    co_return answer.rows() > 0 ? std::string{answer.text(0, 0)} : std::string{};
}

class Server {
public:
    Server() {
        const char* shared = std::getenv("ATOLL_TEST_POSTGRES");
        const bool own = !shared || !std::ifstream{shared};
        file_ = own ? folder_.file("postgres.json") : shared;
        if (own) control("start");
        own_ = own;
        std::ifstream in{file_};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        const auto known = parse_json(text);
        if (!known || !known->find("url")) throw std::runtime_error("no PostgreSQL: " + text);
        admin_url_ = known->find("url")->text;
        database_ = "test_" + std::to_string(::getpid());
        reef::test::value_of_task(first_value(admin_url_, "CREATE DATABASE " + database_));
        url_ = admin_url_.substr(0, admin_url_.rfind('/') + 1) + database_;
    }
    ~Server() {
        if (own_) {
            control("stop");
        } else {
            const std::string drop = "DROP DATABASE " + database_ + " WITH (FORCE)";
            (void)reef::test::run(first_value(admin_url_, drop));
        }
    }

    const std::string& url() const { return url_; }

private:
    void control(const std::string& verb) const {
        const std::string command =
            "python3 " REEF_SOURCE_DIR "/tests/postgres.py " + verb + ' ' + file_;
        if (std::system(command.c_str()) != 0) throw std::runtime_error(command + " failed");
    }

    reef::test::TemporaryFolder folder_;
    std::string file_;
    bool own_ = false;
    std::string admin_url_, database_, url_;
};

Server& server() {
    static Server one;
    return one;
}

}  // namespace

const std::string& postgres_url() {
    return server().url();
}

std::string run_sql(const std::string& sql) {
    return reef::test::value_of_task(first_value(postgres_url(), sql));
}

std::shared_ptr<void> hold_sql(const std::string& sql) {
    struct Held {
        asio::io_context context;
        std::shared_ptr<Connection> connection;
    };
    auto held = std::make_shared<Held>();
    const postgres::ConnectionOptions options{.url = postgres_url(), .name = "atoll test"};
    auto opening = Connection::open(held->context.get_executor(), options);
    auto opened = reef::test::run_on(held->context, std::move(opening));
    if (!opened) throw std::runtime_error(opened.error().what);
    held->connection = *opened;
    Commands commands;
    commands.push_back({"BEGIN"});
    commands.push_back({sql, {}, false});
    auto done = reef::test::run_on(held->context, held->connection->run(std::move(commands)));
    if (!done) throw std::runtime_error(done.error().what);
    return held;
}

}  // namespace reef::store::test
