#include "node/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "store/part_file.hpp"

namespace reef::node {

namespace {

namespace fs = std::filesystem;

store::StoreOptions store_of(const config::App& app, const config::Node& node,
                             const std::string& data) {
    store::StoreOptions options;
    options.node = node.name;
    options.url = node.database_url;
    options.file = (fs::path{data} / app.store_file_of(node.name)).string();
    return options;
}

std::string time_in_a_name() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    return {text, size};
}

// Of two restores within a second neither replaces what the other one has kept.
std::string unused_name(const std::string& name) {
    std::error_code none;
    std::string unused = name;
    for (int number = 2; fs::exists(unused, none); ++number)
        unused = name + '-' + std::to_string(number);
    return unused;
}

std::string first_bytes(const std::string& file, std::size_t count) {
    std::string bytes(count, '\0');
    std::ifstream stream{file, std::ios::binary};
    stream.read(bytes.data(), static_cast<std::streamsize>(count));
    bytes.resize(static_cast<std::size_t>(stream.gcount()));
    return bytes;
}

// A copy goes back into the kind of store that it is of. invalid: it does not, or there is none.
Result<void> check_kind(const config::Node& node, const std::string& copy) {
    std::error_code none;
    if (!fs::exists(copy, none)) return Error{Errc::invalid, "there is no file " + copy};
    const bool is_dump = first_bytes(copy, 5) == "PGDMP";
    const bool is_file = first_bytes(copy, 6) == "SQLite";
    const bool on_postgres = !node.database_url.empty();
    if (is_dump && !on_postgres) {
        return Error{Errc::invalid, copy + " is a copy of a PostgreSQL database, and " + node.name +
                                        " is on SQLite here: DATABASE_URL says where its database "
                                        "is"};
    }
    if (is_file && on_postgres) {
        return Error{Errc::invalid, copy + " is a copy of an SQLite store, and " + node.name +
                                        " is on PostgreSQL here"};
    }
    return {};
}

}  // namespace

Result<store::CopyContents> back_up(const config::App& app, const config::Node& node,
                                    const std::string& data, const store::BackupOptions& options) {
    const auto from = store_of(app, node, data);
    if (!from.url.empty()) return store::back_up_postgres(app.schema, from, options);
    std::error_code none;
    if (!fs::exists(from.file, none)) {
        return Error{Errc::unavailable, "there is no store " + from.file +
                                            ": --data says which folder it is in, and DATABASE_URL "
                                            "where it is if it is on PostgreSQL"};
    }
    return store::back_up_sqlite(app.schema, from, options);
}

Result<RestoreResult> restore(const config::App& app, const config::Node& node,
                              const std::string& data, const std::string& copy, bool keep) {
    if (auto good = check_kind(node, copy); !good) return good.error();
    const auto to = store_of(app, node, data);
    const bool is_file = to.url.empty();
    const std::string was = is_file ? to.file : (fs::path{data} / (node.name + ".dump")).string();
    const std::string keep_as = unused_name(was + ".before-restore-" + time_in_a_name());
    const store::RestoreOptions options{.copy = copy, .keep_as = keep ? keep_as : ""};
    const auto restored = is_file ? store::restore_sqlite(app.schema, to, options)
                                  : store::restore_postgres(app.schema, to, options);
    if (!restored) return restored.error();
    return RestoreResult{restored->contents, restored->kept ? keep_as : ""};
}

Result<void> let_go_on_alone(const config::Node& node, const std::string& data) {
    const fs::path file = fs::path{data} / "marks" / (node.name + ".alone");
    const auto failed = [&file] {
        return Error{Errc::unavailable, file.string() + ": " + std::strerror(errno)};
    };
    std::error_code none;
    fs::create_directories(file.parent_path(), none);
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) return failed();
    const bool done = ::fsync(descriptor) == 0;
    const Error error = failed();
    ::close(descriptor);
    if (!done) return error;
    return store::sync_folder_of(file.string());
}

}  // namespace reef::node
