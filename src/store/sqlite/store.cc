#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/lock.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/writer.hpp"

namespace reef::store {

namespace {

class SqliteStore final : public Store {
public:
    SqliteStore(const Schema& schema, StoreOptions options, sqlite::FileLock lock,
                std::unique_ptr<sqlite::Connection> connection)
        : schema_(schema),
          options_(std::move(options)),
          lock_(std::move(lock)),
          connection_(std::move(connection)) {}

    std::unique_ptr<Writer> open_writer(asio::any_io_executor) override {
        auto writer = sqlite::make_writer(*connection_, schema_);
        if (!writer) throw std::runtime_error(writer.error().what);
        return std::move(*writer);
    }

    std::unique_ptr<Reader> open_reader(asio::any_io_executor) override {
        auto connection = sqlite::Connection::open(options_.file, {.read_only = true});
        if (!connection) throw std::runtime_error(connection.error().what);
        return sqlite::make_reader(std::move(*connection), schema_);
    }

    // A copy is another file, born later. The file's number is not enough: the next file may get
    // it.
    StorageIdentity identity() const override {
        struct statx facts {};
        if (::statx(AT_FDCWD, options_.file.c_str(), 0, STATX_INO | STATX_BTIME, &facts) != 0) {
            return {};
        }
        StorageIdentity identity;
        if ((facts.stx_mask & STATX_BTIME) == 0) return identity;
        identity.file = std::to_string(facts.stx_ino) + '/' +
                        std::to_string(facts.stx_btime.tv_sec) + '.' +
                        std::to_string(facts.stx_btime.tv_nsec);
        return identity;
    }

private:
    const Schema schema_;
    const StoreOptions options_;
    const sqlite::FileLock lock_;
    // The writer's. As the last one to close it leaves the file alone, without its log.
    const std::unique_ptr<sqlite::Connection> connection_;
};

// Under the lock: nobody has them open.
void remove_files(const std::string& file) {
    for (const char* ending : {"", "-wal", "-shm"})
        std::filesystem::remove(file + ending);
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const Schema& schema, StoreOptions options) {
    auto lock = sqlite::FileLock::take(options.file);
    if (!lock) return lock.error();
    if (options.fresh) remove_files(options.file);
    auto connection = sqlite::Connection::open(
        options.file, {.cache_kib = options.cache_kib, .durable = !options.replica});
    if (!connection) return connection.error();
    if (auto done = sqlite::prepare_file(**connection, schema, options); !done) {
        return done.error();
    }
    return std::unique_ptr<Store>{std::make_unique<SqliteStore>(
        schema, std::move(options), std::move(*lock), std::move(*connection))};
}

}  // namespace reef::store
