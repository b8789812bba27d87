#include "store/postgres/instance_lease.hpp"

#include "base/log.hpp"
#include "store/postgres/ledger.hpp"
#include "store/postgres/link.hpp"

namespace reef::store::postgres {

namespace {

// The holder gives a sign of life so often, and the others look for one. A holder that has been
// silent for more than a second loses the lease.
constexpr std::chrono::milliseconds beat{250};
constexpr const char* end_silent_sql =
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND classid = 0 AND objid = 7021974 AND objsubid = 1 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND state_change < clock_timestamp() - interval '1 s'";

ConnectionOptions listening(ConnectionOptions options) {
    options.name += " lease";
    options.settings.emplace_back("lock_timeout", "2s");
    options.settings.emplace_back("idle_in_transaction_session_timeout", "1s");
    options.answer_timeout = std::chrono::seconds{3};
    return options;
}

class PostgresLease final : public InstanceLease {
public:
    PostgresLease(const asio::any_io_executor& executor, const Schema& schema,
                  ConnectionOptions options)
        : schema_(schema), link_(executor, listening(std::move(options))) {}

    ~PostgresLease() override {
        if (connection_) connection_->close();
    }

    Task<LeaseUpdate> next(std::uint64_t known) override {
        if (connection_) co_await connection_->noticed(beat);
        auto connection = co_await link_.ready();
        if (!connection || *connection != connection_) lease_ = 0;  // it was the session's
        if (!connection) co_return connection.error();
        if (*connection != connection_) {
            connection_ = std::move(*connection);
            Commands listen;
            listen.push_back({"LISTEN " + std::string{notices}, {}, false});
            connection_->send(std::move(listen));
        }
        auto update = co_await check(known);
        if (!update) lease_ = 0;
        co_return update;
    }

private:
    Task<LeaseUpdate> check(std::uint64_t known) {
        Commands commands;
        commands.push_back(newest_command(known_));
        if (lease_ == 0) commands.push_back({take_lease_sql});
        if (lease_ == 0) commands.push_back({end_silent_sql});
        auto answers = co_await connection_->run(std::move(commands));
        if (!answers) co_return Error{Errc::unavailable, answers.error().what};
        if (has_gone_back(answers->front(), known_)) co_return gone_back(known_.number);
        auto newest = read_newest(schema_, answers->front(), known_);
        if (!newest) co_return Error{Errc::unavailable, newest.error().what};
        LeaseUpdate update;
        if (*newest) {
            known_ = (*newest)->mark;
            update.ledger = std::move((*newest)->ledger);
        }
        if (known_.number < known) co_return gone_back(known);
        if (lease_ == 0 && (*answers)[1].text(0, 0) == "t") {
            auto numbered = co_await number_lease();
            if (!numbered) co_return numbered.error();
            lease_ = *numbered;
        }
        update.lease = lease_;
        co_return update;
    }

    // Under the store's lock: no batch that knows an older number is saved after it.
    Task<std::uint64_t> number_lease() {
        Commands commands;
        commands.push_back({"BEGIN"});
        commands.push_back(lock_command());
        commands.push_back(
            {"INSERT INTO atoll_leases (number) SELECT coalesce(max(number), 0) + 1"
             " FROM atoll_leases RETURNING number"});
        commands.push_back({"COMMIT"});
        auto answers = co_await connection_->run(std::move(commands));
        if (!answers) {
            connection_->close();  // gives the lease up: another process can take it
            co_return Error{Errc::unavailable, answers.error().what};
        }
        co_return (*answers)[2].natural(0, 0);
    }

    const Schema& schema_;
    Link link_;
    std::shared_ptr<Connection> connection_;
    BatchMark known_;  // the newest one at the last look
    std::uint64_t lease_ = 0;
};

}  // namespace

const char* const take_lease_sql = "SELECT pg_try_advisory_lock(7021974)";

std::unique_ptr<InstanceLease> make_lease(asio::any_io_executor executor, const Schema& schema,
                                          ConnectionOptions options) {
    return std::make_unique<PostgresLease>(executor, schema, std::move(options));
}

}  // namespace reef::store::postgres
