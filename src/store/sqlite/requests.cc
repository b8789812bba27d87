#include "store/sqlite/requests.hpp"

#include "model/effects.hpp"

namespace reef::store::sqlite {

const char* const requests_sql =
    "CREATE TABLE atoll_requests (\n"
    "  number INTEGER PRIMARY KEY, -- in the order saved\n"
    "  id TEXT NOT NULL UNIQUE,\n"
    "  at INTEGER NOT NULL,\n"
    "  origin TEXT NOT NULL,\n"
    "  seq INTEGER NOT NULL,\n"
    "  resource TEXT NOT NULL,\n"
    "  key ANY NOT NULL,\n"
    "  kind INTEGER NOT NULL,\n"
    "  attempt TEXT NOT NULL,\n"
    "  body BLOB NOT NULL,\n"
    "  effects TEXT NOT NULL -- to counters, and elsewhere: model/effects.hpp\n) STRICT;\n";

Requests::Requests(Connection& connection, const Schema& schema)
    : schema_(schema),
      find_(
          connection,
          "SELECT at, origin, seq, resource, key, kind, attempt, body, effects FROM atoll_requests"
          " WHERE id = ?"),
      after_(connection,
             "SELECT number, id, at, origin, seq, resource, key, kind, attempt, body, effects"
             " FROM atoll_requests WHERE number > ? ORDER BY number LIMIT ?"),
      save_(connection,
            "REPLACE INTO atoll_requests (id, at, origin, seq, resource, key, kind, attempt, body,"
            " effects) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      oldest_(connection, "SELECT number, at FROM atoll_requests ORDER BY number LIMIT 1"),
      newest_(connection, "SELECT number FROM atoll_requests ORDER BY number DESC LIMIT 1"),
      remove_(connection, "DELETE FROM atoll_requests WHERE number = ?") {}

Result<std::optional<RequestSeen>> Requests::find(const RequestId& id) {
    const Rewind rewind{find_};
    const std::string text = to_text(id);
    const auto found = find_.bind(1, std::string_view{text}).step();
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    return seen_at(find_, 0);
}

Result<std::vector<SavedRequest>> Requests::after(std::uint64_t number, std::uint32_t rows_max) {
    const Rewind rewind{after_};
    after_.bind(1, number).bind(2, rows_max);
    std::vector<SavedRequest> all;
    for (;;) {
        const auto found = after_.step();
        if (!found) return found.error();
        if (!*found) return all;
        auto id = parse_request_id(after_.text(1));
        auto seen = seen_at(after_, 2);
        if (!seen) return seen.error();
        if (!id || !*seen) continue;
        all.push_back(
            {static_cast<std::uint64_t>(after_.integer(0)), std::move(*id), std::move(**seen)});
    }
}

// Absent when the app no longer has the request's resource.
Result<std::optional<RequestSeen>> Requests::seen_at(const Statement& at, int column) const {
    const Resource* resource = schema_.find(at.text(column + 3));
    if (!resource) return std::nullopt;
    RequestSeen seen;
    seen.stamp = {
        Time{at.integer(column)},
        {OriginId{at.text(column + 1)}, static_cast<std::uint64_t>(at.integer(column + 2))}};
    seen.record = {resource->id, at.key(column + 4)};
    seen.kind = static_cast<WriteKind>(at.integer(column + 5));
    seen.attempt = at.text(column + 6);
    seen.body = at.hash(column + 7);
    const auto read = read_effects_text(schema_, at.text(column + 8), seen);
    if (!read) return read.error();
    return std::optional{std::move(seen)};
}

Result<void> Requests::save(const RequestId& id, const RequestSeen& seen) {
    const Resource& resource = schema_[seen.record.resource];
    const std::string text = to_text(id);
    const std::string effects = effects_text(schema_, seen);
    save_.bind(1, std::string_view{text}).bind(2, seen.stamp.time.us);
    save_.bind(3, std::string_view{seen.stamp.dot.origin}).bind(4, seen.stamp.dot.seq);
    save_.bind(5, std::string_view{resource.name});
    save_.bind(6, seen.record.key).bind(7, static_cast<int>(seen.kind));
    save_.bind(8, std::string_view{seen.attempt})
        .bind(9, seen.body)
        .bind(10, std::string_view{effects});
    return save_.run();
}

Result<bool> Requests::trim(Time before, std::uint64_t rows_max, std::uint32_t piece_rows_max) {
    std::int64_t newest = 0;
    {
        const Rewind rewind{newest_};
        const auto found = newest_.step();
        if (!found) return found.error();
        if (!*found) return false;
        newest = newest_.integer(0);
    }
    for (std::uint32_t removed = 0;; ++removed) {
        std::int64_t oldest = 0;
        {
            const Rewind rewind{oldest_};
            const auto found = oldest_.step();
            if (!found) return found.error();
            if (!*found) return false;
            oldest = oldest_.integer(0);
            // An upper bound of the rows: numbers have holes where an id was saved again.
            const auto rows = static_cast<std::uint64_t>(newest - oldest + 1);
            if (oldest_.integer(1) >= before.us && rows <= rows_max) return false;
        }
        if (removed == piece_rows_max) return true;
        if (auto done = remove_.bind(1, oldest).run(); !done) return done.error();
    }
}

}  // namespace reef::store::sqlite
