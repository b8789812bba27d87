#include "store/backup.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "store/part_file.hpp"
#include "store/sqlite/conflict_log.hpp"
#include "store/sqlite/ledger.hpp"
#include "store/sqlite/lock.hpp"
#include "store/sqlite/schema.hpp"

namespace reef::store {

namespace {

namespace fs = std::filesystem;

using sqlite::Connection;
using sqlite::Statement;

Error refused(Errc code, const std::string& what) {
    return {code, what};
}

// An open read transaction: all that is read and copied is of the moment at which it began.
Result<void> begin_reading(Connection& connection) {
    return connection.run("BEGIN; SELECT count(*) FROM sqlite_schema");
}

Result<StoreFacts> facts_of(Connection& connection) {
    StoreFacts facts;
    Statement tables{connection, "SELECT 1 FROM sqlite_schema WHERE name = 'atoll_meta'"};
    const auto ours = tables.step();
    if (!ours) return ours.error();
    tables.reset();
    if (!*ours) return facts;
    Statement statement{connection,
                        "SELECT name, CAST(value AS TEXT) FROM atoll_meta"
                        " WHERE name IN ('format', 'node') OR name LIKE 'fields.%'"};
    for (;;) {
        const auto found = statement.step();
        if (!found) return found.error();
        if (!*found) return facts;
        facts.emplace(statement.text(0), statement.text(1));
    }
}

// What is missing where somebody copied a store's file with cp while the node ran.
std::string hint_for(const std::string& file, const StoreFacts& facts) {
    if (!facts.empty()) return "";
    return "; a bare copy of " + file + " may lack what was in " + file +
           "-wal: take copies with `atoll backup`";
}

Result<void> check_store(Connection& connection, const Schema& schema, const std::string& node,
                         const std::string& file) {
    const auto facts = facts_of(connection);
    if (!facts) return facts.error();
    const auto good = check_facts(schema, node, *facts, sqlite::format, file);
    if (!good) return Error{good.error().code, good.error().what + hint_for(file, *facts)};
    return {};
}

Result<CopyContents> contents_of(Connection& connection, const Schema& schema) {
    sqlite::LedgerTable table{connection, schema};
    const auto ledger = table.load();
    if (!ledger) return ledger.error();
    CopyContents contents;
    contents.origin = ledger->self;
    contents.position = ledger->received();
    for (const auto& [resource, sums] : ledger->digests)
        contents.records += sums.rows;
    return contents;
}

Result<void> copy_pages(Connection& from, const std::string& file, const BackupOptions& options) {
    const auto to = Connection::open(file, {});
    if (!to) return to.error();
    // The file is made durable when it is whole, and is not looked at before.
    if (auto done = (*to)->run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"); !done)
        return done;
    sqlite3_backup* copy = sqlite3_backup_init((*to)->handle(), "main", from.handle(), "main");
    if (!copy) return (*to)->error(sqlite3_errcode((*to)->handle()));
    for (;;) {
        const int code = sqlite3_backup_step(copy, static_cast<int>(options.piece_pages));
        if (code != SQLITE_OK) break;
        if (options.progress) {
            const auto of = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy));
            const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(copy));
            options.progress(of - left, of);
        }
    }
    const int code = sqlite3_backup_finish(copy);
    if (code != SQLITE_OK) return (*to)->error(code);
    return {};
}

// Reads every page. The copy is one file from then on: it no longer says that there is a -wal.
Result<void> check_pages(const std::string& file) {
    const auto connection = Connection::open(file, {});
    if (!connection) return connection.error();
    Statement one_file{**connection, "PRAGMA journal_mode = DELETE"};
    if (auto done = one_file.run(); !done) return done;
    Statement check{**connection, "PRAGMA quick_check(1)"};
    const auto found = check.step();
    if (!found) return found.error();
    if (*found && check.text(0) == "ok") return {};
    return refused(Errc::invalid, file + " is damaged: " + std::string{check.text(0)});
}

// Copies a store, or a copy of one, to `part`. `from` names it in messages.
Result<CopyContents> copy_store(const Schema& schema, const std::string& node,
                                const std::string& from, const PartFile& part,
                                const BackupOptions& options) {
    const auto source = Connection::open(from, {.read_only = true});
    if (!source) return source.error();
    if (auto done = begin_reading(**source); !done) return done.error();
    if (auto good = check_store(**source, schema, node, from); !good) return good.error();
    auto contents = contents_of(**source, schema);
    if (!contents) return contents;
    if (auto done = copy_pages(**source, part.path(), options); !done) return done.error();
    if (auto good = check_pages(part.path()); !good) return good.error();
    contents->bytes = fs::file_size(part.path());
    return contents;
}

Result<void> link_if_there(const std::string& file, const std::string& as) {
    if (::link(file.c_str(), as.c_str()) == 0 || errno == ENOENT) return {};
    return refused(Errc::unavailable, as + ": " + std::strerror(errno));
}

// Of what is no database any more SQLite would throw the -wal away.
bool begins_as_database(const std::string& file) {
    constexpr std::string_view magic = "SQLite format 3";
    std::string bytes(512, '\0');
    std::ifstream stream{file, std::ios::binary};
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return stream && bytes.starts_with(magic);
}

// Leaves what is there as one file, where that can still be done, and gives it a second name.
Result<bool> keep(const std::string& file, const std::string& as) {
    std::error_code none;
    if (as.empty() || !fs::exists(file, none)) return false;
    if (begins_as_database(file)) {
        const auto old = Connection::open(file, {});
        if (old) static_cast<void>((*old)->run("PRAGMA journal_mode = DELETE"));
    }
    if (auto done = link_if_there(file, as); !done) return done.error();
    if (fs::exists(file + "-wal", none)) {
        if (auto done = link_if_there(file + "-wal", as + "-wal"); !done) return done.error();
    }
    if (auto done = sync_folder_of(as); !done) return done.error();
    return true;
}

}  // namespace

Result<CopyContents> back_up_sqlite(const Schema& schema, const StoreOptions& store,
                                    const BackupOptions& options) {
    if (auto free = check_name(options); !free) return free.error();
    auto part = PartFile::begin(options.copy);
    if (!part) return part.error();
    auto contents = copy_store(schema, store.node, store.file, *part, options);
    if (!contents) return contents;
    if (auto done = part->finish(); !done) return done.error();
    return contents;
}

Result<Restored> restore_sqlite(const Schema& schema, const StoreOptions& store,
                                const RestoreOptions& options) {
    std::error_code none;
    if (fs::equivalent(options.copy, store.file, none))
        return refused(Errc::invalid, options.copy + " is the store itself");
    fs::create_directories(fs::path{store.file}.parent_path(), none);
    const auto lock = sqlite::FileLock::take(store.file);
    if (!lock) return lock.error();
    auto part = PartFile::begin(store.file);
    if (!part) return part.error();
    Restored restored;
    auto contents = copy_store(schema, store.node, options.copy, *part, {});
    if (!contents) return contents.error();
    restored.contents = *contents;
    const auto kept = keep(store.file, options.keep_as);
    if (!kept) return kept.error();
    restored.kept = *kept;
    // Before the exchange: SQLite would take the old log for the new file's.
    for (const char* ending : {"-wal", "-shm"})
        fs::remove(store.file + ending, none);
    if (auto done = sync_folder_of(store.file); !done) return done.error();
    if (auto done = part->finish(); !done) return done.error();
    return restored;
}

}  // namespace reef::store
