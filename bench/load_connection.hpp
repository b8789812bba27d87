// One keep-alive connection with at most one request under way, and the records that only it
// writes: so it knows their versions and each of its PUTs can succeed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load_options.hpp"

namespace reef::bench {

// splitmix64: fast, and good enough for ids and prices.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }

private:
    std::uint64_t state_;
};

enum class Asked : std::uint8_t {
    version,  // GET of an own record, to learn its version; not measured
    read,     // GET of any record, or of a list
    write,    // PUT of an own record
    create,   // POST of a new one
};

enum class Receipt : std::uint8_t { partial, complete, lost };

class Connection {
public:
    // Connects (throws LoadError). Of the options' ids it owns each connections-th one, from the
    // index-th. The options outlive it.
    Connection(const LoadOptions& options, std::uint32_t index, std::uint64_t seed);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int socket() const { return socket_; }
    Asked asked() const { return asked_; }  // last
    int status() const { return status_; }  // of the last answer
    // After the start, and after a PUT that was refused for its version.
    bool must_ask_version() const { return unknown_ > 0; }

    void ask_version();  // of the next own record whose version is unknown
    void read();
    void write();
    void read_or_write();  // by the share of writes
    void create();
    void list();

    // Reads what has come. complete: status() is set, versions are kept up to date.
    Receipt receive();

    std::int64_t begun_ns = 0;  // the caller's: when the request was sent, or should have been

private:
    struct Record {
        std::int64_t id = 0;
        std::int64_t version = 0;  // 0: unknown
    };

    void connect();
    void send_get(std::int64_t id);
    void send(Asked asked);
    void append_request_id();
    void append_new_body();
    void append_new_price(const Record& record);
    void finish(std::string_view body);

    const LoadOptions& options_;
    const std::string tail_;  // of a request line, with the headers that all have
    int socket_ = -1;
    Random random_;
    std::vector<Record> records_;
    std::size_t unknown_ = 0;             // records without a version
    std::size_t current_ = 0;             // the record asked for or written
    const std::uint64_t request_prefix_;  // of sequential request ids
    std::uint64_t request_count_ = 0;
    Asked asked_ = Asked::version;
    bool waiting_ = false;  // for an answer
    int status_ = 0;
    std::string request_;
    std::string body_;
    std::vector<char> received_;
    std::size_t received_bytes_ = 0;
};

}  // namespace reef::bench
