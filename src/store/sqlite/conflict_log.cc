#include "store/sqlite/conflict_log.hpp"

namespace reef::store::sqlite {

// AUTOINCREMENT: SQLite never uses a number again, so that a list can continue after any number.
const char* const conflict_log_sql =
    "CREATE TABLE atoll_conflicts (\n"
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "  resource TEXT NOT NULL,\n"
    "  key ANY NOT NULL,\n"
    "  at INTEGER NOT NULL,\n"
    "  kind TEXT NOT NULL,\n"
    "  detail TEXT NOT NULL\n) STRICT;\n"
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

ConflictLog::ConflictLog(Connection& connection, const Schema& schema)
    : schema_(schema),
      save_conflict_(connection,
                     "INSERT INTO atoll_conflicts (resource, key, at, kind, detail)"
                     " VALUES (?, ?, ?, ?, ?)"),
      save_letter_(connection,
                   "REPLACE INTO atoll_dead_letters (source, seq, resource, key, reason, body, at)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?)"),
      conflicts_(connection,
                 "SELECT id, resource, key, at, kind, detail FROM atoll_conflicts"
                 " WHERE id > ? ORDER BY id LIMIT ?"),
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
    return save_conflict_.run();
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

Result<std::vector<Conflict>> ConflictLog::conflicts(std::uint64_t after, ScanLimits limits) {
    const Rewind rewind{conflicts_};
    conflicts_.bind(1, after).bind(2, limits.rows_max);
    std::vector<Conflict> all;
    std::uint64_t bytes = 0;
    while (all.empty() || bytes < limits.bytes_max) {
        const auto found = conflicts_.step();
        if (!found) return found.error();
        if (!*found) break;
        const Resource* resource = schema_.find(conflicts_.text(1));
        if (!resource) continue;  // the app no longer has it
        Conflict conflict;
        conflict.id = static_cast<std::uint64_t>(conflicts_.integer(0));
        conflict.record = {resource->id, conflicts_.key(2)};
        conflict.at = Time{conflicts_.integer(3)};
        conflict.kind = conflicts_.text(4);
        conflict.detail = conflicts_.text(5);
        bytes += conflict.detail.size();
        all.push_back(std::move(conflict));
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
