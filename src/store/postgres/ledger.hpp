// The ledger as it lies in the database: each batch adds a row to atoll_batches that says all of
// it, and the newest is the one that counts. Nothing is updated in place: a row that changes with
// every batch would grow a version for each as long as anybody's transaction is open.
//
// The row also has the batch's token. Who knows the newest token knows the ledger, and whether a
// batch whose commit was cut off is there.
#pragma once

#include <optional>
#include <string>

#include "store/ledger.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

extern const char* const batches_sql;  // its table, and the row that batches lock
extern const char* const leases_sql;   // the table of leases, for a database that has none
extern const char* const notices;      // the channel

struct BatchMark {
    std::uint64_t number = 0;
    std::int64_t token = 0;  // random
    bool operator==(const BatchMark&) const = default;
};

// A row of atoll_batches.
struct BatchRow {
    BatchMark mark;
    Ledger ledger;
    std::uint64_t log_bytes = 0;     // the sum of the log's JSON
    std::uint64_t last_request = 0;  // the number of the request id saved last
    // What the events add up to, or more: one that was saved again counts twice. Absent where the
    // batch is of a process of an earlier version: then they are counted.
    std::optional<std::uint64_t> event_bytes = {};
};

Command lock_command();  // the store's one lock, until the transaction's end
// The newest batch: its whole state, or only its mark when it is the one that is known.
Command newest_command(const BatchMark& known);
// Whether the known batch is gone, or another one has its number: a standby took over that lacked
// it, or a backup was put back. Peers may know changes that are missing here: their numbers must
// not be given to other changes.
bool has_gone_back(const Answer& newest, const BatchMark& known);
Error gone_back(std::uint64_t known);  // `broken`
// Under which lease changes of peers are applied: in the same answer, whatever token is known.
std::uint64_t read_lease(const Answer& newest);
// Absent: the known one. invalid: another program wrote it.
Result<std::optional<BatchRow>> read_newest(const Schema& schema, const Answer& answer,
                                            const BatchMark& known);
// The columns `ledger` and `digests` of a row, read.
Result<BatchRow> batch_row_from(const Schema& schema, std::string_view ledger,
                                std::string_view digests);
// Fails with `conflict` unless both are still as they are known.
Command unchanged_command(std::int64_t token, std::uint64_t lease);
// Tells the node's other processes that there is a new batch, when it is committed. Its answer says
// in column notice_mark how the rows of this batch are marked.
inline constexpr int notice_mark = 2;
Command notice_command(const std::string& process);
// The newest batch once more under a new token, unless there is the one that this names.
Command fence_command(const BatchMark& unless, std::int64_t token);
Command save_command(const Schema& schema, const BatchRow& row);
Command forget_command(std::uint64_t from, std::uint64_t before);  // old ones

// The origins of the newest batch, as a subquery with the column `origin`.
extern const char* const origins_sql;

}  // namespace reef::store::postgres
