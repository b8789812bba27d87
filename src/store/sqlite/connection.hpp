// One connection to a SQLite file, and statements on it. Used by one thread at a time. Errors come
// as Errc by what the caller does about them: `rejected` when a constraint refused a row,
// `unavailable` when nothing happened (disk full, locked by another program), `broken` when a
// writing connection's storage failed.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "model/record_columns.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace reef::store::sqlite {

struct ConnectionOptions {
    bool read_only = false;
    std::uint64_t cache_kib = 2 << 10;
    std::uint64_t mmap_bytes = 0;
    bool durable = true;  // else the last commits may be lost with the machine, and no others
};

class Connection {
public:
    // The file is created when it does not exist, unless the connection only reads.
    static Result<std::unique_ptr<Connection>> open(const std::string& file,
                                                    ConnectionOptions options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Result<void> run(const std::string& sql);  // any number of statements, without results
    sqlite3* handle() const { return handle_; }
    bool in_transaction() const;
    Error error(int code) const;  // of the call that has just failed with this code

    // Pages in the write-ahead log after the latest commit of this connection.
    int wal_pages() const { return wal_pages_; }
    // Copies what it can into the database file without waiting for readers; true when it was all.
    Result<bool> checkpoint();

private:
    Connection(sqlite3* handle, std::string file, bool read_only);

    sqlite3* const handle_;
    const std::string file_;
    const bool read_only_;
    int wal_pages_ = 0;
};

// Prepared at its first use and kept. Parameters are numbered from 1, columns from 0. An error in a
// bind is told by the next step(). What step() returned true for must be read before the next step,
// and reset() must follow: nothing may stay open between two calls from outside (see Rewind).
class Statement {
public:
    Statement(Connection& connection, std::string sql);
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;

    Statement& bind(int at, std::integral auto number) {
        return bind_integer(at, static_cast<std::int64_t>(number));
    }
    Statement& bind(int at, double number);
    Statement& bind(int at, std::string_view text);  // which must live until reset()
    Statement& bind_copy(int at, std::string_view text);
    Statement& bind_blob(int at, std::string_view bytes);  // which must live until reset()
    Statement& bind(int at, const Hash128& hash);          // as 16 bytes
    Statement& bind(int at, const model::Key& key);        // which must live until reset()
    Statement& bind_null(int at);

    Result<bool> step();  // a row, or the end
    Result<void> run();   // to the end, and reset
    void reset();

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const;  // or bytes; valid until the next step
    Hash128 hash(int column) const;           // {} for null
    model::Key key(int column) const;         // by what was stored: an integer, or a text
    model::Column column(int at) const;       // its text: valid until the next step

private:
    Statement& bind_integer(int at, std::int64_t number);
    bool prepared();
    void note(int code);

    Connection& connection_;
    std::string sql_;
    sqlite3_stmt* statement_ = nullptr;
    int failed_ = 0;  // the first error since reset()
};

// Resets a statement at the end of a scope.
class Rewind {
public:
    explicit Rewind(Statement& statement) : statement_(statement) {}
    ~Rewind() { statement_.reset(); }
    Rewind(const Rewind&) = delete;
    Rewind& operator=(const Rewind&) = delete;

private:
    Statement& statement_;
};

// The statements that open and end a transaction.
struct Transaction {
    explicit Transaction(Connection& connection);
    Statement begin_reading, begin_writing, commit, rollback;
};

}  // namespace reef::store::sqlite
