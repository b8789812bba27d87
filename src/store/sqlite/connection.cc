#include "store/sqlite/connection.hpp"

#include <sqlite3.h>

#include <mutex>
#include <utility>

#include "store/columns.hpp"

namespace reef::store::sqlite {

namespace {

// A batch waits so long for a person's program that writes into the file; then it fails.
constexpr int busy_timeout_ms = 2000;

// SQLite shortens the write-ahead log's file to this size when it starts the log again.
constexpr std::int64_t log_bytes_kept = 64 << 20;

// SQLite's memory statistics take a lock, shared by all threads, at every allocation.
void configure_library() {
    static std::once_flag once;
    std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

Errc code_of(int code, bool read_only) {
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
            return Errc::rejected;
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return read_only ? Errc::unavailable : Errc::broken;
        default:
            return Errc::unavailable;
    }
}

}  // namespace

Connection::Connection(sqlite3* handle, std::string file, bool read_only)
    : handle_(handle), file_(std::move(file)), read_only_(read_only) {
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    // With "double-quoted strings" on, SQLite takes a misspelt column's name for a text.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    // Also switches the automatic checkpoints off: they use the same hook.
    sqlite3_wal_hook(
        handle_,
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<Connection*>(self)->wal_pages_ = pages;
            return SQLITE_OK;
        },
        this);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& file,
                                                     ConnectionOptions options) {
    configure_library();
    sqlite3* handle = nullptr;
    const int access =
        options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int code = sqlite3_open_v2(file.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) {
        const std::string why = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
        sqlite3_close(handle);
        return Error{Errc::unavailable, "cannot open the store " + file + ": " + why};
    }
    std::unique_ptr<Connection> connection{new Connection{handle, file, options.read_only}};
    // secure_delete is on in Debian's build; it writes zeros over all that is removed.
    auto done = connection->run(
        "PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;"
        "PRAGMA synchronous = " +
        std::string{options.durable ? "FULL" : "NORMAL"} + "; PRAGMA cache_size = -" +
        std::to_string(options.cache_kib) +
        "; PRAGMA mmap_size = " + std::to_string(options.mmap_bytes) +
        "; PRAGMA journal_size_limit = " + std::to_string(log_bytes_kept));
    if (!done) return done.error();
    return connection;
}

Connection::~Connection() {
    sqlite3_close_v2(handle_);
}

Result<void> Connection::run(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return {};
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

Error Connection::error(int code) const {
    std::string what = "the store " + file_ + ": " + sqlite3_errmsg(handle_);
    if ((code & 0xff) == SQLITE_IOERR) what += " (code " + std::to_string(code) + ')';
    return {code_of(code, read_only_), std::move(what)};
}

Result<bool> Connection::checkpoint() {
    int pages = 0;
    int copied = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
    if (code == SQLITE_BUSY) return false;
    if (code != SQLITE_OK) return error(code);
    const bool all = copied >= pages;
    if (all) wal_pages_ = 0;
    return all;
}

Statement::Statement(Connection& connection, std::string sql)
    : connection_(connection), sql_(std::move(sql)) {}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      sql_(std::move(other.sql_)),
      statement_(std::exchange(other.statement_, nullptr)),
      failed_(other.failed_) {}

bool Statement::prepared() {
    if (statement_) return true;
    if (failed_) return false;
    failed_ = sqlite3_prepare_v3(connection_.handle(), sql_.data(), static_cast<int>(sql_.size()),
                                 SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
    return failed_ == SQLITE_OK;
}

void Statement::note(int code) {
    if (code != SQLITE_OK && !failed_) failed_ = code;
}

Statement& Statement::bind_integer(int at, std::int64_t number) {
    if (prepared()) note(sqlite3_bind_int64(statement_, at, number));
    return *this;
}

Statement& Statement::bind(int at, double number) {
    if (prepared()) note(sqlite3_bind_double(statement_, at, number));
    return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
    // An empty view may hold a null pointer, which SQLite binds as NULL.
    const char* data = text.data() ? text.data() : "";
    if (prepared()) {
        note(sqlite3_bind_text64(statement_, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
    }
    return *this;
}

Statement& Statement::bind_copy(int at, std::string_view text) {
    const char* data = text.data() ? text.data() : "";
    if (prepared()) {
        note(sqlite3_bind_text64(statement_, at, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    }
    return *this;
}

Statement& Statement::bind_blob(int at, std::string_view bytes) {
    const char* data = bytes.data() ? bytes.data() : "";
    if (prepared()) note(sqlite3_bind_blob64(statement_, at, data, bytes.size(), SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind(int at, const Hash128& hash) {
    const std::string bytes = bytes_of(hash);
    if (prepared()) {
        note(sqlite3_bind_blob64(statement_, at, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
    }
    return *this;
}

Statement& Statement::bind(int at, const model::Key& key) {
    if (const auto* number = std::get_if<std::int64_t>(&key)) return bind(at, *number);
    return bind(at, std::string_view{std::get<std::string>(key)});
}

Statement& Statement::bind_null(int at) {
    if (prepared()) note(sqlite3_bind_null(statement_, at));
    return *this;
}

Result<bool> Statement::step() {
    if (!prepared() || failed_) {
        Error error = connection_.error(failed_);
        reset();
        return error;
    }
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    Error error = connection_.error(code);
    reset();
    return error;
}

Result<void> Statement::run() {
    const Rewind rewind{*this};
    for (;;) {
        const auto row = step();
        if (!row) return row.error();
        if (!*row) return {};
    }
}

void Statement::reset() {
    if (statement_) sqlite3_reset(statement_);
    failed_ = SQLITE_OK;
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string_view Statement::text(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return {data ? data : "", static_cast<std::size_t>(size)};
}

Hash128 Statement::hash(int column) const {
    return hash_from(text(column));
}

model::Key Statement::key(int column) const {
    if (sqlite3_column_type(statement_, column) == SQLITE_INTEGER) return integer(column);
    return std::string{text(column)};
}

// One thread uses a connection, so that a value may be looked at without SQLite's lock on it.
model::Column Statement::column(int at) const {
    using Kind = model::Column::Kind;
    sqlite3_value* value = sqlite3_column_value(statement_, at);
    switch (sqlite3_value_type(value)) {
        case SQLITE_NULL:
            return {};
        case SQLITE_INTEGER:
            return {.kind = Kind::integer, .integer = sqlite3_value_int64(value)};
        case SQLITE_FLOAT:
            return {.kind = Kind::real, .real = sqlite3_value_double(value)};
        default:
            break;
    }
    const auto* data = static_cast<const char*>(sqlite3_value_blob(value));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
    return {.kind = Kind::text, .text = {data ? data : "", size}};
}

Transaction::Transaction(Connection& connection)
    : begin_reading(connection, "BEGIN"),
      begin_writing(connection, "BEGIN IMMEDIATE"),
      commit(connection, "COMMIT"),
      rollback(connection, "ROLLBACK") {}

}  // namespace reef::store::sqlite
