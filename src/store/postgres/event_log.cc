#include "store/postgres/event_log.hpp"

#include "store/postgres/ledger.hpp"

namespace reef::store::postgres {

namespace {

// As bytes_of() counts it.
const std::string bytes_sql =
    "(octet_length(origin) + octet_length(resource) + octet_length(key) + octet_length(detail))";

// $6 and $7, from the first part of each origin's to the last.
const std::string of_record_sql =
    std::string{
        "(SELECT event.* FROM (SELECT origin,"
        " (SELECT seq >> 10 FROM atoll_events AS event WHERE event.origin = known.origin"
        " ORDER BY seq >> 10 LIMIT 1) AS first,"
        " (SELECT seq >> 10 FROM atoll_events AS event WHERE event.origin = known.origin"
        " ORDER BY seq >> 10 DESC LIMIT 1) AS last FROM "} +
    origins_sql +
    " AS known) AS parts CROSS JOIN LATERAL generate_series(first, last) AS part(number)"
    " JOIN atoll_events AS event ON event.origin = parts.origin"
    " AND event.seq >> 10 = part.number AND resource = $6 AND key = $7) AS event";

Stamp stamp_at(const Answer& answer, int row) {
    return {answer.time(row, 0), {OriginId{answer.text(row, 1)}, answer.natural(row, 2)}};
}

Parameters& add(Parameters& parameters, const Stamp& stamp) {
    return parameters.add(stamp.time).add(std::string_view{stamp.dot.origin}).add(stamp.dot.seq);
}

}  // namespace

const char* const events_sql =
    "CREATE TABLE IF NOT EXISTS atoll_events (\n"
    "  at TIMESTAMP NOT NULL,\n"
    "  origin TEXT COLLATE \"C\" NOT NULL,\n"
    "  seq BIGINT NOT NULL,\n"
    "  resource TEXT COLLATE \"C\" NOT NULL,\n"
    "  key TEXT COLLATE \"C\" NOT NULL,\n"
    "  detail TEXT NOT NULL,\n"
    "  PRIMARY KEY (at, origin, seq)\n);\n"
    "CREATE INDEX IF NOT EXISTS atoll_events_of_record"
    " ON atoll_events (origin, (seq >> 10), resource, key);\n";

Command append_events(const std::vector<Event>& events) {
    Array times{Type::timestamp}, origins{Type::text}, seqs{Type::int8}, resources{Type::text},
        keys{Type::text}, details{Type::text};
    for (const Event& event : events) {
        times.add(event.stamp.time);
        origins.add(std::string_view{event.stamp.dot.origin});
        seqs.add(static_cast<std::int64_t>(event.stamp.dot.seq));
        resources.add(std::string_view{event.resource});
        keys.add(std::string_view{event.key});
        details.add(std::string_view{event.detail});
    }
    Parameters parameters;
    for (const Array* column : {&times, &origins, &seqs, &resources, &keys, &details})
        parameters.add(*column);
    return {
        "INSERT INTO atoll_events (at, origin, seq, resource, key, detail) SELECT * FROM"
        " unnest($1::timestamp[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[])"
        " ON CONFLICT DO NOTHING",
        std::move(parameters)};
}

Command remove_events(const std::vector<Stamp>& stamps) {
    Array times{Type::timestamp}, origins{Type::text}, seqs{Type::int8};
    for (const Stamp& stamp : stamps) {
        times.add(stamp.time);
        origins.add(std::string_view{stamp.dot.origin});
        seqs.add(static_cast<std::int64_t>(stamp.dot.seq));
    }
    return {
        "DELETE FROM atoll_events AS event USING unnest($1::timestamp[], $2::text[], $3::bigint[])"
        " AS gone(at, origin, seq) WHERE event.at = gone.at AND event.origin = gone.origin"
        " AND event.seq = gone.seq",
        Parameters{}.add(times).add(origins).add(seqs)};
}

// The database adds up the rows' bytes and ends the piece.
Command events_command(const EventQuery& query) {
    Parameters parameters;
    add(parameters, query.after).add(std::uint64_t{query.limits.rows_max});
    parameters.add(query.limits.bytes_max);
    std::string from = "atoll_events";
    if (!query.resource.empty()) {
        from = of_record_sql;
        parameters.add(std::string_view{query.resource}).add(std::string_view{query.key});
    }
    return {"SELECT at, origin, seq, resource, key, detail FROM (SELECT piece.*, sum(" + bytes_sql +
                ") OVER (ORDER BY at, origin, seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
                " AS before FROM (SELECT * FROM " +
                from +
                " WHERE (at, origin, seq) > ($1, $2, $3) ORDER BY at, origin, seq LIMIT $4) AS "
                "piece) AS sized"
                " WHERE coalesce(before, 0) < $5 ORDER BY at, origin, seq",
            std::move(parameters)};
}

std::vector<Event> read_events(const Answer& answer) {
    std::vector<Event> events;
    for (int row = 0; row < answer.rows(); ++row) {
        events.push_back({stamp_at(answer, row), std::string{answer.text(row, 3)},
                          std::string{answer.text(row, 4)}, std::string{answer.text(row, 5)}});
    }
    return events;
}

Command event_bytes_command() {
    return {"SELECT coalesce(sum(" + bytes_sql + "), 0)::bigint FROM atoll_events", {}, false};
}

Command event_fronts_command(const Stamp& after, std::uint32_t rows_max) {
    Parameters parameters;
    add(parameters, after).add(std::uint64_t{rows_max});
    return {"SELECT at, origin, seq, " + bytes_sql +
                " FROM atoll_events WHERE (at, origin, seq) > ($1, $2, $3)"
                " ORDER BY at, origin, seq LIMIT $4",
            std::move(parameters)};
}

std::vector<EventFront> read_event_fronts(const Answer& answer) {
    std::vector<EventFront> fronts;
    for (int row = 0; row < answer.rows(); ++row)
        fronts.push_back({stamp_at(answer, row), answer.natural(row, 3)});
    return fronts;
}

Command remove_events_to(const Stamp& after, const Stamp& to) {
    Parameters parameters;
    add(parameters, after);
    add(parameters, to);
    return {
        "DELETE FROM atoll_events WHERE (at, origin, seq) > ($1, $2, $3)"
        " AND (at, origin, seq) <= ($4, $5, $6)",
        std::move(parameters)};
}

}  // namespace reef::store::postgres
