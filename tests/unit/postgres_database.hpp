// A PostgreSQL store with the contract's schema, and what another program can do beside it.
#pragma once

#include "postgres_cluster.hpp"
#include "store_contract.hpp"

namespace reef::store::test {

class PostgresDatabase : public testing::Test {
protected:
    PostgresDatabase() { open(true); }

    Result<std::unique_ptr<Store>> try_open(bool fresh = false, const std::string& node = "us",
                                            const std::string& incarnation = "k3f9") {
        return open_postgres(schema_, {.file = "",
                                       .url = postgres_url(),
                                       .node = node,
                                       .incarnation = incarnation,
                                       .fresh = fresh});
    }

    void open(bool fresh = false, const std::string& incarnation = "k3f9") {
        reader_.reset();
        writer_.reset();
        store_.reset();
        auto store = try_open(fresh, "us", incarnation);
        if (!store) throw std::runtime_error(store.error().what);
        store_ = std::move(*store);
        writer_ = store_->open_writer(context_.get_executor());
        reader_ = store_->open_reader(context_.get_executor());
    }

    template <class T>
    Result<T> run(Task<T> work) {
        return reef::test::run_on(context_, std::move(work));
    }

    Result<LoadResult> begin(const std::vector<Row>& rows) {
        LoadRequest wanted;
        for (const Row& row : rows)
            wanted.records.push_back(row.ref());
        return run(writer_->begin(std::move(wanted)));
    }

    Result<void> commit(const LoadResult& loaded, const std::vector<Row>& rows) {
        WriteSet saved;
        saved.ledger = loaded.ledger;
        for (const Row& row : rows)
            saved.rows.push_back({row, hash_of_row(schema_, row)});
        return run(writer_->commit(std::move(saved)));
    }

    Result<void> save(const std::vector<Row>& rows) {
        auto loaded = begin(rows);
        if (!loaded) return loaded.error();
        return commit(*loaded, rows);
    }

    std::optional<Row> get(std::int64_t id) {
        auto row = run(reader_->get({thing, Key{id}}));
        return row ? *row : std::nullopt;
    }

    // The server ends all connections of this process's database but the one that asks.
    static void end_connections() {
        run_sql(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }

    Schema schema_ = contract_schema();
    asio::io_context context_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<Reader> reader_;
};

}  // namespace reef::store::test
