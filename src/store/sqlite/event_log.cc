#include "store/sqlite/event_log.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace reef::store::sqlite {

namespace {

const std::string event_columns = "at, origin, seq, resource, key, detail";

Event event_at(const Statement& at) {
    return {
        {Time{at.integer(0)}, {OriginId{at.text(1)}, static_cast<std::uint64_t>(at.integer(2))}},
        std::string{at.text(3)},
        std::string{at.text(4)},
        std::string{at.text(5)}};
}

// From the first part of each origin's to the last.
const std::string of_record_sql =
    "WITH RECURSIVE part(origin, number, last) AS (SELECT origin,"
    " (SELECT seq >> 10 FROM atoll_events AS event WHERE event.origin = known.origin"
    " ORDER BY seq >> 10 LIMIT 1),"
    " (SELECT seq >> 10 FROM atoll_events AS event WHERE event.origin = known.origin"
    " ORDER BY seq >> 10 DESC LIMIT 1) FROM atoll_origins AS known"
    " UNION ALL SELECT origin, number + 1, last FROM part WHERE number < last)"
    " SELECT event.* FROM part CROSS JOIN atoll_events AS event ON event.origin = part.origin"
    " AND event.seq >> 10 = part.number AND resource = ?4 AND key = ?5"
    " WHERE (event.at, event.origin, event.seq) > (?1, ?2, ?3)"
    " ORDER BY event.at, event.origin, event.seq LIMIT ?6";

void bind(Statement& statement, int first, const Stamp& stamp) {
    statement.bind(first, stamp.time.us).bind(first + 1, std::string_view{stamp.dot.origin});
    statement.bind(first + 2, stamp.dot.seq);
}

}  // namespace

const char* const events_sql =
    "CREATE TABLE IF NOT EXISTS atoll_events (\n"
    "  at INTEGER NOT NULL,\n"
    "  origin TEXT NOT NULL,\n"
    "  seq INTEGER NOT NULL,\n"
    "  resource TEXT NOT NULL,\n"
    "  key TEXT NOT NULL,\n"
    "  detail TEXT NOT NULL,\n"
    "  PRIMARY KEY (at, origin, seq)\n) STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX IF NOT EXISTS atoll_events_of_record"
    " ON atoll_events (origin, seq >> 10, resource, key);\n";

EventLog::EventLog(Connection& connection)
    : connection_(connection),
      append_(connection,
              "INSERT INTO atoll_events VALUES (?, ?, ?, ?, ?, ?)"
              " ON CONFLICT (at, origin, seq) DO NOTHING"),
      find_(connection, "SELECT " + event_columns +
                            " FROM atoll_events WHERE at = ? AND origin = ? AND seq = ?"),
      remove_(connection, "DELETE FROM atoll_events WHERE at = ? AND origin = ? AND seq = ?"),
      after_(connection, "SELECT " + event_columns +
                             " FROM atoll_events WHERE (at, origin, seq) > (?, ?, ?)"
                             " ORDER BY at, origin, seq"),
      of_record_(connection, of_record_sql),
      oldest_(connection,
              "SELECT " + event_columns + " FROM atoll_events ORDER BY at, origin, seq LIMIT 1") {}

Result<std::uint64_t> EventLog::append(const Event& event) {
    bind(append_, 1, event.stamp);
    append_.bind(4, std::string_view{event.resource}).bind(5, std::string_view{event.key});
    append_.bind(6, std::string_view{event.detail});
    if (auto done = append_.run(); !done) return done.error();
    return sqlite3_changes(connection_.handle()) > 0 ? bytes_of(event) : 0;
}

Result<std::uint64_t> EventLog::remove(const Stamp& stamp) {
    std::uint64_t bytes = 0;
    {
        const Rewind rewind{find_};
        bind(find_, 1, stamp);
        const auto found = find_.step();
        if (!found) return found.error();
        if (!*found) return std::uint64_t{0};
        bytes = bytes_of(event_at(find_));
    }
    bind(remove_, 1, stamp);
    if (auto done = remove_.run(); !done) return done.error();
    return bytes;
}

Result<std::vector<Event>> EventLog::find(const EventQuery& query) {
    Statement& statement = query.resource.empty() ? after_ : of_record_;
    const Rewind rewind{statement};
    bind(statement, 1, query.after);
    if (!query.resource.empty()) {
        statement.bind(4, std::string_view{query.resource});
        statement.bind(5, std::string_view{query.key}).bind(6, query.limits.rows_max);
    }
    std::vector<Event> all;
    std::uint64_t bytes = 0;
    while (all.size() < query.limits.rows_max && (all.empty() || bytes < query.limits.bytes_max)) {
        const auto found = statement.step();
        if (!found) return found.error();
        if (!*found) break;
        all.push_back(event_at(statement));
        bytes += bytes_of(all.back());
    }
    return all;
}

Result<bool> EventLog::trim(Log::Expiry expiry, std::uint64_t& bytes) {
    for (std::uint32_t removed = 0;; ++removed) {
        Event oldest;
        {
            const Rewind rewind{oldest_};
            const auto found = oldest_.step();
            if (!found) return found.error();
            if (!*found) return false;
            oldest = event_at(oldest_);
        }
        if (oldest.stamp.time >= expiry.before && bytes <= expiry.bytes_max) return false;
        if (removed == expiry.rows_max) return true;
        bind(remove_, 1, oldest.stamp);
        if (auto done = remove_.run(); !done) return done.error();
        bytes -= std::min(bytes, bytes_of(oldest));
    }
}

}  // namespace reef::store::sqlite
