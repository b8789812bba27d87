// A store keeps one node's rows, its log, and what the committer must remember. It loads and saves;
// it decides nothing, so that SQLite and PostgreSQL cannot differ in behaviour.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/task.hpp"
#include "model/captured.hpp"

namespace reef::store {

using namespace model;

// What a batch must know before anything is decided. Duplicates are harmless.
struct LoadRequest {
    std::vector<RecordRef> records;   // its own rows, and the rows that they refer to
    std::vector<FieldRef> holders;    // who has this tracking number? (living records)
    std::vector<FieldRef> referrers;  // does any living shipment point at this warehouse?
    std::vector<RequestId> requests;
};

// Sums of row hashes, tombstones included. A row's bucket is hash_of(key text).low % buckets.
inline constexpr std::size_t digest_buckets = 64;
struct Digest {
    std::array<Hash128, digest_buckets> buckets{};
    std::uint64_t rows = 0;  // living records
    bool operator==(const Digest&) const = default;
};

struct OriginMark {              // how far one origin's log is known here
    std::uint64_t received = 0;  // contiguous: logged, can be relayed
    std::uint64_t applied = 0;   // the lowest change still parked, minus one
    Hash128 hash;                // running hash of its log up to `received`
    bool operator==(const OriginMark&) const = default;
};

// Cursors that say what a store began with. Rows of tables that other programs had made: being put
// into the sums; done, so many times. The app's seed.
inline constexpr std::string_view takeover_cursor = "takeover";
inline constexpr std::string_view taken_over_cursor = "taken_over";
inline constexpr std::string_view seed_cursor = "seed";

// One small state that changes with every batch.
struct Ledger {
    OriginId self;                                        // name and incarnation
    Stamp stamp;                                          // the highest one given here
    std::map<OriginId, OriginMark, std::less<>> origins;  // self among them
    std::map<ResourceId, std::int64_t> next_id;           // the next number of this node
    std::map<ResourceId, Digest> digests;
    std::map<std::string, std::string> cursors;  // broker and publisher marks
    // Where several processes share the store: how many batches there were, so that of two ledgers
    // the later one can be told, and under which lease (of those given so far) changes of peers are
    // applied. Else both are 0.
    std::uint64_t batch = 0;
    std::uint64_t lease = 0;
    // The dead letters, by (source, seq), each with its record if anybody could tell it. The store
    // fills it from the letters themselves, whatever a batch leaves here.
    std::map<Dot, std::optional<RecordRef>> parked;
    std::uint64_t seq() const { return origins.at(self).received; }
    // Names what was there before all writes, if it was not the seed: "us.k3f9/1", another name
    // where there is more of it. "": nothing was. It is in no log.
    std::string before() const;
    bool seeded() const { return cursors.contains(std::string{seed_cursor}); }
    Position received() const;
    Position applied() const;
};

struct StoredRow {
    Row row;
    Hash128 hash;  // as stored; a row written by another program has {}
};

struct Conflict {  // both versions, and what decided
    RecordRef record;
    Time at;
    std::string kind;      // "fields", "life", "unique", "fork", …
    std::string detail;    // canonical JSON: {"kept":row,"lost":row,"fields":[…]}
    std::uint64_t id = 0;  // given by the store, ascending
};

struct DeadLetter {      // named by (source, seq): of one name there is one
    std::string source;  // origin or broker position
    std::uint64_t seq = 0;
    std::optional<RecordRef> record;
    std::string reason;
    std::string body;
    Time at;
    std::uint64_t id = 0;  // given by the store, ascending
};

struct LoadResult {
    Ledger ledger;
    boost::unordered_flat_map<RecordRef, StoredRow, std::hash<RecordRef>> rows;  // tombstones too
    // Of these records, those that another program has locked: they cannot be saved now.
    std::set<RecordRef> locked;
    // What other programs did to these records since the last batch, in order: to be written before
    // anything else. Of each the row is the one that stood before it; in the table is the last.
    std::vector<Captured> captured;
    std::map<FieldRef, Key> holders;
    std::map<FieldRef, bool> referrers;
    std::map<RequestId, RequestSeen> requests;
};

struct LogEntry {
    Dot dot;
    Time at;
    std::string json;  // change_json()
    Hash128 hash;      // running hash of the origin's log up to this entry
};

struct SavedRow {
    Row row;
    Hash128 hash;
};

// Everything that one batch changes.
struct WriteSet {
    Ledger ledger;
    std::vector<SavedRow> rows;  // each record once
    std::vector<LogEntry> log;
    std::vector<std::pair<RequestId, RequestSeen>> requests;
    std::vector<Conflict> conflicts;
    std::vector<DeadLetter> dead_letters;
    std::vector<Dot> settled;  // dead letters, by (source, seq), that are none any more
};

// "Oldest" is what was saved first: ids by their order here, entries by their time among the
// oldest of each origin. What is younger keeps what was saved after it.
struct TrimLimits {
    Time requests_before;             // ids older than this go …
    std::uint64_t requests_max = 0;   // … and the oldest beyond this many
    Time log_before;                  // entries older than this go …
    std::uint64_t log_bytes_max = 0;  // … and the oldest beyond this many bytes
    std::uint32_t piece_rows_max = 1000;
};

// The one way in. Only the committer holds it; it lives on the committer's executor.
class Writer {
public:
    virtual ~Writer() = default;
    // Takes the store's batch lock (all processes of the node share it) and loads.
    // unavailable: nothing happened, try later. rejected: nothing happened, one of these records
    // cannot be read, since another program damaged it: bisect.
    virtual Task<LoadResult> begin(LoadRequest wanted) = 0;
    // Saves, commits, with what was captured of the loaded records forgotten; returns once it is
    // durable. rejected: the database refused a row, nothing was saved, bisect. locked: so it is,
    // since another program has locked a row, or has changed it since it was loaded: begin again,
    // and LoadResult::locked says which. unavailable: nothing was saved. outcome_unknown: the
    // database went away during the commit and has not come back to be asked. broken: durable
    // storage failed, the process must end.
    virtual Task<void> commit(WriteSet saved) = 0;
    // Whether a batch may be decided on top of the one before, while commit() or commit_ahead() is
    // under way with that: SQLite blocks meanwhile, and another process may be in between too
    // often.
    virtual bool loads_ahead() const { return false; }
    // Loads for such a batch, as things stand before or after that commit; may be called several
    // times. unavailable, rejected: as begin(). locked: something has changed since the last time.
    virtual Task<LoadResult> load_ahead(LoadRequest) {
        co_return Error{Errc::unavailable, "not ahead"};
    }
    // Right after that commit has succeeded: begin() and commit() in one, of what was decided with
    // what load_ahead() found. locked: another process or program has written meanwhile; nothing
    // was saved: begin anew. Else as commit().
    virtual Task<void> commit_ahead(WriteSet) { co_return Error{Errc::locked, "not ahead"}; }
    // Ends a batch that changed nothing. Cannot fail: a lost connection ends it as well.
    virtual asio::awaitable<void> release() = 0;
    // Removes one small piece of what has expired; true when there is more.
    virtual Task<bool> trim(TrimLimits limits) = 0;
    // Called when nobody waits: a checkpoint, if one is due.
    virtual Task<void> on_idle() = 0;
};

struct ListFilter {
    FieldId field = 0;
    Compare compare = Compare::equal;
    Value value;
};
struct ListQuery {
    ResourceId resource = 0;
    FieldId sort = 0;                 // the key or a sortable field
    bool descending = false;          // of both sort field and key
    std::vector<ListFilter> filters;  // all must hold; null never matches
    // Keyset: rows strictly after (value, key) in the order asked for. Nulls come first
    // (ascending). Text is ordered by bytes.
    std::optional<std::pair<Value, Key>> after;
    std::uint64_t skip = 0;
    std::uint32_t rows_max = 100;
    bool count = false;
};
struct ListPage {
    std::vector<Row> rows;
    bool more = false;                   // there are rows beyond these
    std::optional<std::uint64_t> total;  // of the filters, when asked for
};

struct SavedRequest {
    std::uint64_t number = 0;  // given by the store, ascending; a new one when it is saved again
    RequestId id;
    RequestSeen seen;
};

struct ScanLimits {
    std::uint32_t rows_max = 1000;
    std::uint64_t bytes_max = 4 << 20;
};

// Committed data. One per io thread; SQLite answers without suspending, PostgreSQL pipelines.
// unavailable: the database is away.
class Reader {
public:
    virtual ~Reader() = default;
    virtual Task<std::optional<Row>> get(RecordRef ref) = 0;  // tombstones too
    virtual Task<std::optional<Row>> find(FieldRef ref) = 0;  // living; of two, the earlier life
    virtual Task<ListPage> list(ListQuery query) = 0;         // living
    virtual Task<std::optional<LogEntry>> change(Dot dot) = 0;
    // Entries after `after` for every origin known here, in seq order per origin. Where the log was
    // trimmed beyond `after` they begin with the oldest that is left: the seq tells. At least one,
    // whatever bytes_max says, if there is one (so in all that follows).
    virtual Task<std::vector<LogEntry>> changes_after(Position after, ScanLimits limits) = 0;
    // All records (tombstones too) in key order from the one after `after`.
    virtual Task<std::vector<StoredRow>> scan(ResourceId resource, std::optional<Key> after,
                                              ScanLimits limits) = 0;
    // In the order of their ids, from the one after `after`.
    virtual Task<std::vector<Conflict>> conflicts(std::uint64_t after, ScanLimits limits) = 0;
    virtual Task<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits) = 0;
    // Live request ids in the order saved, from the one after `after`. bytes_max does not count.
    virtual Task<std::vector<SavedRequest>> requests(std::uint64_t after, ScanLimits limits) = 0;
    virtual Task<Ledger> ledger() = 0;
    // Records that other programs have written, and no batch since.
    virtual Task<std::vector<RecordRef>> captured(std::uint32_t /*records_max*/) {
        co_return std::vector<RecordRef>{};
    }
};

struct LeaseUpdate {
    std::optional<Ledger> ledger;  // there were other batches since the last update
    std::uint64_t lease = 0;       // the one that this process holds; 0: another one has it
};

// The other processes of the node that share its store. One of them all holds the lease: it alone
// applies what peers send. It loses it when it dies, or gives no sign of life for a while; each new
// one has a higher number. One executor.
class InstanceLease {
public:
    virtual ~InstanceLease() = default;  // gives the lease back
    // Waits until another process has saved a batch, but not longer than a sign of life is due.
    // Takes the lease if nobody has it. unavailable: the database is away, and the lease is lost.
    virtual Task<LeaseUpdate> next() = 0;
};

class Store {
public:
    virtual ~Store() = default;
    virtual std::unique_ptr<Writer> open_writer(asio::any_io_executor on) = 0;  // at most one
    virtual std::unique_ptr<Reader> open_reader(asio::any_io_executor on) = 0;
    // Null: no other process can open this store. At most one.
    virtual std::unique_ptr<InstanceLease> open_lease(asio::any_io_executor) { return nullptr; }
};

struct StoreOptions {
    std::string file;                   // SQLite: the path; its folder exists
    std::string url = {};               // PostgreSQL: postgresql://user:password@host:5432/name
    std::string node;                   // the origin's name; the incarnation is made with the store
    std::string incarnation;            // of a new store: random, given by the caller
    bool fresh = false;                 // what is there is thrown away
    std::uint64_t cache_kib = 8 << 10;  // SQLite's page cache, of the writer
};

// Opens or creates. invalid: what is there is not this app's (another node's store, columns of
// another shape), or a newer version's. unavailable: locked by another process, no such folder, the
// database cannot be reached.
Result<std::unique_ptr<Store>> open_sqlite(const Schema& schema, StoreOptions options);
Result<std::unique_ptr<Store>> open_postgres(const Schema& schema, StoreOptions options);

}  // namespace reef::store
