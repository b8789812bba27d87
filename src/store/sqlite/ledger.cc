#include "store/sqlite/ledger.hpp"

#include "store/columns.hpp"
#include "store/sqlite/conflict_log.hpp"

namespace reef::store::sqlite {

namespace {

// Names in atoll_meta, followed by a resource's or cursor's name.
constexpr std::string_view digest = "digest.";
constexpr std::string_view next_id = "next_slot.";
constexpr std::string_view cursor = "cursor.";

std::string name_of(std::string_view kind, std::string_view what) {
    return std::string{kind}.append(what);
}

std::string digest_bytes(const Digest& sums) {
    std::string bytes;
    bytes.reserve(16 * digest_buckets + 16);
    for (const Hash128& bucket : sums.buckets)
        bytes += bytes_of(bucket);
    return bytes += bytes_of(Hash128{0, sums.rows});
}

Digest digest_from(std::string_view bytes) {
    Digest sums;
    if (bytes.size() != 16 * (digest_buckets + 1)) return sums;
    for (std::size_t i = 0; i < digest_buckets; ++i)
        sums.buckets[i] = hash_from(bytes.substr(16 * i, 16));
    sums.rows = hash_from(bytes.substr(16 * digest_buckets)).low;
    return sums;
}

template <class Map, class Id>
auto find_in(const Map& map, const Id& id) {
    const auto found = map.find(id);
    return found == map.end() ? nullptr : &found->second;
}

}  // namespace

// With a rowid: few rows as wide as these would fit on an index page (WITHOUT ROWID).
const char* const meta_sql =
    "CREATE TABLE atoll_meta (name TEXT NOT NULL PRIMARY KEY, value ANY NOT NULL) STRICT;\n";

Meta::Meta(Connection& connection)
    : get_(connection, "SELECT value FROM atoll_meta WHERE name = ?"),
      put_(connection,
           "INSERT INTO atoll_meta VALUES (?, ?)"
           " ON CONFLICT (name) DO UPDATE SET value = excluded.value") {}

Result<void> Meta::put(std::string_view name, std::string_view text) {
    return put_.bind(1, name).bind(2, text).run();
}

Result<void> Meta::put(std::string_view name, std::int64_t number) {
    return put_.bind(1, name).bind(2, number).run();
}

Result<void> Meta::put_blob(std::string_view name, std::string_view bytes) {
    return put_.bind(1, name).bind_blob(2, bytes).run();
}

Result<std::optional<std::string>> Meta::text(std::string_view name) {
    const Rewind rewind{get_};
    const auto found = get_.bind(1, name).step();
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    return std::optional{std::string{get_.text(0)}};
}

Result<std::int64_t> Meta::integer(std::string_view name) {
    const Rewind rewind{get_};
    const auto found = get_.bind(1, name).step();
    if (!found) return found.error();
    return *found ? get_.integer(0) : 0;
}

LedgerTable::LedgerTable(Connection& connection, const Schema& schema)
    : schema_(schema),
      meta_(connection),
      origins_(connection, "SELECT origin, received, applied, hash FROM atoll_origins"),
      named_(connection, "SELECT name, value FROM atoll_meta"),
      put_origin_(connection,
                  "INSERT INTO atoll_origins (origin, received, applied, hash)"
                  " VALUES (?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET"
                  " received = excluded.received, applied = excluded.applied,"
                  " hash = excluded.hash"),
      remove_(connection, "DELETE FROM atoll_meta WHERE name = ?") {}

Result<Ledger> LedgerTable::load() {
    Ledger ledger;
    for (const Resource& resource : schema_.resources)
        ledger.digests.emplace(resource.id, Digest{});
    if (auto done = load_origins(ledger); !done) return done.error();
    if (auto done = load_named(ledger); !done) return done.error();
    return ledger;
}

Result<void> LedgerTable::load_origins(Ledger& ledger) {
    const Rewind rewind{origins_};
    for (;;) {
        const auto found = origins_.step();
        if (!found) return found.error();
        if (!*found) return {};
        ledger.origins.emplace(
            origins_.text(0),
            OriginMark{static_cast<std::uint64_t>(origins_.integer(1)),
                       static_cast<std::uint64_t>(origins_.integer(2)), origins_.hash(3)});
    }
}

Result<void> LedgerTable::load_named(Ledger& ledger) {
    const Rewind rewind{named_};
    for (;;) {
        const auto found = named_.step();
        if (!found) return found.error();
        if (!*found) return {};
        std::string_view name = named_.text(0);
        const auto is = [&name](std::string_view kind) {
            if (!name.starts_with(kind)) return false;
            name.remove_prefix(kind.size());
            return true;
        };
        if (name == "origin") {
            ledger.self = named_.text(1);
        } else if (name == "stamp") {
            ledger.stamp = parse_stamp(named_.text(1)).value_or(Stamp{});
        } else if (is(cursor)) {
            ledger.cursors.emplace(name, named_.text(1));
        } else if (is(digest)) {
            if (const Resource* of = schema_.find(name)) {
                ledger.digests[of->id] = digest_from(named_.text(1));
            }
        } else if (is(next_id)) {
            if (const Resource* of = schema_.find(name)) {
                ledger.next_id[of->id] = named_.integer(1);
            }
        }
    }
}

Result<void> LedgerTable::save(const Ledger& before, const Ledger& after) {
    if (auto done = save_origins(before, after); !done) return done;
    return save_named(before, after);
}

Result<void> LedgerTable::save_origins(const Ledger& before, const Ledger& after) {
    for (const auto& [origin, mark] : after.origins) {
        const OriginMark* known = find_in(before.origins, origin);
        if (known && *known == mark) continue;
        put_origin_.bind(1, std::string_view{origin}).bind(2, mark.received);
        put_origin_.bind(3, mark.applied).bind(4, mark.hash);
        if (auto done = put_origin_.run(); !done) return done;
    }
    return {};
}

Result<void> LedgerTable::save_named(const Ledger& before, const Ledger& after) {
    if (!before.self.empty() && after.self != before.self) {
        if (auto done = meta_.put("origin", after.self); !done) return done;
    }
    if (after.stamp != before.stamp) {
        if (auto done = meta_.put("stamp", to_text(after.stamp)); !done) return done;
    }
    for (const auto& [id, sums] : after.digests) {
        const Digest* known = find_in(before.digests, id);
        if (known && *known == sums) continue;
        auto done = meta_.put_blob(name_of(digest, schema_[id].name), digest_bytes(sums));
        if (!done) return done;
    }
    for (const auto& [id, slot] : after.next_id) {
        const std::int64_t* known = find_in(before.next_id, id);
        if (known && *known == slot) continue;
        auto done = meta_.put(name_of(next_id, schema_[id].name), slot);
        if (!done) return done;
    }
    for (const auto& [name, text] : after.cursors) {
        const std::string* known = find_in(before.cursors, name);
        if (known && *known == text) continue;
        if (auto done = meta_.put(name_of(cursor, name), text); !done) return done;
    }
    for (const auto& [name, text] : before.cursors) {
        if (after.cursors.contains(name)) continue;
        const std::string gone = name_of(cursor, name);
        if (auto done = remove_.bind(1, std::string_view{gone}).run(); !done) return done;
    }
    return {};
}

Result<Ledger> load_ledger(LedgerTable& table, ConflictLog& conflict_log) {
    auto ledger = table.load();
    if (!ledger) return ledger;
    auto parked = conflict_log.parked();
    if (!parked) return parked.error();
    ledger->parked = std::move(*parked);
    return ledger;
}

}  // namespace reef::store::sqlite
