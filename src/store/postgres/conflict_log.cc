#include "store/postgres/conflict_log.hpp"

#include <map>

namespace reef::store::postgres {

namespace {

// A piece of a table in the order of its ids. The database adds up the rows' bytes and ends it.
Command piece_of(const std::string& table, const std::string& columns, const std::string& big,
                 std::uint64_t after, ScanLimits limits) {
    return {"SELECT " + columns + " FROM (SELECT piece.*, sum(octet_length(" + big +
                ")) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before"
                " FROM (SELECT * FROM " +
                table +
                " WHERE id > $1 ORDER BY id LIMIT $2) AS piece) AS sized"
                " WHERE coalesce(before, 0) < $3 ORDER BY id",
            Parameters{}.add(after).add(std::uint64_t{limits.rows_max}).add(limits.bytes_max)};
}

}  // namespace

const char* const conflict_log_sql =
    "CREATE TABLE atoll_conflicts (\n"
    "  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "  resource TEXT NOT NULL,\n"
    "  key TEXT NOT NULL,\n"
    "  at TIMESTAMP NOT NULL,\n"
    "  kind TEXT NOT NULL,\n"
    "  detail TEXT NOT NULL\n);\n"
    "CREATE TABLE atoll_dead_letters (\n"
    "  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "  source TEXT NOT NULL,\n"
    "  seq BIGINT NOT NULL,\n"
    "  resource TEXT,\n"
    "  key TEXT,\n"
    "  reason TEXT NOT NULL,\n"
    "  body BYTEA NOT NULL,\n"
    "  at TIMESTAMP NOT NULL,\n"
    "  UNIQUE (source, seq)\n);\n"
    "COMMENT ON COLUMN atoll_dead_letters.body IS 'as it came, which need not be text';\n";

Command save_conflicts(const Schema& schema, const std::vector<Conflict>& conflicts) {
    Array resources{Type::text}, keys{Type::text}, times{Type::timestamp}, kinds{Type::text},
        details{Type::text};
    for (const Conflict& conflict : conflicts) {
        resources.add(std::string_view{schema[conflict.record.resource].name});
        keys.add(std::string_view{to_text(conflict.record.key)});
        times.add(conflict.at);
        kinds.add(std::string_view{conflict.kind});
        details.add(std::string_view{conflict.detail});
    }
    return {
        "INSERT INTO atoll_conflicts (resource, key, at, kind, detail) SELECT * FROM"
        " unnest($1::text[], $2::text[], $3::timestamp[], $4::text[], $5::text[])",
        Parameters{}.add(resources).add(keys).add(times).add(kinds).add(details)};
}

Command remove_letters(const std::vector<DeadLetter>& replaced, const std::vector<Dot>& settled) {
    Array sources{Type::text}, seqs{Type::int8};
    const auto add = [&](const std::string& source, std::uint64_t seq) {
        sources.add(std::string_view{source});
        seqs.add(static_cast<std::int64_t>(seq));
    };
    for (const DeadLetter& letter : replaced)
        add(letter.source, letter.seq);
    for (const Dot& name : settled)
        add(name.origin, name.seq);
    return {
        "DELETE FROM atoll_dead_letters AS letter USING unnest($1::text[], $2::bigint[])"
        " AS gone(source, seq) WHERE letter.source = gone.source AND letter.seq = gone.seq",
        Parameters{}.add(sources).add(seqs)};
}

Command save_letters(const Schema& schema, const std::vector<DeadLetter>& letters) {
    std::map<Dot, const DeadLetter*> latest;  // of two letters with one name
    for (const DeadLetter& letter : letters)
        latest[{letter.source, letter.seq}] = &letter;
    Array sources{Type::text}, seqs{Type::int8}, resources{Type::text}, keys{Type::text},
        reasons{Type::text}, bodies{Type::bytes}, times{Type::timestamp};
    for (const DeadLetter& letter : letters) {
        if (latest.at({letter.source, letter.seq}) != &letter) continue;
        sources.add(std::string_view{letter.source});
        seqs.add(static_cast<std::int64_t>(letter.seq));
        if (letter.record) {
            resources.add(std::string_view{schema[letter.record->resource].name});
            keys.add(std::string_view{to_text(letter.record->key)});
        } else {
            resources.add_null();
            keys.add_null();
        }
        reasons.add(std::string_view{letter.reason});
        bodies.add(std::string_view{letter.body});
        times.add(letter.at);
    }
    Parameters parameters;
    for (const Array* column : {&sources, &seqs, &resources, &keys, &reasons, &bodies, &times})
        parameters.add(*column);
    return {
        "INSERT INTO atoll_dead_letters (source, seq, resource, key, reason, body, at)"
        " SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[],"
        " $6::bytea[], $7::timestamp[])",
        std::move(parameters)};
}

Command conflicts_command(std::uint64_t after, ScanLimits limits) {
    return piece_of("atoll_conflicts", "id, resource, key, at, kind, detail", "detail", after,
                    limits);
}

Command letters_command(std::uint64_t after, ScanLimits limits) {
    return piece_of("atoll_dead_letters", "id, source, seq, resource, key, reason, body, at",
                    "body", after, limits);
}

std::vector<Conflict> read_conflicts(const Schema& schema, const Answer& answer) {
    std::vector<Conflict> all;
    for (int row = 0; row < answer.rows(); ++row) {
        const Resource* resource = schema.find(answer.text(row, 1));
        if (!resource) continue;  // the app no longer has it
        Conflict conflict;
        conflict.id = answer.natural(row, 0);
        conflict.record = {resource->id, answer.key(row, 2, resource->key_field())};
        conflict.at = answer.time(row, 3);
        conflict.kind = answer.text(row, 4);
        conflict.detail = answer.text(row, 5);
        all.push_back(std::move(conflict));
    }
    return all;
}

std::vector<DeadLetter> read_letters(const Schema& schema, const Answer& answer) {
    std::vector<DeadLetter> all;
    for (int row = 0; row < answer.rows(); ++row) {
        DeadLetter letter;
        letter.id = answer.natural(row, 0);
        letter.source = answer.text(row, 1);
        letter.seq = answer.natural(row, 2);
        const Resource* resource = schema.find(answer.text(row, 3));
        if (resource) letter.record = {resource->id, answer.key(row, 4, resource->key_field())};
        letter.reason = answer.text(row, 5);
        letter.body = answer.bytes(row, 6);
        letter.at = answer.time(row, 7);
        all.push_back(std::move(letter));
    }
    return all;
}

}  // namespace reef::store::postgres
