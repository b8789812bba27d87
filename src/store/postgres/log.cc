#include "store/postgres/log.hpp"

#include <algorithm>

#include "store/postgres/ledger.hpp"

namespace reef::store::postgres {

const char* const log_sql =
    "CREATE TABLE atoll_log (\n"
    "  origin TEXT COLLATE \"C\" NOT NULL,\n"
    "  seq BIGINT NOT NULL,\n"
    "  at TIMESTAMP NOT NULL,\n"
    "  json TEXT NOT NULL,\n"
    "  hash BYTEA NOT NULL,\n"
    "  PRIMARY KEY (origin, seq)\n);\n";

Command append_log(const std::vector<LogEntry>& entries) {
    Array origins{Type::text}, seqs{Type::int8}, times{Type::timestamp}, texts{Type::text},
        hashes{Type::bytes};
    for (const LogEntry& entry : entries) {
        origins.add(std::string_view{entry.dot.origin});
        seqs.add(static_cast<std::int64_t>(entry.dot.seq));
        times.add(entry.at);
        texts.add(std::string_view{entry.json});
        hashes.add(entry.hash);
    }
    return {
        "INSERT INTO atoll_log (origin, seq, at, json, hash)"
        " SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamp[], $4::text[],"
        " $5::bytea[])",
        Parameters{}.add(origins).add(seqs).add(times).add(texts).add(hashes)};
}

Command find_change(const Dot& dot) {
    const std::uint64_t seq = std::min(dot.seq, seq_max);
    return {"SELECT origin, seq, at, json, hash FROM atoll_log WHERE origin = $1 AND seq = $2",
            Parameters{}.add(std::string_view{dot.origin}).add(seq)};
}

std::vector<LogEntry> read_entries(const Answer& answer) {
    std::vector<LogEntry> entries;
    entries.reserve(static_cast<std::size_t>(answer.rows()));
    for (int row = 0; row < answer.rows(); ++row) {
        entries.push_back({{OriginId{answer.text(row, 0)}, answer.natural(row, 1)},
                           answer.time(row, 2),
                           std::string{answer.text(row, 3)},
                           answer.hash(row, 4)});
    }
    return entries;
}

// Reads at most rows_max entries of each origin, then ends the whole list where rows_max or
// bytes_max is reached.
Command changes_command(const Position& after, ScanLimits limits) {
    Array origins{Type::text}, seqs{Type::int8};
    for (const auto& [origin, seq] : after) {
        origins.add(std::string_view{origin});
        seqs.add(static_cast<std::int64_t>(std::min(seq, seq_max)));
    }
    static const std::string sql =
        std::string{
            "SELECT origin, seq, at, json, hash FROM (SELECT entry.*, sum(octet_length(json))"
            " OVER (ORDER BY entry.origin, entry.seq ROWS BETWEEN UNBOUNDED PRECEDING AND"
            " 1 PRECEDING) AS before FROM "} +
        origins_sql +
        " AS known LEFT JOIN unnest($1::text[], $2::bigint[]) AS seen(origin, seq)"
        " ON seen.origin = known.origin CROSS JOIN LATERAL (SELECT * FROM atoll_log WHERE"
        " atoll_log.origin = known.origin AND atoll_log.seq > coalesce(seen.seq, 0)"
        " ORDER BY atoll_log.seq LIMIT $3) AS entry ORDER BY entry.origin, entry.seq LIMIT $3)"
        " AS sized WHERE coalesce(before, 0) < $4 ORDER BY origin, seq";
    return {sql, Parameters{}
                     .add(origins)
                     .add(seqs)
                     .add(std::uint64_t{limits.rows_max})
                     .add(limits.bytes_max)};
}

Command fronts_command(const OriginId& origin, std::uint64_t from, std::uint32_t rows_max) {
    return {
        "SELECT seq, at, octet_length(json) FROM atoll_log WHERE origin = $1 AND seq >= $2"
        " ORDER BY seq LIMIT $3",
        Parameters{}.add(std::string_view{origin}).add(from).add(std::uint64_t{rows_max})};
}

std::vector<LogFront> read_fronts(const Answer& answer) {
    std::vector<LogFront> fronts;
    for (int row = 0; row < answer.rows(); ++row)
        fronts.push_back({answer.natural(row, 0), answer.time(row, 1), answer.natural(row, 2)});
    return fronts;
}

Command remove_log(const OriginId& origin, std::uint64_t from, std::uint64_t to) {
    return {"DELETE FROM atoll_log WHERE origin = $1 AND seq BETWEEN $2 AND $3",
            Parameters{}.add(std::string_view{origin}).add(from).add(to)};
}

}  // namespace reef::store::postgres
