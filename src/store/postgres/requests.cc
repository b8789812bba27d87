#include "store/postgres/requests.hpp"

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

namespace {

// The columns of several ids to be saved.
class NewRequests {
public:
    void add(const Schema& schema, const RequestId& id, std::uint64_t number,
             const RequestSeen& seen) {
        ids_.add(std::string_view{to_text(id)});
        numbers_.add(static_cast<std::int64_t>(number));
        times_.add(seen.stamp.time);
        origins_.add(std::string_view{seen.stamp.dot.origin});
        seqs_.add(static_cast<std::int64_t>(seen.stamp.dot.seq));
        resources_.add(std::string_view{schema[seen.record.resource].name});
        keys_.add(std::string_view{to_text(seen.record.key)});
        kinds_.add(static_cast<std::int64_t>(seen.kind));
        attempts_.add(std::string_view{seen.attempt});
        bodies_.add(seen.body);
        effects_.add(std::string_view{effects_text(schema, seen)});
    }

    void append_to(Commands& commands, const std::string& sql) const {
        if (ids_.size() == 0) return;
        Parameters parameters;
        for (const Array* column : {&ids_, &numbers_, &times_, &origins_, &seqs_, &resources_,
                                    &keys_, &kinds_, &attempts_, &bodies_, &effects_}) {
            parameters.add(*column);
        }
        commands.push_back({sql, std::move(parameters)});
    }

private:
    Array ids_{Type::text}, numbers_{Type::int8}, times_{Type::timestamp}, origins_{Type::text},
        seqs_{Type::int8}, resources_{Type::text}, keys_{Type::text}, kinds_{Type::int8},
        attempts_{Type::text}, bodies_{Type::bytes}, effects_{Type::text};
};

const std::string insert_ids_sql =
    "INSERT INTO atoll_requests (id, number, at, origin, seq, resource, key, kind, attempt, body,"
    " effects) SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamp[], $4::text[],"
    " $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::bytea[], $11::text[])";

// An id that is saved again gets a new number: it counts as the youngest.
const std::string replace_sql =
    insert_ids_sql +
    " ON CONFLICT (id) DO UPDATE SET number = excluded.number, at = excluded.at,"
    " origin = excluded.origin, seq = excluded.seq, resource = excluded.resource,"
    " key = excluded.key, kind = excluded.kind, attempt = excluded.attempt, body = excluded.body,"
    " effects = excluded.effects";

}  // namespace

void append_requests(Commands& commands, const Schema& schema,
                     const std::vector<std::pair<RequestId, RequestSeen>>& requests,
                     const std::set<RequestId>& absent, std::uint64_t& last) {
    // One INSERT ... ON CONFLICT cannot write a row twice: of an id that is in a batch twice, the
    // later one is saved.
    std::map<RequestId, const RequestSeen*> latest;
    for (const auto& [id, seen] : requests)
        latest[id] = &seen;
    NewRequests inserted, replaced;
    for (const auto& [id, seen] : requests) {
        if (latest.at(id) != &seen) continue;
        (absent.contains(id) ? inserted : replaced).add(schema, id, ++last, seen);
    }
    inserted.append_to(commands, insert_ids_sql);
    replaced.append_to(commands, replace_sql);
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
