#include "store/sqlite/log.hpp"

#include <algorithm>

namespace reef::store::sqlite {

namespace {

constexpr int seq_bits = 48;
constexpr std::uint64_t seq_max = (std::uint64_t{1} << seq_bits) - 1;

std::int64_t id_of(std::int64_t number, std::uint64_t seq) {
    return number << seq_bits | static_cast<std::int64_t>(std::min(seq, seq_max));
}

std::uint64_t seq_of(std::int64_t id) {
    return static_cast<std::uint64_t>(id) & seq_max;
}

}  // namespace

const char* const log_sql =
    "CREATE TABLE atoll_origins (\n"
    "  number INTEGER PRIMARY KEY,\n"
    "  origin TEXT NOT NULL UNIQUE,\n"
    "  received INTEGER NOT NULL,\n"
    "  applied INTEGER NOT NULL,\n"
    "  hash BLOB NOT NULL\n) STRICT;\n"
    "CREATE TABLE atoll_log (\n"
    "  id INTEGER PRIMARY KEY, -- the origin's number << 48 | seq\n"
    "  at INTEGER NOT NULL,\n"
    "  json TEXT NOT NULL,\n"
    "  hash BLOB NOT NULL\n) STRICT;\n";

struct Log::Front {  // an origin's oldest entry
    std::int64_t id = 0;
    std::int64_t at = 0;
    std::uint64_t bytes = 0;
};

Log::Log(Connection& connection)
    : number_(connection, "SELECT number FROM atoll_origins WHERE origin = ?"),
      origins_(connection, "SELECT number, origin FROM atoll_origins ORDER BY origin"),
      append_(connection, "INSERT INTO atoll_log VALUES (?, ?, ?, ?)"),
      find_(connection, "SELECT at, json, hash FROM atoll_log WHERE id = ?"),
      after_(connection,
             "SELECT id, at, json, hash FROM atoll_log WHERE id BETWEEN ? AND ?"
             " ORDER BY id LIMIT ?"),
      front_(connection,
             "SELECT id, at, json FROM atoll_log WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"),
      remove_(connection, "DELETE FROM atoll_log WHERE id = ?") {}

Result<std::optional<std::int64_t>> Log::number_of(std::string_view origin) {
    const auto known = numbers_.find(origin);
    if (known != numbers_.end()) return std::optional{known->second};
    const Rewind rewind{number_};
    number_.bind(1, origin);
    const auto found = number_.step();
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    const std::int64_t number = number_.integer(0);
    numbers_.emplace(origin, number);
    return std::optional{number};
}

Result<std::vector<std::pair<std::int64_t, OriginId>>> Log::origins() {
    const Rewind rewind{origins_};
    std::vector<std::pair<std::int64_t, OriginId>> all;
    for (;;) {
        const auto found = origins_.step();
        if (!found) return found.error();
        if (!*found) return all;
        all.emplace_back(origins_.integer(0), OriginId{origins_.text(1)});
    }
}

Result<void> Log::append(const LogEntry& entry) {
    const auto number = number_of(entry.dot.origin);
    if (!number) return number.error();
    if (!*number) {
        return Error{Errc::rejected,
                     "the log entry of an origin without mark: " + entry.dot.origin};
    }
    append_.bind(1, id_of(**number, entry.dot.seq)).bind(2, entry.at.us);
    append_.bind(3, std::string_view{entry.json}).bind(4, entry.hash);
    return append_.run();
}

Result<std::optional<LogEntry>> Log::find(const Dot& dot) {
    const auto number = number_of(dot.origin);
    if (!number) return number.error();
    if (!*number || dot.seq > seq_max) return std::nullopt;
    const Rewind rewind{find_};
    find_.bind(1, id_of(**number, dot.seq));
    const auto found = find_.step();
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    return std::optional{
        LogEntry{dot, Time{find_.integer(0)}, std::string{find_.text(1)}, find_.hash(2)}};
}

Result<std::vector<LogEntry>> Log::after(const Position& position, ScanLimits limits) {
    const auto all = origins();
    if (!all) return all.error();
    std::vector<LogEntry> entries;
    std::uint64_t bytes = 0;
    for (const auto& [number, origin] : *all) {
        const std::uint64_t seen = seq_in(position, origin);
        if (seen >= seq_max) continue;
        const Rewind rewind{after_};
        after_.bind(1, id_of(number, seen + 1)).bind(2, id_of(number, seq_max));
        after_.bind(3, limits.rows_max - entries.size());
        while (entries.empty() || bytes < limits.bytes_max) {
            const auto found = after_.step();
            if (!found) return found.error();
            if (!*found) break;
            entries.push_back({{origin, seq_of(after_.integer(0))},
                               Time{after_.integer(1)},
                               std::string{after_.text(2)},
                               after_.hash(3)});
            bytes += entries.back().json.size();
        }
        if (entries.size() >= limits.rows_max || bytes >= limits.bytes_max) break;
    }
    return entries;
}

Result<std::optional<Log::Front>> Log::front_of(std::int64_t number) {
    const Rewind rewind{front_};
    front_.bind(1, id_of(number, 0)).bind(2, id_of(number, seq_max));
    const auto found = front_.step();
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    return std::optional{Front{front_.integer(0), front_.integer(1), front_.text(2).size()}};
}

Result<bool> Log::trim(Expiry expiry, std::uint64_t& bytes) {
    const auto all = origins();
    if (!all) return all.error();
    std::vector<Front> fronts;
    for (const auto& [number, origin] : *all) {
        const auto front = front_of(number);
        if (!front) return front.error();
        if (*front) fronts.push_back(**front);
    }
    for (std::uint32_t removed = 0; !fronts.empty(); ++removed) {
        const auto older = [](const Front& a, const Front& b) { return a.at < b.at; };
        const auto oldest = std::min_element(fronts.begin(), fronts.end(), older);
        if (oldest->at >= expiry.before.us && bytes <= expiry.bytes_max) return false;
        if (removed == expiry.rows_max) return true;
        if (auto done = remove_.bind(1, oldest->id).run(); !done) return done.error();
        bytes -= std::min(bytes, oldest->bytes);
        const auto next = front_of(oldest->id >> seq_bits);
        if (!next) return next.error();
        if (*next) {
            *oldest = **next;
        } else {
            fronts.erase(oldest);
        }
    }
    return false;
}

}  // namespace reef::store::sqlite
