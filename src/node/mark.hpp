// What a node remembers of its store in another folder: a store that comes back from yesterday does
// not know what it lacks, and this does. A mark that is missing is no evidence of anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "store/ledger.hpp"

namespace reef::node {

struct Mark {
    model::OriginId origin;
    std::uint64_t run_number = 0;  // the process that wrote this: see store::Runs
    std::string run;
    std::uint64_t seq = 0;                    // the store had this many writes, at least …
    Hash128 hash;                             // … with this running hash
    std::map<std::string, std::int64_t> ids;  // by resource: those below may have been given
    bool operator==(const Mark&) const = default;
};

std::string to_text(const Mark& mark);
std::optional<Mark> parse_mark(std::string_view text);
std::optional<Mark> read_mark(const std::string& file);

// Writes the mark as the store moves. On the database's thread, but for begin() and end().
class MarkKeeper {
public:
    MarkKeeper(std::string file, const model::Schema& schema, Clock& clock);

    // From now on, for this process. unavailable: the file cannot be written.
    Result<void> begin(const store::Ledger& ledger, const std::string& run);
    // Before a batch is saved: ids beyond those that the mark names are reserved in steps. The file
    // is on the disk then. unavailable: it is not, and the batch must not be saved.
    Result<void> reserve(const store::Ledger& ledger);
    // After it: once a second the file follows. It may be lost with the machine's power.
    void follow(const store::Ledger& ledger);
    void end(const store::Ledger& ledger);

    const Mark& mark() const { return mark_; }

private:
    Result<void> write(bool durably);
    void take(const store::Ledger& ledger);

    const std::string file_;
    const model::Schema& schema_;
    Clock& clock_;
    Mark mark_;
    bool begun_ = false;
    std::int64_t step_ = 0;  // of reserving: larger, the more often it is due
    std::chrono::nanoseconds reserved_{0};
    std::chrono::nanoseconds written_{0};
};

}  // namespace reef::node
