// The ledger: one small state that changes with every batch. It says how far each origin's log is
// known here, which numbers were given, and what the rows add up to.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/task.hpp"
#include "model/change.hpp"
#include "store/runs.hpp"

namespace reef::store {

using namespace model;

// Sums of row hashes, tombstones included. A row's bucket is hash_of(key text).low % buckets.
inline constexpr std::size_t digest_buckets = 64;
struct Digest {
    std::array<Hash128, digest_buckets> buckets{};
    std::uint64_t rows = 0;  // living records
    bool operator==(const Digest&) const = default;
};

struct OriginMark {              // how far one origin's log is known here
    std::uint64_t received = 0;  // all up to this one are in the log and can be relayed
    std::uint64_t applied = 0;   // of all up to this one none is parked
    Hash128 hash;                // running hash of its log up to `received`
    bool operator==(const OriginMark&) const = default;
};

// Cursors that say what a store began with. `takeover`: rows that other programs had written are
// being added to the digests. `taken_over`: they were, so many times. `seed`: the app's seed was
// loaded.
inline constexpr std::string_view takeover_cursor = "takeover";
inline constexpr std::string_view taken_over_cursor = "taken_over";
inline constexpr std::string_view seed_cursor = "seed";

// Where a life of a store has ended: it has `last` writes, and its log that running hash.
struct EndedLife {
    std::uint64_t last = 0;
    Hash128 hash;
    bool operator==(const EndedLife&) const = default;
};
// Cursors that say so. Nothing beyond `last` is taken of a life that has ended. One that is retired
// as well is known to all, and in no position that nodes and clients hear.
std::string ended_cursor(std::string_view origin);
std::string retired_cursor(std::string_view origin);
std::string ended_text(const EndedLife& ended);  // "200 9f31…"
std::optional<EndedLife> parse_ended(std::string_view text);

// The cursor of an open claim, by name_of_value(): see model/claim.hpp.
std::string claim_cursor(std::string_view value);

struct Ledger {
    OriginId self;                                        // name and incarnation
    Stamp stamp;                                          // the highest one given here
    std::map<OriginId, OriginMark, std::less<>> origins;  // self among them
    std::map<ResourceId, std::int64_t> next_id;           // the next number of this node
    std::map<ResourceId, Digest> digests;
    std::map<std::string, std::string> cursors;  // broker and publisher marks
    // Where several processes share the store: the number of the newest batch, which tells the
    // later of two ledgers, and the number of the lease under which changes of peers are applied.
    // Else both are 0.
    std::uint64_t batch = 0;
    std::uint64_t lease = 0;
    // The dead letters by (source, seq), each with its record if that could be read. The store
    // fills this from the letters themselves, whatever a batch sets here.
    std::map<Dot, std::optional<RecordRef>> parked;
    std::uint64_t seq() const { return origins.at(self).received; }
    // Names the rows that were taken over, which are in no log: "us.k3f9/1", and another name after
    // each further takeover. "" when there are none.
    std::string before() const;
    Runs runs() const;
    bool seeded() const { return cursors.contains(std::string{seed_cursor}); }
    Position received() const;
    Position applied() const;
    bool has_claims() const;
    std::size_t claims() const;
    std::optional<EndedLife> ended(std::string_view origin) const;
    bool is_retired(std::string_view origin) const;
    std::map<OriginId, EndedLife> ended() const;  // all of them, the retired too
    Position retired() const;                     // of each: its last
    // As others hear it: of the retired ones nothing is said.
    Position without_retired(Position position) const;
    // Whether all of this life is here, and nothing else, and no dead letter of it.
    bool is_complete(std::string_view origin, const EndedLife& ended) const;
};

class LedgerReader {
public:
    virtual ~LedgerReader() = default;
    // As of the newest batch that is durable. unavailable: the database is away.
    virtual Task<Ledger> ledger() = 0;
};

}  // namespace reef::store
