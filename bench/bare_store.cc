#include "bare_store.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace reef::bench {
namespace {

constexpr const char* origin = "us.k3f9";

constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS properties(
    id INTEGER PRIMARY KEY, price INTEGER NOT NULL, bedrooms INTEGER, bathrooms INTEGER,
    region_origin TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1, updated_at INTEGER NOT NULL,
    atoll_vector TEXT NOT NULL DEFAULT '', atoll_state TEXT NOT NULL DEFAULT '',
    atoll_hash BLOB);
CREATE INDEX IF NOT EXISTS properties_region_origin ON properties(region_origin);
CREATE INDEX IF NOT EXISTS properties_updated_at ON properties(updated_at);
CREATE TABLE IF NOT EXISTS atoll_log(
    origin TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, change TEXT NOT NULL,
    hash BLOB NOT NULL, PRIMARY KEY(origin, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS atoll_requests(
    id TEXT PRIMARY KEY, origin TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
    record TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS atoll_ledger(one INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS shipments(
    id INTEGER PRIMARY KEY, tracking_number TEXT NOT NULL, origin TEXT NOT NULL,
    destination TEXT NOT NULL, weight REAL NOT NULL, status TEXT NOT NULL,
    warehouse_id INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    atoll_vector TEXT NOT NULL DEFAULT '', atoll_state TEXT NOT NULL DEFAULT '',
    atoll_hash BLOB);
CREATE TABLE IF NOT EXISTS Product(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL, stock INTEGER NOT NULL,
    createdAt TEXT NOT NULL, updatedAt TEXT NOT NULL, atoll_vector TEXT NOT NULL DEFAULT '',
    atoll_state TEXT NOT NULL DEFAULT '', atoll_hash BLOB);
CREATE INDEX IF NOT EXISTS shipments_tracking_number ON shipments(tracking_number);
CREATE INDEX IF NOT EXISTS shipments_warehouse_id ON shipments(warehouse_id);
INSERT OR IGNORE INTO atoll_ledger VALUES(1, 0);
)";

constexpr const char* select_row =
    "SELECT price, bedrooms, bathrooms, region_origin, version, updated_at "
    "FROM properties WHERE id = ?1";

// A checkpoint stops the writer for as long as it takes; every 16 MB (not SQLite's 4) it is worth
// its two fsyncs and still short.
constexpr const char* writer_pragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=4000;";

// Rows i = 1 … ?1 with prices and rooms that differ, the first half of them in us.
constexpr const char* seed_rows = R"(
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
INSERT INTO properties(id, price, bedrooms, bathrooms, region_origin, updated_at, atoll_hash)
SELECT i, 5000000 + i * 7919 % 95000000, 1 + i % 5, 1 + i % 3,
    iif(i <= ?1 / 2, 'us', 'eu'), 1767268800000000, zeroblob(16)
FROM n WHERE NOT EXISTS (SELECT 1 FROM properties))";

// Those that bench/products.py makes of the app's.
constexpr const char* seed_products = R"(
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
INSERT INTO Product(id, name, price, stock, createdAt, updatedAt, atoll_vector, atoll_state,
    atoll_hash)
SELECT '' || i, 'Desk lamp ' || i, 24.9 + i, i,
    '2026-01-01T12:00:00.000Z', '2026-01-01T12:00:00.000Z', 'primary.k3f9ab:' || i || ':1',
    '{"life":"1 primary.k3f9ab:' || i || '@1767268800000000","stamps":{},"counters":{"stock":' ||
    '{"primary.k3f9ab":[' || i || ',"primary.k3f9ab:' || i || '@1767268800000000"]}}}',
    zeroblob(16)
FROM n WHERE NOT EXISTS (SELECT 1 FROM Product))";

constexpr const char* select_products =
    "SELECT id, name, price, stock, createdAt, updatedAt FROM Product ORDER BY id LIMIT ?1";

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

void check(sqlite3* database, int code) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    std::fprintf(stderr, "bare-limit: %s\n", sqlite3_errmsg(database));
    std::_Exit(1);
}

void execute(const Database& database, const char* sql) {
    check(database.get(), sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr));
}

Statement prepare(const Database& database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(database.get(), sqlite3_prepare_v3(database.get(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                                             &statement, nullptr));
    return Statement{statement};
}

Database open_database(const std::string& file, const char* pragmas) {
    sqlite3* opened = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
    Database database{opened};
    check(database.get(), code);
    execute(database, pragmas);
    return database;
}

// The caller keeps the bytes until the statement has run.
void bind_text(const Statement& statement, int index, std::string_view text) {
    sqlite3_bind_text(statement.get(), index, text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
}

void bind_blob(const Statement& statement, int index, std::string_view bytes) {
    sqlite3_bind_blob(statement.get(), index, bytes.data(), static_cast<int>(bytes.size()),
                      SQLITE_STATIC);
}

void run(const Database& database, const Statement& statement) {
    check(database.get(), sqlite3_step(statement.get()));
    check(database.get(), sqlite3_reset(statement.get()));
}

std::optional<std::int64_t> optional_column(const Statement& statement, int column) {
    if (sqlite3_column_type(statement.get(), column) == SQLITE_NULL) return std::nullopt;
    return sqlite3_column_int64(statement.get(), column);
}

std::optional<Property> find_row(const Database& database, const Statement& select,
                                 std::int64_t id) {
    sqlite3_stmt* row = select.get();
    sqlite3_bind_int64(row, 1, id);
    const int code = sqlite3_step(row);
    check(database.get(), code);
    std::optional<Property> found;
    if (code == SQLITE_ROW) {
        found.emplace();
        found->id = id;
        found->cents = sqlite3_column_int64(row, 0);
        found->bedrooms = optional_column(select, 1);
        found->bathrooms = optional_column(select, 2);
        found->region_origin = reinterpret_cast<const char*>(sqlite3_column_text(row, 3));
        found->version = sqlite3_column_int64(row, 4);
        found->updated_us = sqlite3_column_int64(row, 5);
    }
    sqlite3_reset(row);
    return found;
}

std::int64_t now_us() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string_view text_column(sqlite3_stmt* row, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

void append_product(std::string& json, sqlite3_stmt* row) {
    json += R"({"id":)";
    append_text(json, text_column(row, 0));
    json += R"(,"name":)";
    append_text(json, text_column(row, 1));
    json += R"(,"price":)";
    append_number(json, sqlite3_column_double(row, 2));
    json += R"(,"stock":)";
    append_integer(json, sqlite3_column_int64(row, 3));
    json += R"(,"createdAt":")";
    json += text_column(row, 4);
    json += R"(","updatedAt":")";
    json += text_column(row, 5);
    json += R"("})";
}

class SqliteReader final : public BareReader {
public:
    explicit SqliteReader(const std::string& file)
        : database_(open_database(file, "PRAGMA query_only=1; PRAGMA cache_size=-4096;")),
          select_(prepare(database_, select_row)),
          products_(prepare(database_, select_products)) {}

    std::optional<Property> get(std::int64_t id) override {
        return find_row(database_, select_, id);
    }

    void list_products(std::string& json, std::int64_t limit) override {
        sqlite3_stmt* row = products_.get();
        sqlite3_bind_int64(row, 1, limit);
        json += R"({"success":true,"data":[)";
        int code = sqlite3_step(row);
        for (bool first = true; code == SQLITE_ROW; code = sqlite3_step(row), first = false) {
            if (!first) json += ',';
            append_product(json, row);
        }
        check(database_.get(), code);
        sqlite3_reset(row);
        json += R"(],"message":"Products retrieved successfully"})";
    }

private:
    const Database database_;
    const Statement select_;
    const Statement products_;
};

class SqliteWriter final : public BareWriter {
public:
    explicit SqliteWriter(const std::string& file)
        : database_(open_database(file, writer_pragmas)) {
        execute(database_, tables);
        begin_ = prepare(database_, "BEGIN IMMEDIATE");
        commit_ = prepare(database_, "COMMIT");
        select_ = prepare(database_, select_row);
        update_ = prepare(database_,
                          "UPDATE properties SET price = ?2, version = ?3, updated_at = ?4, "
                          "atoll_vector = ?5, atoll_state = ?6, atoll_hash = ?7 WHERE id = ?1");
        log_ = prepare(database_, "INSERT INTO atoll_log VALUES(?1, ?2, ?3, ?4, ?5)");
        request_ = prepare(database_, "INSERT INTO atoll_requests VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        shipment_ = prepare(database_,
                            "INSERT INTO shipments VALUES(?1, ?2, ?3, ?4, ?5, 'created', ?6, ?7, "
                            "?7, ?8, ?9, ?10)");
        ledger_ = prepare(database_, "UPDATE atoll_ledger SET seq = ?1");
        const Statement last = prepare(database_, "SELECT seq FROM atoll_ledger");
        check(database_.get(), sqlite3_step(last.get()));
        seq_ = sqlite3_column_int64(last.get(), 0);
    }

    void seed(std::int64_t rows) override {
        for (const char* seed : {seed_rows, seed_products}) {
            const Statement insert = prepare(database_, seed);
            sqlite3_bind_int64(insert.get(), 1, rows);
            run(database_, insert);
        }
    }

    void begin() override { run(database_, begin_); }

    std::optional<Property> put(const Put& put) override {
        auto row = find_row(database_, select_, put.id);
        if (!row) return std::nullopt;
        row->cents = put.cents;
        row->version += 1;
        row->updated_us = now_us();
        seq_ += 1;
        save_row(*row);
        save_change(*row, put);
        if (!put.request_id.empty()) save_request(*row, put);
        return row;
    }

    void post(Shipment& shipment) override {
        seq_ += 1;
        shipment.id = 16 * seq_ - 15;  // as Atoll numbers them
        shipment.created_us = now_us();
        save_shipment(shipment);
        save_creation(shipment);
    }

    void commit() override {
        sqlite3_bind_int64(ledger_.get(), 1, seq_);
        run(database_, ledger_);
        run(database_, commit_);
    }

private:
    void save_row(const Property& row);
    void save_change(const Property& row, const Put& put);
    void save_request(const Property& row, const Put& put);
    void save_shipment(const Shipment& row);
    void save_creation(const Shipment& row);
    void save_log_entry(std::int64_t at);

    const Database database_;
    Statement begin_;
    Statement commit_;
    Statement select_;
    Statement update_;
    Statement log_;
    Statement request_;
    Statement shipment_;
    Statement ledger_;
    std::int64_t seq_ = 0;
    std::string vector_;
    std::string state_;
    std::string change_;
    std::string time_;
};

constexpr std::string_view no_hash{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16};

void append_dot(std::string& out, std::int64_t seq) {
    out += origin;
    out += ':';
    append_integer(out, seq);
}

void append_stamp(std::string& out, std::int64_t seq, std::int64_t time_us) {
    append_dot(out, seq);
    out += '@';
    append_integer(out, time_us);
}

// What Atoll keeps beside the seven columns: when each field was written, and by which write.
void append_state(std::string& out, const Property& row, std::int64_t seq) {
    out +=
        R"({"life":"1 base:0@0","stamps":{"bathrooms":"base:0@0","bedrooms":"base:0@0","price":")";
    append_stamp(out, seq, row.updated_us);
    out += R"(","region_origin":"base:0@0"}})";
}

void SqliteWriter::save_row(const Property& row) {
    vector_ = "base:0:1,";
    append_dot(vector_, seq_);
    vector_ += ':';
    append_integer(vector_, row.version - 1);
    state_.clear();
    append_state(state_, row, seq_);
    sqlite3_bind_int64(update_.get(), 1, row.id);
    sqlite3_bind_int64(update_.get(), 2, row.cents);
    sqlite3_bind_int64(update_.get(), 3, row.version);
    sqlite3_bind_int64(update_.get(), 4, row.updated_us);
    bind_text(update_, 5, vector_);
    bind_text(update_, 6, state_);
    bind_blob(update_, 7, no_hash);
    run(database_, update_);
}

// About 600 bytes, as the change of Atoll's wire format: the whole row after the write, its stamps,
// and what made it.
void SqliteWriter::save_change(const Property& row, const Put& put) {
    change_ = R"({"stamp":")";
    append_stamp(change_, seq_, row.updated_us);
    change_ += R"(","kind":"update","resource":"properties","row":)";
    append_json(change_, row);
    change_ += R"(,"vector":")";
    change_ += vector_;
    change_ += R"(","state":)";
    change_ += state_;
    change_ += R"(,"written":["price"],"request":{"ids":["id:)";
    change_ += put.request_id;
    change_ += R"("],"body":"5d41402abc4b2a76b9719d911017c592"},"headers":{},)";
    change_ += R"("schema":"7d793037a0760186574b0282f2f435e7"})";
    save_log_entry(row.updated_us);
}

void SqliteWriter::save_log_entry(std::int64_t at) {
    bind_text(log_, 1, origin);
    sqlite3_bind_int64(log_.get(), 2, seq_);
    sqlite3_bind_int64(log_.get(), 3, at);
    bind_text(log_, 4, change_);
    bind_blob(log_, 5, no_hash);
    run(database_, log_);
}

void SqliteWriter::save_shipment(const Shipment& row) {
    vector_.clear();
    append_dot(vector_, seq_);
    vector_ += ":1";
    state_ = R"({"life":"1 )";
    append_stamp(state_, seq_, row.created_us);
    state_ += R"(","stamps":{}})";
    time_.clear();
    append_time(time_, row.created_us);
    sqlite3_bind_int64(shipment_.get(), 1, row.id);
    bind_text(shipment_, 2, row.tracking_number);
    bind_text(shipment_, 3, row.origin);
    bind_text(shipment_, 4, row.destination);
    sqlite3_bind_double(shipment_.get(), 5, row.weight);
    sqlite3_bind_int64(shipment_.get(), 6, row.warehouse_id);
    bind_text(shipment_, 7, time_);
    bind_text(shipment_, 8, vector_);
    bind_text(shipment_, 9, state_);
    bind_blob(shipment_, 10, no_hash);
    run(database_, shipment_);
}

// As Atoll logs it, with the header that the app keeps.
void SqliteWriter::save_creation(const Shipment& row) {
    change_ = R"({"stamp":")";
    append_stamp(change_, seq_, row.created_us);
    change_ += R"(","kind":"create","resource":"shipments","schema":"297f08561aeffe32","at":)";
    append_integer(change_, row.created_us);
    change_ += R"(,"written":["tracking_number","origin","destination","weight","warehouse_id"],)";
    change_ += R"("request":{"ids":[],"attempt":"","body":"e90f5f28aa3ea7b0b257d5eb570086d2"},)";
    change_ += R"("headers":{"operation-name":"create-shipment"},"row":{"key":)";
    append_integer(change_, row.id);
    change_ += R"(,"vector":")";
    change_ += vector_;
    change_ += R"(","fields":{)";
    append_fields(change_, row);
    change_ += R"(},"state":)";
    change_ += state_;
    change_ += "}}";
    save_log_entry(row.created_us);
}

void SqliteWriter::save_request(const Property& row, const Put& put) {
    std::string record = "properties/";
    append_integer(record, row.id);
    bind_text(request_, 1, put.request_id);
    bind_text(request_, 2, origin);
    sqlite3_bind_int64(request_.get(), 3, seq_);
    sqlite3_bind_int64(request_.get(), 4, row.updated_us);
    bind_text(request_, 5, record);
    bind_blob(request_, 6, no_hash);
    run(database_, request_);
}

}  // namespace

std::unique_ptr<BareReader> open_bare_reader(const std::string& file) {
    return std::make_unique<SqliteReader>(file);
}

std::unique_ptr<BareWriter> open_bare_writer(const std::string& file) {
    // SQLite counts its memory under one mutex that all threads would share.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return std::make_unique<SqliteWriter>(file);
}

}  // namespace reef::bench
