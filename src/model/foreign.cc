#include "model/foreign.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "model/value_text.hpp"

namespace reef::model {

namespace {

constexpr std::uint64_t version_max = 2'147'483'647;  // of the INTEGER column that others have

bool is_number(const Field& field) {
    switch (field.type) {
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
        case FieldType::decimal:
        case FieldType::floating:
            return true;
        default:
            return false;
    }
}

// Programs that calculate with binary floats send 0.30000000000000004, and their databases round
// it.
Result<Value> read_leniently(const Field& field, const Json& json) {
    const bool text = json.is(Json::Kind::string);
    const bool number = json.is(Json::Kind::number);
    if (field.type == FieldType::decimal && (text || number)) {
        auto value = parse_text(field, json.text);
        if (!value) return value;
        if (auto good = check_rules(field, *value); !good) return good.error();
        return value;
    }
    if (text && is_number(field)) return read_text(field, json.text);
    return read_json(field, json);
}

Error misfit(const Field& field, const std::string& what) {
    return {Errc::invalid, '"' + field.name + "\" " + what};
}

Result<Value> read_member(const Field& field, const Json& body) {
    const Json* json = body.find(field.name);
    if (!json) return misfit(field, "is missing");
    auto value = read_leniently(field, *json);
    if (!value) return misfit(field, value.error().what);
    return value;
}

bool is_needed(const Resource& resource, FieldId id) {
    const auto& needed = resource.update_needs;
    return std::find(needed.begin(), needed.end(), id) != needed.end();
}

bool changes_existing(const Resource& resource, FieldId id) {
    return resource.update_needs.empty() || is_needed(resource, id);
}

// The time of the last write, as people and other programs see it, or that of the first one.
std::optional<FieldId> time_field(const Resource& resource, SetBy set = SetBy::on_write) {
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        if (resource.fields[id].set == set) return id;
    }
    return std::nullopt;
}

ForeignWrite begin_write(const ForeignText& text) {
    ForeignWrite write;
    write.written = text.sent;
    write.request.ids.push_back({RequestKind::id, text.place});
    write.request.body = hash_of(text.body);
    write.traceparent = text.traceparent;
    write.may_be_known = text.may_be_known;
    return write;
}

Result<void> take_key(const Resource& resource, const Result<Value>& value, ForeignWrite& write) {
    if (!value) return value.error();
    auto key = key_from(resource.key_field(), *value);
    if (!key) return key.error();
    write.record = {resource.id, std::move(*key)};
    return {};
}

std::string_view without_blanks(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

Result<Value> read_bare_key(const Field& field, std::string_view body) {
    const auto json = parse_json(body);
    if (json && json->is(Json::Kind::object)) return read_member(field, *json);
    const bool quoted = json && json->is(Json::Kind::string);
    const std::string text{quoted ? std::string_view{json->text} : without_blanks(body)};
    if (!is_utf8(text)) return Error{Errc::invalid, "it is no text"};
    auto value = read_text(field, text);
    if (!value) return misfit(field, value.error().what);
    return value;
}

Result<void> read_version(const Resource& resource, const Json& body, ForeignWrite& write) {
    if (!resource.version) return {};
    const Field& counted = resource.fields[*resource.version];
    auto version = read_member(counted, body);
    if (!version) return version.error();
    const auto* number = std::get_if<std::int64_t>(&*version);
    if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > version_max) {
        return misfit(counted, "must be an integer from 1 to " + std::to_string(version_max));
    }
    write.version = static_cast<std::uint64_t>(*number);
    return {};
}

Result<void> read_fields(const Resource& resource, const Json& body, ForeignWrite& write) {
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        if (!resource.has_state(id)) continue;
        const bool given = field.nullable || field.default_value || field.set != SetBy::client;
        const bool told = field.set == SetBy::client || field.set == SetBy::node;
        if (!told || (given && !body.find(field.name) && !is_needed(resource, id))) continue;
        auto value = read_member(field, body);
        const bool spoils_all = is_needed(resource, id) || body.find(field.name);
        if (!value && changes_existing(resource, id) && spoils_all) return value.error();
        if (!value) {
            write.misfit = value.error().what;
        } else if (field.set == SetBy::client) {
            write.fields.emplace_back(id, std::move(*value));
        } else if (const auto* node = std::get_if<std::string>(&*value)) {
            write.node = *node;
        }
    }
    return {};
}

Result<std::optional<Time>> read_time(const Resource& resource, const Json& body, SetBy set) {
    const auto id = time_field(resource, set);
    const Json* json = id ? body.find(resource.fields[*id].name) : nullptr;
    if (!json || json->is(Json::Kind::null)) return std::optional<Time>{};
    auto value = read_leniently(resource.fields[*id], *json);
    if (!value) return misfit(resource.fields[*id], value.error().what);
    return std::optional{Time{std::get<std::int64_t>(*value)}};
}

Result<void> read_times(const Resource& resource, const Json& body, ForeignWrite& write) {
    const auto written = read_time(resource, body, SetBy::on_write);
    if (!written) return written.error();
    const auto created = read_time(resource, body, SetBy::on_create);
    if (!created) return created.error();
    write.written = written->value_or(write.written);
    write.created = *created;
    return {};
}

// A topic that was made anew has its places once more: the same place with another body is another
// message.
bool was_adopted(const ForeignWrite& write, const Facts& facts) {
    const RequestSeen* seen = facts.request(write.request.ids.front());
    if (!seen) return false;
    const auto is_it = [&write](const RequestSeen& effect) {
        return effect.record == write.record && effect.body == write.request.body;
    };
    return is_it(*seen) || std::any_of(seen->later.begin(), seen->later.end(), is_it);
}

bool differs(const Resource& resource, const ForeignWrite& write, const Row& row) {
    return std::any_of(write.fields.begin(), write.fields.end(), [&](const auto& named) {
        return changes_existing(resource, named.first) &&
               named.second != value_of(resource, row, named.first);
    });
}

Time written_at(const Resource& resource, const Row& row) {
    if (const auto id = time_field(resource)) {
        const Value shown = value_of(resource, row, *id);
        if (const auto* time = std::get_if<std::int64_t>(&shown)) return Time{*time};
    }
    return latest_stamp(row).time;
}

// Of programs that count no versions the later write wins. What is not there can't be deleted.
bool is_older(const Resource& resource, const ForeignWrite& write, const Row* here) {
    if (!here || !here->alive()) {
        return write.removes || (here && here->life.stamp.time >= write.written);
    }
    const Time last = written_at(resource, *here);
    return write.removes ? last > write.written : last >= write.written;
}

// As if a client of this node had sent it, who had seen our row. Its clock may be ahead of ours:
// what it wrote tomorrow was written now.
Intent intent_of(const Resource& resource, const ForeignWrite& write, bool exists, Time now) {
    Intent intent;
    intent.kind = write.removes ? WriteKind::remove
                  : exists      ? WriteKind::update
                                : WriteKind::create;
    intent.resource = resource.id;
    intent.key = write.record.key;
    for (const auto& [id, value] : write.fields) {
        if (!exists || changes_existing(resource, id)) intent.fields.emplace_back(id, value);
    }
    intent.precondition.if_match_any = exists;
    intent.request = write.request;
    intent.received = std::min(write.written, now);
    intent.traceparent = write.traceparent;
    intent.decide_locally = true;
    return intent;
}

// Writes that other programs made and of which only the number is known are writes of `base`: it is
// nobody's log. Of two nodes that adopt one message both raise it to the same number, so that a
// join does not count them twice.
void raise_version(Row& row, std::uint64_t version) {
    const std::uint64_t now = version_of(row);
    if (now >= version) return;
    VectorEntry base{OriginId{base_origin}, 0, 0};
    for (const VectorEntry& entry : row.vector.entries()) {
        if (entry.origin == base_origin) base = entry;
    }
    base.seq += version - now;
    base.count += version - now;
    row.vector.put(std::move(base));
}

// What the other program's own server has set.
void set_origin(const Resource& resource, const ForeignWrite& write, Time now, Row& row) {
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const SetBy set = resource.fields[id].set;
        if (set == SetBy::node && !write.node.empty()) row.cells[id].value = write.node;
        if (set == SetBy::on_create && write.created)
            row.cells[id].value = std::min(*write.created, now).us;
    }
}

}  // namespace

Result<ForeignWrite> read_foreign(const Resource& resource, const ForeignText& text) {
    const auto body = parse_json(text.body);
    if (!body) return body.error();
    if (!body->is(Json::Kind::object)) return Error{Errc::invalid, "it is no JSON object"};
    ForeignWrite write = begin_write(text);
    const auto key = read_member(resource.key_field(), *body);
    if (auto good = take_key(resource, key, write); !good) return good.error();
    if (auto good = read_version(resource, *body, write); !good) return good.error();
    if (auto good = read_fields(resource, *body, write); !good) return good.error();
    if (auto good = read_times(resource, *body, write); !good) return good.error();
    return write;
}

Result<ForeignWrite> read_foreign_removal(const Resource& resource, const ForeignText& text) {
    ForeignWrite write = begin_write(text);
    write.removes = true;
    const auto key = read_bare_key(resource.key_field(), text.body);
    if (auto good = take_key(resource, key, write); !good) return good.error();
    return write;
}

Lookups foreign_lookups(const Schema& schema, const ForeignWrite& write) {
    const Resource& resource = schema[write.record.resource];
    return lookups_of(schema, intent_of(resource, write, false, write.written));
}

ForeignDecision decide_foreign(const Schema& schema, const ForeignWrite& write,
                               const Facts& facts) {
    const Resource& resource = schema[write.record.resource];
    if (write.may_be_known && was_adopted(write, facts)) return PassedOver::known;
    const Row* here = facts.record(write.record);
    const bool counts = write.version > 0;
    if (!counts && is_older(resource, write, here)) return PassedOver::older;
    if (counts && here && !here->alive()) return PassedOver::deleted;
    const bool exists = here && here->alive();
    bool concurrent = false;
    if (counts && exists) {
        // A program that has not heard of a twin yet may count up to a number that is taken here.
        const std::uint64_t version = version_of(*here);
        concurrent = write.version >= distinct_writes(*here) && write.version <= version &&
                     differs(resource, write, *here) && write.written > written_at(resource, *here);
        if (write.version <= version && !concurrent) return PassedOver::older;
    } else if (!exists && !write.misfit.empty()) {
        return Unfit{write.misfit};
    }
    Intent intent = intent_of(resource, write, exists, facts.now);
    if (facts.request(intent.request.ids.front())) intent.request = {};
    Decision decision = decide(schema, intent, facts);
    if (const auto* refused = std::get_if<Refused>(&decision)) return Unfit{refused->detail};
    Change& change = std::get<Change>(decision);
    if (!exists) set_origin(resource, write, facts.now, change.row);
    raise_version(change.row, write.version);
    return Adoption{std::move(change), concurrent};
}

}  // namespace reef::model
