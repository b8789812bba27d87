// Which storage a store lies on. A backup that is put back, and a copy that is started beside the
// original, lie elsewhere: they may lack writes that their node has told others, and must not give
// the numbers of these writes to other ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reef::store {

// Each part is "" where it is not known.
struct StorageIdentity {
    std::string cluster;   // PostgreSQL: the cluster's number and the database's
    std::string timeline;  // PostgreSQL: another one once a standby has taken over
    std::string table;     // PostgreSQL: pg_restore --clean makes the tables anew
    std::string file;      // SQLite: the file's number and birth. PostgreSQL: the cluster's folder

    bool operator==(const StorageIdentity&) const = default;
};

// The ledger's cursor that remembers it.
inline constexpr std::string_view identity_cursor = "identity";

std::string identity_text(const StorageIdentity& identity);
StorageIdentity parse_identity(std::string_view text);

enum class SameStorage : std::uint8_t {
    yes,       // as far as can be seen
    promoted,  // of the same cluster, on another timeline: a standby has taken over
    no,
};
SameStorage compare(const StorageIdentity& was, const StorageIdentity& is);

}  // namespace reef::store
