#include "store/postgres/ledger.hpp"

#include <charconv>

#include "base/text/json_object.hpp"
#include "store/columns.hpp"

namespace reef::store::postgres {

namespace {

std::string digest_bytes(const Schema& schema, const Ledger& ledger) {
    std::string bytes;
    bytes.reserve(schema.resources.size() * 16 * (digest_buckets + 1));
    for (const Resource& resource : schema.resources) {
        const auto found = ledger.digests.find(resource.id);
        const Digest sums = found == ledger.digests.end() ? Digest{} : found->second;
        for (const Hash128& bucket : sums.buckets)
            bytes += bytes_of(bucket);
        bytes += bytes_of(Hash128{0, sums.rows});
    }
    return bytes;
}

Digest digest_from(std::string_view bytes) {
    Digest sums;
    for (std::size_t i = 0; i < digest_buckets; ++i)
        sums.buckets[i] = hash_from(bytes.substr(16 * i, 16));
    sums.rows = hash_from(bytes.substr(16 * digest_buckets, 16)).low;
    return sums;
}

std::string json_of(const Schema& schema, const BatchRow& row) {
    const Ledger& ledger = row.ledger;
    JsonObject origins, slots, cursors;
    for (const auto& [origin, mark] : ledger.origins) {
        origins.put(origin, JsonObject{}
                                .put("received", std::to_string(mark.received))
                                .put("applied", std::to_string(mark.applied))
                                .put_text("hash", to_hex(mark.hash))
                                .json());
    }
    for (const auto& [id, slot] : ledger.next_id)
        slots.put(schema[id].name, std::to_string(slot));
    for (const auto& [name, text] : ledger.cursors)
        cursors.put_text(name, text);
    std::vector<std::string> resources;  // whose digests follow, in this order
    for (const Resource& resource : schema.resources)
        resources.push_back(resource.name);
    JsonObject json;
    if (row.event_bytes) json.put("event_bytes", std::to_string(*row.event_bytes));
    return json.put_text("origin", ledger.self)
        .put_text("stamp", to_text(ledger.stamp))
        .put("origins", origins.json())
        .put("next_slot", slots.json())
        .put("cursors", cursors.json())
        .put("log_bytes", std::to_string(row.log_bytes))
        .put("last_request", std::to_string(row.last_request))
        .put("digests_of", json_texts(resources))
        .json();
}

template <class Number>
Number number_in(const Json* json) {
    Number number = 0;
    if (json) std::from_chars(json->text.data(), json->text.data() + json->text.size(), number);
    return number;
}

std::string text_in(const Json* json) {
    return json ? json->text : "";
}

void read_origins(const Json& json, Ledger& ledger) {
    for (const auto& [origin, mark] : json.members) {
        OriginMark& read = ledger.origins[origin];
        read.received = number_in<std::uint64_t>(mark.find("received"));
        read.applied = number_in<std::uint64_t>(mark.find("applied"));
        read.hash = parse_hash(text_in(mark.find("hash"))).value_or(Hash128{});
    }
}

void read_digests(const Schema& schema, const Json& names, std::string_view bytes, Ledger& ledger) {
    constexpr std::size_t size = 16 * (digest_buckets + 1);
    for (const Json& name : names.items) {
        if (bytes.size() < size) return;
        if (const Resource* of = schema.find(name.text)) {
            ledger.digests[of->id] = digest_from(bytes.substr(0, size));
        }
        bytes.remove_prefix(size);
    }
}

// [[source, seq, resource, key], …]: the dead letters.
void read_parked(const Schema& schema, const Json& letters, Ledger& ledger) {
    for (const Json& letter : letters.items) {
        const Dot name{letter.items[0].text, number_in<std::uint64_t>(&letter.items[1])};
        std::optional<RecordRef>& record = ledger.parked[name];
        const Resource* resource = schema.find(letter.items[2].text);
        if (!resource) continue;  // the app no longer has it
        const Json& key = letter.items[3];
        record = {resource->id, key_type(resource->key_field()) == Type::int8
                                    ? Key{number_in<std::int64_t>(&key)}
                                    : Key{key.text}};
    }
}

}  // namespace

// EXTERNAL: the digests are not compressed, and are stored in the row as long as it fits on a page.
const char* const batches_sql =
    "CREATE TABLE atoll_node (node TEXT PRIMARY KEY);\n"
    "CREATE TABLE atoll_batches (\n"
    "  number BIGINT PRIMARY KEY,\n"
    "  token BIGINT NOT NULL,\n"
    "  ledger JSON NOT NULL,\n"
    "  digests BYTEA NOT NULL\n) WITH (toast_tuple_target = 8160);\n"
    "ALTER TABLE atoll_batches ALTER COLUMN digests SET STORAGE EXTERNAL;\n";

const char* const leases_sql =
    "CREATE TABLE IF NOT EXISTS atoll_leases (\n"
    "  number BIGINT PRIMARY KEY,\n"
    "  since TIMESTAMP NOT NULL DEFAULT now()\n);\n";

const char* const notices = "atoll";

const char* const origins_sql =
    "(SELECT json_object_keys(ledger->'origins') AS origin FROM"
    " (SELECT ledger FROM atoll_batches ORDER BY number DESC LIMIT 1) AS newest)";

Command lock_command() {
    return {"SELECT 1 FROM atoll_node FOR UPDATE"};
}

Command newest_command(const BatchMark& known) {
    return {
        "SELECT number, token, CASE WHEN token <> $1 THEN ledger END,"
        " CASE WHEN token <> $1 THEN digests END, CASE WHEN token <> $1 THEN (SELECT"
        " json_agg(json_build_array(source, seq, resource, key)) FROM atoll_dead_letters) END,"
        " (SELECT max(number) FROM atoll_leases),"
        " (SELECT token FROM atoll_batches WHERE number = $2)"
        " FROM atoll_batches ORDER BY number DESC LIMIT 1",
        Parameters{}.add(known.token).add(known.number)};
}

// One that was trimmed is known to no other number.
bool has_gone_back(const Answer& newest, const BatchMark& known) {
    if (newest.rows() != 1) return false;
    const bool replaced = !newest.is_null(0, 6) && newest.integer(0, 6) != known.token;
    return newest.natural(0, 0) < known.number || replaced;
}

Error gone_back(std::uint64_t known) {
    return {Errc::broken,
            "the database has gone back in time, before batch " + std::to_string(known)};
}

Command unchanged_command(std::int64_t token, std::uint64_t lease) {
    return {
        "SELECT 1 / (token = $1 AND coalesce((SELECT max(number) FROM atoll_leases), 0) = $2)::int"
        " FROM atoll_batches ORDER BY number DESC LIMIT 1",
        Parameters{}.add(token).add(lease)};
}

std::uint64_t read_lease(const Answer& newest) {
    return newest.rows() == 1 ? newest.natural(0, 5) : 0;
}

Result<BatchRow> batch_row_from(const Schema& schema, std::string_view text,
                                std::string_view digests) {
    const auto json = parse_json(text);
    if (!json) return Error{Errc::invalid, "atoll_batches: " + json.error().what};
    BatchRow row;
    Ledger& ledger = row.ledger;
    for (const Resource& resource : schema.resources)
        ledger.digests.emplace(resource.id, Digest{});
    ledger.self = text_in(json->find("origin"));
    ledger.stamp = parse_stamp(text_in(json->find("stamp"))).value_or(Stamp{});
    if (const Json* origins = json->find("origins")) read_origins(*origins, ledger);
    if (const Json* slots = json->find("next_slot")) {
        for (const auto& [name, slot] : slots->members) {
            const Resource* of = schema.find(name);
            if (of) ledger.next_id[of->id] = number_in<std::int64_t>(&slot);
        }
    }
    if (const Json* cursors = json->find("cursors")) {
        for (const auto& [name, cursor] : cursors->members)
            ledger.cursors.emplace(name, cursor.text);
    }
    row.log_bytes = number_in<std::uint64_t>(json->find("log_bytes"));
    row.last_request = number_in<std::uint64_t>(json->find("last_request"));
    if (const Json* bytes = json->find("event_bytes"))
        row.event_bytes = number_in<std::uint64_t>(bytes);
    if (const Json* names = json->find("digests_of")) read_digests(schema, *names, digests, ledger);
    if (!ledger.origins.contains(ledger.self)) {
        return Error{Errc::invalid, "atoll_batches: the newest batch does not say its origin"};
    }
    return row;
}

Result<std::optional<BatchRow>> read_newest(const Schema& schema, const Answer& answer,
                                            const BatchMark& known) {
    if (answer.rows() != 1) return Error{Errc::invalid, "atoll_batches is empty"};
    const BatchMark mark{answer.natural(0, 0), answer.integer(0, 1)};
    if (mark.token == known.token) return std::nullopt;
    auto row = batch_row_from(schema, answer.text(0, 2), answer.bytes(0, 3));
    if (!row) return row.error();
    if (!answer.is_null(0, 4)) {
        const auto parked = parse_json(answer.text(0, 4));
        if (!parked) return Error{Errc::invalid, "atoll_dead_letters: " + parked.error().what};
        read_parked(schema, *parked, row->ledger);
    }
    row->mark = mark;
    row->ledger.batch = mark.number;
    row->ledger.lease = read_lease(answer);
    return std::optional{std::move(*row)};
}

// The server commits transactions that notify one after the other, across all of its databases. The
// wait for that is no wait for a row: lock_timeout must not end it.
Command notice_command(const std::string& process) {
    return {
        "SELECT pg_notify($1, $2), set_config('lock_timeout', '5s', true),"
        " pg_current_xact_id()::xid",
        Parameters{}.add(std::string_view{notices}).add(std::string_view{process})};
}

Command save_command(const Schema& schema, const BatchRow& row) {
    Parameters parameters;
    parameters.add(row.mark.number).add(row.mark.token);
    parameters.add(std::string_view{json_of(schema, row)});
    parameters.add_bytes(digest_bytes(schema, row.ledger));
    return {"INSERT INTO atoll_batches (number, token, ledger, digests) VALUES ($1, $2, $3, $4)",
            std::move(parameters)};
}

Command fence_command(const BatchMark& unless, std::int64_t token) {
    return {
        "INSERT INTO atoll_batches (number, token, ledger, digests)"
        " SELECT number + 1, $3, ledger, digests FROM atoll_batches WHERE NOT EXISTS"
        " (SELECT FROM atoll_batches WHERE number = $1 AND token = $2)"
        " ORDER BY number DESC LIMIT 1",
        Parameters{}.add(unless.number).add(unless.token).add(token)};
}

Command forget_command(std::uint64_t from, std::uint64_t before) {
    return {"DELETE FROM atoll_batches WHERE number >= $1 AND number < $2",
            Parameters{}.add(from).add(before)};
}

}  // namespace reef::store::postgres
