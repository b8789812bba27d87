#include "store/postgres/conflict_log.hpp"

#include <map>
#include <tuple>

namespace reef::store::postgres {

namespace {

const std::string conflict_columns = "id, resource, key, at, kind, detail, name, lost, settled";

// A piece of a table in the order of its ids, of the rows for which `condition` holds: $1 is the id
// before, $2 and $3 are the limits. The database adds up the rows' bytes and ends it.
Command piece_of(const std::string& table, const std::string& columns, const std::string& big,
                 const std::string& condition, Parameters parameters) {
    return {"SELECT " + columns + " FROM (SELECT piece.*, sum(octet_length(" + big +
                ")) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before"
                " FROM (SELECT * FROM " +
                table + " WHERE id > $1" + condition +
                " ORDER BY id LIMIT $2) AS piece) AS sized"
                " WHERE coalesce(before, 0) < $3 ORDER BY id",
            std::move(parameters)};
}

Parameters piece_parameters(std::uint64_t after, ScanLimits limits) {
    Parameters parameters;
    parameters.add(after).add(std::uint64_t{limits.rows_max}).add(limits.bytes_max);
    return parameters;
}

Array texts_of(const std::vector<std::string>& texts) {
    Array array{Type::text};
    for (const std::string& text : texts)
        array.add(std::string_view{text});
    return array;
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

const char* const conflict_ids_sql =
    "ALTER TABLE atoll_conflicts ADD COLUMN IF NOT EXISTS name TEXT;\n"
    "ALTER TABLE atoll_conflicts ADD COLUMN IF NOT EXISTS lost TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE atoll_conflicts ADD COLUMN IF NOT EXISTS settled TEXT NOT NULL DEFAULT '';\n"
    "COMMENT ON COLUMN atoll_conflicts.name IS 'the same on every node';\n"
    "COMMENT ON COLUMN atoll_conflicts.lost IS 'the write that lost';\n"
    "COMMENT ON COLUMN atoll_conflicts.settled IS 'the write that settled it';\n"
    "CREATE UNIQUE INDEX IF NOT EXISTS atoll_conflicts_by_name ON atoll_conflicts (name);\n"
    "CREATE INDEX IF NOT EXISTS atoll_conflicts_by_kind ON atoll_conflicts (kind, settled);\n"
    "CREATE INDEX IF NOT EXISTS atoll_conflicts_open ON atoll_conflicts (resource, key)"
    " WHERE settled = '';\n";

Command save_conflicts(const Schema& schema, const std::vector<Conflict>& conflicts) {
    Array resources{Type::text}, keys{Type::text}, times{Type::timestamp}, kinds{Type::text},
        details{Type::text}, names{Type::text}, lost{Type::text};
    for (const Conflict& conflict : conflicts) {
        resources.add(std::string_view{schema[conflict.record.resource].name});
        keys.add(std::string_view{to_text(conflict.record.key)});
        times.add(conflict.at);
        kinds.add(std::string_view{conflict.kind});
        details.add(std::string_view{conflict.detail});
        names.add(std::string_view{conflict.id});
        const bool writes = !conflict.lost.origin.empty();
        lost.add(std::string_view{writes ? to_text(conflict.lost) : std::string{}});
    }
    Parameters parameters;
    for (const Array* column : {&resources, &keys, &times, &kinds, &details, &names, &lost})
        parameters.add(*column);
    return {
        "INSERT INTO atoll_conflicts (resource, key, at, kind, detail, name, lost) SELECT * FROM"
        " unnest($1::text[], $2::text[], $3::timestamp[], $4::text[], $5::text[], $6::text[],"
        " $7::text[]) ON CONFLICT (name) DO UPDATE SET detail = excluded.detail",
        std::move(parameters)};
}

Command settle_conflicts(const SettledConflicts& settled) {
    Array names{Type::text}, writes{Type::text};
    for (const auto& [name, write] : settled) {
        names.add(std::string_view{name});
        writes.add(std::string_view{write});
    }
    return {
        "UPDATE atoll_conflicts AS listed SET settled = done.write"
        " FROM unnest($1::text[], $2::text[]) AS done(name, write)"
        " WHERE listed.name = done.name",
        Parameters{}.add(names).add(writes)};
}

Command remove_conflicts(const std::vector<std::string>& ids) {
    return {"DELETE FROM atoll_conflicts WHERE name = ANY($1::text[])",
            Parameters{}.add(texts_of(ids))};
}

void append_shared(Commands& commands, const Schema& schema,
                   const std::vector<RowStatements>& statements,
                   const std::vector<SharedValue>& shared) {
    struct Asked {
        Array values;
        Array names{Type::text}, resources{Type::text}, keys{Type::text}, times{Type::timestamp},
            kinds{Type::text}, details{Type::text};
    };
    std::map<std::tuple<ResourceId, FieldId, bool>, Asked> by_field;
    for (const SharedValue& value : shared) {
        const Field& field = schema[value.ref.resource].fields[value.ref.field];
        const std::tuple place{value.ref.resource, value.ref.field, value.target.has_value()};
        Asked& asked = by_field.try_emplace(place, Asked{Array{order_type(field)}}).first->second;
        const Conflict& conflict = value.conflict;
        asked.values.add_order(field, value.ref.value);
        asked.names.add(std::string_view{conflict.id});
        asked.resources.add(std::string_view{schema[conflict.record.resource].name});
        asked.keys.add(std::string_view{to_text(conflict.record.key)});
        asked.times.add(conflict.at);
        asked.kinds.add(std::string_view{conflict.kind});
        asked.details.add(std::string_view{conflict.detail});
    }
    for (const auto& [place, asked] : by_field) {
        const auto& [resource, field, refers] = place;
        const FieldStatements& by = statements[resource].by_field[field];
        commands.push_back({refers ? by.unlist_buried : by.unlist_shared,
                            Parameters{}.add(asked.values).add(asked.names)});
        Parameters parameters;
        for (const Array* column : {&asked.values, &asked.names, &asked.resources, &asked.keys,
                                    &asked.times, &asked.kinds, &asked.details})
            parameters.add(*column);
        commands.push_back({refers ? by.list_buried : by.list_shared, std::move(parameters)});
    }
}

Command open_conflicts(const Schema& schema, const std::vector<RecordRef>& records) {
    Array resources{Type::text}, keys{Type::text};
    for (const RecordRef& record : records) {
        resources.add(std::string_view{schema[record.resource].name});
        keys.add(std::string_view{to_text(record.key)});
    }
    return {"SELECT " + conflict_columns +
                " FROM unnest($1::text[], $2::text[]) AS asked(its_resource, its_key) CROSS JOIN "
                "LATERAL"
                " (SELECT * FROM atoll_conflicts WHERE resource = its_resource AND key = its_key"
                " AND settled = '') AS listed ORDER BY id",
            Parameters{}.add(resources).add(keys)};
}

Command unnamed_conflicts() {
    return {"SELECT " + conflict_columns + " FROM atoll_conflicts WHERE name IS NULL ORDER BY id",
            {},
            false};
}

Command remove_unnamed(const std::vector<Conflict>& conflicts) {
    Array numbers{Type::int8};
    for (const Conflict& conflict : conflicts)
        numbers.add(static_cast<std::int64_t>(conflict.number));
    return {"DELETE FROM atoll_conflicts WHERE id = ANY($1::bigint[])", Parameters{}.add(numbers)};
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

// Of resources that the app no longer has nothing is listed.
Command conflicts_command(const Schema& schema, const ConflictQuery& query) {
    if (!query.id.empty()) {
        return {"SELECT " + conflict_columns + " FROM atoll_conflicts WHERE name = $1",
                Parameters{}.add(std::string_view{query.id})};
    }
    Array resources{Type::text};
    for (const Resource& resource : schema.resources) {
        if (!query.resource || *query.resource == resource.id)
            resources.add(std::string_view{resource.name});
    }
    Parameters parameters = piece_parameters(query.after, query.limits);
    parameters.add(resources).add(std::string_view{query.kind});
    parameters.add(query.since.value_or(Time{0})).add(std::int64_t{query.open ? 1 : 0});
    return piece_of("atoll_conflicts", conflict_columns, "detail",
                    " AND resource = ANY($4::text[]) AND ($5 = '' OR kind = $5) AND at >= $6"
                    " AND ($7 = 0 OR settled = '')",
                    std::move(parameters));
}

Command conflict_counts_command() {
    return {
        "SELECT kind, count(*), count(*) FILTER (WHERE settled = '') FROM atoll_conflicts"
        " GROUP BY kind",
        {},
        false};
}

std::map<std::string, ConflictCount> read_conflict_counts(const Answer& answer) {
    std::map<std::string, ConflictCount> counts;
    for (int row = 0; row < answer.rows(); ++row)
        counts[std::string{answer.text(row, 0)}] = {answer.natural(row, 1), answer.natural(row, 2)};
    return counts;
}

Command letters_command(std::uint64_t after, ScanLimits limits) {
    return piece_of("atoll_dead_letters", "id, source, seq, resource, key, reason, body, at",
                    "body", "", piece_parameters(after, limits));
}

std::vector<Conflict> read_conflicts(const Schema& schema, const Answer& answer) {
    std::vector<Conflict> all;
    for (int row = 0; row < answer.rows(); ++row) {
        const Resource* resource = schema.find(answer.text(row, 1));
        if (!resource) continue;  // the app no longer has it
        Conflict conflict;
        conflict.number = answer.natural(row, 0);
        conflict.record = {resource->id, answer.key(row, 2, resource->key_field())};
        conflict.at = answer.time(row, 3);
        conflict.kind = answer.text(row, 4);
        conflict.detail = answer.text(row, 5);
        conflict.id = answer.text(row, 6);
        conflict.lost = parse_dot(answer.text(row, 7)).value_or(Dot{});
        conflict.settled = answer.text(row, 8);
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
