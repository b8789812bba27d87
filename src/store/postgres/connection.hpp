// One connection to a PostgreSQL database, in libpq's pipeline mode, on one executor and used from
// its thread alone. Nothing blocks: what several coroutines ask is sent at once, and each resumes
// with its own answers.
//
// Errors come as Errc by what the caller does about them: `rejected` when the database refused what
// a row holds, `conflict` when that may be because another program has changed it meanwhile,
// `locked` when another program has locked one, `unavailable` for everything else.
// After `unavailable` lost() tells whether the connection is gone; then it may be that the commands
// were carried out.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "store/postgres/address.hpp"
#include "store/postgres/parameters.hpp"

struct pg_result;

namespace reef::store::postgres {

struct Command {
    std::string sql;
    Parameters parameters = {};
    bool prepare = true;  // once per connection; false for what is sent once
};
using Commands = std::vector<Command>;

// What one command returned. Columns and rows are numbered from 0.
class Answer {
public:
    explicit Answer(pg_result* result);

    int rows() const;
    bool is_null(int row, int column) const;
    std::string_view text(int row, int column) const;  // "" for null; lives as long as this
    std::int64_t integer(int row, int column) const;
    std::uint64_t natural(int row, int column) const;
    std::string bytes(int row, int column) const;  // of a bytea
    Hash128 hash(int row, int column) const;       // {} for null
    Time time(int row, int column) const;
    Key key(int row, int column, const Field& field) const;
    std::uint64_t affected() const;  // rows written

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};
using Answers = std::vector<Answer>;

struct ConnectionOptions {
    std::string url;
    std::string name;          // shown in pg_stat_activity: "atoll us writer"
    std::string process = {};  // by which notices of this process are known; random
    // SET at once: "plan_cache_mode", "force_generic_plan"; beside those that every one has.
    std::vector<std::pair<std::string, std::string>> settings = {};
    std::chrono::milliseconds connect_timeout{3'000};
    // No answer for so long: the other side is gone. Longer than any statement_timeout.
    std::chrono::milliseconds answer_timeout{12'000};
};

class Connection {
public:
    static Task<std::shared_ptr<Connection>> open(asio::any_io_executor executor,
                                                  ConnectionOptions options);
    virtual ~Connection() = default;

    // Sends the commands and one sync, and returns an answer for each. The first that fails ends
    // them all: outside of a transaction nothing of them has happened then.
    virtual Task<Answers> run(Commands commands) = 0;
    // The same when nobody waits.
    virtual void send(Commands commands) = 0;
    virtual bool lost() = 0;  // looks at the socket, too

    // After a LISTEN: waits for a notice of another process, or at most so long. One at a time.
    virtual asio::awaitable<void> noticed(std::chrono::milliseconds at_most) = 0;
    // Ends it at once, with whatever its session holds.
    virtual void close() = 0;
};

}  // namespace reef::store::postgres
