#include <boost/asio/use_future.hpp>
#include <future>
#include <random>

#include "store/postgres/connection.hpp"
#include "store/postgres/instance_lease.hpp"
#include "store/postgres/reader.hpp"
#include "store/postgres/schema.hpp"
#include "store/postgres/writer.hpp"
#include "store/store.hpp"

namespace reef::store {

namespace {

using postgres::Connection;
using postgres::ConnectionOptions;

class PostgresStore final : public Store {
public:
    PostgresStore(const Schema& schema, ConnectionOptions options, StorageIdentity identity,
                  bool durable)
        : schema_(schema),
          statements_(postgres::make_statements(schema)),
          options_(std::move(options)),
          identity_(std::move(identity)),
          durable_(durable) {}

    std::unique_ptr<Writer> open_writer(asio::any_io_executor on) override {
        ConnectionOptions options = options_;
        if (!durable_) options.settings.emplace_back("synchronous_commit", "off");
        return postgres::make_writer(on, schema_, statements_, options);
    }
    std::unique_ptr<Reader> open_reader(asio::any_io_executor on) override {
        return postgres::make_reader(on, schema_, statements_, options_);
    }

    std::unique_ptr<InstanceLease> open_lease(asio::any_io_executor on) override {
        return postgres::make_lease(on, schema_, options_);
    }

    StorageIdentity identity() const override { return identity_; }

private:
    const Schema schema_;
    const std::vector<postgres::RowStatements> statements_;
    const ConnectionOptions options_;
    const StorageIdentity identity_;
    const bool durable_;
};

Task<StorageIdentity> prepare(asio::any_io_executor executor, ConnectionOptions connection_options,
                              const Schema& schema, const StoreOptions& options) {
    // Old tables may be big, and their rules are checked on every row.
    connection_options.settings.emplace_back("statement_timeout", "0");
    connection_options.answer_timeout = std::chrono::hours{1};
    auto connection = co_await Connection::open(executor, std::move(connection_options));
    if (!connection) co_return connection.error();
    auto identity = co_await postgres::prepare_database(**connection, schema, options);
    co_return identity;
}

std::string random_name() {
    std::random_device random;
    return std::to_string(random()) + '.' + std::to_string(random());
}

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(const Schema& schema, StoreOptions options) {
    if (auto good = postgres::check_url(options.url); !good) return good.error();
    const ConnectionOptions connection{
        .url = options.url, .name = "atoll " + options.node, .process = random_name()};
    asio::io_context context;
    auto prepared = asio::co_spawn(
        context, prepare(context.get_executor(), connection, schema, options), asio::use_future);
    context.run();
    auto identity = prepared.get();
    if (!identity) return identity.error();
    return std::unique_ptr<Store>{std::make_unique<PostgresStore>(
        schema, connection, std::move(*identity), !options.replica)};
}

}  // namespace reef::store
