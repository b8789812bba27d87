#include "store/postgres_requests.hpp"

#include <map>

#include "model/effects.hpp"

namespace reef::store::postgres {

const char* const requests_sql =
    "CREATE TABLE atoll_requests (\n"
    "  id TEXT COLLATE \"C\" PRIMARY KEY,\n"
    "  number BIGINT NOT NULL UNIQUE,\n"
    "  at TIMESTAMP NOT NULL,\n"
    "  origin TEXT NOT NULL,\n"
    "  seq BIGINT NOT NULL,\n"
    "  resource TEXT NOT NULL,\n"
    "  key TEXT NOT NULL,\n"
    "  kind SMALLINT NOT NULL,\n"
    "  attempt TEXT NOT NULL,\n"
    "  body BYTEA NOT NULL,\n"
    "  effects TEXT NOT NULL\n);\n"
    "COMMENT ON COLUMN atoll_requests.number IS 'in the order saved';\n"
    "COMMENT ON COLUMN atoll_requests.effects IS 'to counters, and elsewhere';\n";

Command find_requests(const std::vector<RequestId>& ids) {
    Array texts{Type::text};
    for (const RequestId& id : ids)
        texts.add(std::string_view{to_text(id)});
    return {
        "SELECT wanted.place, at, origin, seq, resource, key, kind, attempt, body, effects"
        " FROM unnest($1::text[]) WITH ORDINALITY AS wanted(id, place)"
        " JOIN atoll_requests ON atoll_requests.id = wanted.id",
        Parameters{}.add(texts)};
}

Result<std::optional<RequestSeen>> read_request(const Schema& schema, const Answer& answer,
                                                int row) {
    const Resource* resource = schema.find(answer.text(row, 4));
    if (!resource) return std::nullopt;
    RequestSeen seen;
    seen.stamp = {answer.time(row, 1), {OriginId{answer.text(row, 2)}, answer.natural(row, 3)}};
    seen.record = {resource->id, answer.key(row, 5, resource->key_field())};
    seen.kind = static_cast<WriteKind>(answer.integer(row, 6));
    seen.attempt = answer.text(row, 7);
    seen.body = answer.hash(row, 8);
    const auto read = read_effects_text(schema, answer.text(row, 9), seen);
    if (!read) return read.error();
    return std::optional{std::move(seen)};
}

Command requests_after(std::uint64_t number, std::uint32_t rows_max) {
    return {
        "SELECT number, at, origin, seq, resource, key, kind, attempt, body, effects, id"
        " FROM atoll_requests WHERE number > $1 ORDER BY number LIMIT $2",
        Parameters{}.add(number).add(std::uint64_t{rows_max})};
}

Result<std::vector<SavedRequest>> read_requests(const Schema& schema, const Answer& answer) {
    std::vector<SavedRequest> all;
    for (int row = 0; row < answer.rows(); ++row) {
        auto id = parse_request_id(answer.text(row, 10));
        auto seen = read_request(schema, answer, row);
        if (!seen) return seen.error();
        if (id && *seen) all.push_back({answer.natural(row, 0), std::move(*id), std::move(**seen)});
    }
    return all;
}

// An id that is saved again is the youngest again.
Command save_requests(const Schema& schema,
                      const std::vector<std::pair<RequestId, RequestSeen>>& requests,
                      std::uint64_t& last) {
    // One statement cannot write a row twice: of an id that a batch has twice the later counts.
    std::map<RequestId, const RequestSeen*> latest;
    for (const auto& [id, seen] : requests)
        latest[id] = &seen;
    Array ids{Type::text}, numbers{Type::int8}, times{Type::timestamp}, origins{Type::text},
        seqs{Type::int8}, resources{Type::text}, keys{Type::text}, kinds{Type::int8},
        attempts{Type::text}, bodies{Type::bytes}, effects{Type::text};
    for (const auto& [id, request] : requests) {
        if (latest.at(id) != &request) continue;
        ids.add(std::string_view{to_text(id)});
        numbers.add(static_cast<std::int64_t>(++last));
        times.add(request.stamp.time);
        origins.add(std::string_view{request.stamp.dot.origin});
        seqs.add(static_cast<std::int64_t>(request.stamp.dot.seq));
        resources.add(std::string_view{schema[request.record.resource].name});
        keys.add(std::string_view{to_text(request.record.key)});
        kinds.add(static_cast<std::int64_t>(request.kind));
        attempts.add(std::string_view{request.attempt});
        bodies.add(request.body);
        effects.add(std::string_view{effects_text(schema, request)});
    }
    Parameters parameters;
    for (const Array* column : {&ids, &numbers, &times, &origins, &seqs, &resources, &keys, &kinds,
                                &attempts, &bodies, &effects}) {
        parameters.add(*column);
    }
    return {
        "INSERT INTO atoll_requests (id, number, at, origin, seq, resource, key, kind, attempt,"
        " body, effects) SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamp[],"
        " $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::text[],"
        " $10::bytea[], $11::text[]) ON CONFLICT (id) DO UPDATE SET number = excluded.number,"
        " at = excluded.at, origin = excluded.origin, seq = excluded.seq,"
        " resource = excluded.resource, key = excluded.key, kind = excluded.kind,"
        " attempt = excluded.attempt, body = excluded.body, effects = excluded.effects",
        std::move(parameters)};
}

Command oldest_requests(std::uint64_t from, std::uint32_t rows_max) {
    return {"SELECT number, at FROM atoll_requests WHERE number >= $1 ORDER BY number LIMIT $2",
            Parameters{}.add(from).add(std::uint64_t{rows_max})};
}

std::vector<RequestFront> read_oldest(const Answer& answer) {
    std::vector<RequestFront> oldest;
    for (int row = 0; row < answer.rows(); ++row)
        oldest.push_back({answer.natural(row, 0), answer.time(row, 1)});
    return oldest;
}

Command remove_requests(std::uint64_t from, std::uint64_t to) {
    return {"DELETE FROM atoll_requests WHERE number BETWEEN $1 AND $2",
            Parameters{}.add(from).add(to)};
}

}  // namespace reef::store::postgres
