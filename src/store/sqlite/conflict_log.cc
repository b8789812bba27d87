#include "store/sqlite/conflict_log.hpp"

namespace reef::store::sqlite {

namespace {

const std::string columns = "id, resource, key, at, kind, detail, name, lost, settled";

}  // namespace

// AUTOINCREMENT: SQLite never uses a number again, so that a list can continue after any number.
const char* const conflict_log_sql =
    "CREATE TABLE atoll_conflicts (\n"
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "  resource TEXT NOT NULL,\n"
    "  key ANY NOT NULL,\n"
    "  at INTEGER NOT NULL,\n"
    "  kind TEXT NOT NULL,\n"
    "  detail TEXT NOT NULL,\n"
    "  name TEXT, -- the same on every node\n"
    "  lost TEXT NOT NULL DEFAULT '', -- the write that lost\n"
    "  settled TEXT NOT NULL DEFAULT '' -- the write that settled it\n) STRICT;\n"
    "CREATE UNIQUE INDEX atoll_conflicts_by_name ON atoll_conflicts (name);\n"
    "CREATE INDEX atoll_conflicts_by_kind ON atoll_conflicts (kind, settled);\n"
    "CREATE INDEX atoll_conflicts_open ON atoll_conflicts (resource, key) WHERE settled = '';\n"
    "CREATE TABLE atoll_dead_letters (\n"
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "  source TEXT NOT NULL,\n"
    "  seq INTEGER NOT NULL,\n"
    "  resource TEXT,\n"
    "  key ANY,\n"
    "  reason TEXT NOT NULL,\n"
    "  body BLOB NOT NULL, -- as it came, which need not be text\n"
    "  at INTEGER NOT NULL,\n"
    "  UNIQUE (source, seq)\n) STRICT;\n";

const char* const conflict_ids_sql =
    "ALTER TABLE atoll_conflicts ADD COLUMN name TEXT;\n"
    "ALTER TABLE atoll_conflicts ADD COLUMN lost TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE atoll_conflicts ADD COLUMN settled TEXT NOT NULL DEFAULT '';\n"
    "CREATE UNIQUE INDEX atoll_conflicts_by_name ON atoll_conflicts (name);\n"
    "CREATE INDEX atoll_conflicts_by_kind ON atoll_conflicts (kind, settled);\n"
    "CREATE INDEX atoll_conflicts_open ON atoll_conflicts (resource, key) WHERE settled = '';\n";

ConflictLog::ConflictLog(Connection& connection, const Schema& schema)
    : schema_(schema),
      save_conflict_(connection,
                     "INSERT INTO atoll_conflicts (resource, key, at, kind, detail, name, lost)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?)"
                     " ON CONFLICT (name) DO UPDATE SET detail = excluded.detail"),
      settle_(connection, "UPDATE atoll_conflicts SET settled = ? WHERE name = ?"),
      remove_(connection, "DELETE FROM atoll_conflicts WHERE name = ?"),
      open_(connection, "SELECT " + columns +
                            " FROM atoll_conflicts"
                            " WHERE resource = ? AND key = ? AND settled = '' ORDER BY id"),
      counts_(connection,
              "SELECT kind, count(*), sum(settled = '') FROM atoll_conflicts GROUP BY kind"),
      unnamed_(connection,
               "SELECT " + columns + " FROM atoll_conflicts WHERE name IS NULL ORDER BY id"),
      remove_unnamed_(connection, "DELETE FROM atoll_conflicts WHERE id = ?"),
      save_letter_(connection,
                   "REPLACE INTO atoll_dead_letters (source, seq, resource, key, reason, body, at)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?)"),
      conflicts_(connection,
                 "SELECT " + columns +
                     " FROM atoll_conflicts WHERE id > ?1 AND (?2 = '' OR kind = ?2)"
                     " AND (?3 = '' OR resource = ?3) AND at >= ?4 AND (?5 = 0 OR settled = '')"
                     " ORDER BY id"),
      by_id_(connection, "SELECT " + columns + " FROM atoll_conflicts WHERE name = ?"),
      letters_(connection,
               "SELECT id, source, seq, resource, key, reason, body, at FROM atoll_dead_letters"
               " WHERE id > ? ORDER BY id LIMIT ?"),
      parked_(connection, "SELECT source, seq, resource, key FROM atoll_dead_letters"),
      remove_letter_(connection, "DELETE FROM atoll_dead_letters WHERE source = ? AND seq = ?") {}

Result<void> ConflictLog::save(const Conflict& conflict) {
    save_conflict_.bind(1, std::string_view{schema_[conflict.record.resource].name});
    save_conflict_.bind(2, conflict.record.key).bind(3, conflict.at.us);
    save_conflict_.bind(4, std::string_view{conflict.kind});
    save_conflict_.bind(5, std::string_view{conflict.detail});
    save_conflict_.bind(6, std::string_view{conflict.id});
    save_conflict_.bind_copy(7, conflict.lost.origin.empty() ? "" : to_text(conflict.lost));
    return save_conflict_.run();
}

Result<void> ConflictLog::settle(const std::string& id, const std::string& by) {
    settle_.bind(1, std::string_view{by}).bind(2, std::string_view{id});
    return settle_.run();
}

Result<void> ConflictLog::remove(const std::string& id) {
    remove_.bind(1, std::string_view{id});
    return remove_.run();
}

Result<std::vector<Conflict>> ConflictLog::open_of(const RecordRef& record) {
    const Rewind rewind{open_};
    open_.bind(1, std::string_view{schema_[record.resource].name}).bind(2, record.key);
    std::vector<Conflict> all;
    for (;;) {
        const auto found = open_.step();
        if (!found) return found.error();
        if (!*found) return all;
        if (auto conflict = conflict_at(open_)) all.push_back(std::move(*conflict));
    }
}

Result<std::map<std::string, ConflictCount>> ConflictLog::counts() {
    const Rewind rewind{counts_};
    std::map<std::string, ConflictCount> all;
    for (;;) {
        const auto found = counts_.step();
        if (!found) return found.error();
        if (!*found) return all;
        all[std::string{counts_.text(0)}] = {static_cast<std::uint64_t>(counts_.integer(1)),
                                             static_cast<std::uint64_t>(counts_.integer(2))};
    }
}

Result<void> ConflictLog::save(const DeadLetter& letter) {
    save_letter_.bind(1, std::string_view{letter.source}).bind(2, letter.seq);
    if (letter.record) {
        save_letter_.bind(3, std::string_view{schema_[letter.record->resource].name});
        save_letter_.bind(4, letter.record->key);
    } else {
        save_letter_.bind_null(3).bind_null(4);
    }
    save_letter_.bind(5, std::string_view{letter.reason}).bind_blob(6, letter.body);
    save_letter_.bind(7, letter.at.us);
    return save_letter_.run();
}

Result<void> ConflictLog::remove_letter(const Dot& name) {
    remove_letter_.bind(1, std::string_view{name.origin}).bind(2, name.seq);
    return remove_letter_.run();
}

Result<std::map<Dot, std::optional<RecordRef>>> ConflictLog::parked() {
    const Rewind rewind{parked_};
    std::map<Dot, std::optional<RecordRef>> all;
    for (;;) {
        const auto found = parked_.step();
        if (!found) return found.error();
        if (!*found) return all;
        const Dot name{OriginId{parked_.text(0)}, static_cast<std::uint64_t>(parked_.integer(1))};
        all.emplace(name, record_at(parked_, 2));
    }
}

// Absent when the app does not have the record's resource.
std::optional<RecordRef> ConflictLog::record_at(const Statement& statement, int column) const {
    const Resource* resource = schema_.find(statement.text(column));
    if (!resource) return std::nullopt;
    return RecordRef{resource->id, statement.key(column + 1)};
}

Result<bool> ConflictLog::name_all() {
    std::vector<Conflict> unnamed;
    {
        const Rewind rewind{unnamed_};
        for (;;) {
            const auto found = unnamed_.step();
            if (!found) return found.error();
            if (!*found) break;
            if (auto conflict = conflict_at(unnamed_)) unnamed.push_back(std::move(*conflict));
        }
    }
    if (unnamed.empty()) return false;
    for (const Conflict& listed : unnamed) {
        for (const Conflict& conflict : upgraded(schema_[listed.record.resource], listed)) {
            if (auto done = save(conflict); !done) return done.error();
        }
        remove_unnamed_.bind(1, listed.number);
        if (auto done = remove_unnamed_.run(); !done) return done.error();
    }
    return true;
}

// Absent when the app no longer has its resource.
std::optional<Conflict> ConflictLog::conflict_at(const Statement& statement) const {
    auto record = record_at(statement, 1);
    if (!record) return std::nullopt;
    Conflict conflict;
    conflict.number = static_cast<std::uint64_t>(statement.integer(0));
    conflict.record = std::move(*record);
    conflict.at = Time{statement.integer(3)};
    conflict.kind = statement.text(4);
    conflict.detail = statement.text(5);
    conflict.id = statement.text(6);
    conflict.lost = parse_dot(statement.text(7)).value_or(Dot{});
    conflict.settled = statement.text(8);
    return conflict;
}

Result<std::vector<Conflict>> ConflictLog::conflicts(const ConflictQuery& query) {
    Statement& statement = query.id.empty() ? conflicts_ : by_id_;
    const Rewind rewind{statement};
    if (query.id.empty()) {
        const std::string_view none;
        statement.bind(1, query.after).bind(2, std::string_view{query.kind});
        statement.bind(3, query.resource ? std::string_view{schema_[*query.resource].name} : none);
        statement.bind(4, query.since.value_or(Time{0}).us).bind(5, query.open ? 1 : 0);
    } else {
        statement.bind(1, std::string_view{query.id});
    }
    std::vector<Conflict> all;
    std::uint64_t bytes = 0;
    while (all.size() < query.limits.rows_max && (all.empty() || bytes < query.limits.bytes_max)) {
        const auto found = statement.step();
        if (!found) return found.error();
        if (!*found) break;
        auto conflict = conflict_at(statement);
        if (!conflict) continue;
        bytes += conflict->detail.size();
        all.push_back(std::move(*conflict));
    }
    return all;
}

Result<std::vector<DeadLetter>> ConflictLog::dead_letters(std::uint64_t after, ScanLimits limits) {
    const Rewind rewind{letters_};
    letters_.bind(1, after).bind(2, limits.rows_max);
    std::vector<DeadLetter> all;
    std::uint64_t bytes = 0;
    while (all.empty() || bytes < limits.bytes_max) {
        const auto found = letters_.step();
        if (!found) return found.error();
        if (!*found) break;
        DeadLetter letter;
        letter.id = static_cast<std::uint64_t>(letters_.integer(0));
        letter.source = letters_.text(1);
        letter.seq = static_cast<std::uint64_t>(letters_.integer(2));
        letter.record = record_at(letters_, 3);
        letter.reason = letters_.text(5);
        letter.body = letters_.text(6);
        letter.at = Time{letters_.integer(7)};
        bytes += letter.body.size();
        all.push_back(std::move(letter));
    }
    return all;
}

}  // namespace reef::store::sqlite
