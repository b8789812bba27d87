#include "model/change.hpp"

#include <array>
#include <charconv>

#include "model/abridged.hpp"
#include "model/value_text.hpp"

namespace reef::model {

namespace {

constexpr std::array<std::string_view, 3> write_names{"create", "update", "remove"};
constexpr std::array<std::string_view, 3> request_names{"id", "key", "attempt"};

Error bad(std::string what) {
    return {Errc::invalid, std::move(what)};
}

template <std::size_t n>
std::optional<std::uint8_t> index_in(const std::array<std::string_view, n>& names,
                                     std::string_view name) {
    for (std::uint8_t i = 0; i < n; ++i) {
        if (names[i] == name) return i;
    }
    return std::nullopt;
}

void append_added(std::string& out, const Resource& resource, const Change& change) {
    out += ",\"added\":{";
    for (std::size_t i = 0; i < change.added.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, resource.fields[change.added[i].first].name);
        out += ':' + std::to_string(change.added[i].second);
    }
    out += '}';
}

const std::string* string_at(const Json& json, std::string_view name) {
    const Json* member = json.find(name);
    return member && member->is(Json::Kind::string) ? &member->text : nullptr;
}

std::optional<std::int64_t> integer_in(const Json& json) {
    if (!json.is(Json::Kind::number)) return std::nullopt;
    std::int64_t number = 0;
    const char* end = json.text.data() + json.text.size();
    const auto read = std::from_chars(json.text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

void read_fields(const Resource& resource, const Json& json, Change& change) {
    if (const Json* written = json.find("written")) {
        for (const Json& name : written->items) {
            if (const auto field = resource.find_field(name.text)) change.written.push_back(*field);
        }
    }
    if (const Json* added = json.find("added")) {
        for (const auto& [name, number] : added->members) {
            const auto field = resource.find_field(name);
            const auto delta = integer_in(number);
            if (field && delta) change.added.emplace_back(*field, *delta);
        }
    }
    if (const Json* headers = json.find("headers")) {
        for (const auto& [name, value] : headers->members) {
            change.headers.emplace_back(name, value.text);
        }
    }
}

// The row is what this write made of it: nothing in it came later.
Result<void> check_write(const Change& change) {
    const Row& row = change.row;
    const Dot& dot = change.stamp.dot;
    if (dot.origin == base_origin) return bad("base makes no changes");
    if (row.vector.seq_of(dot.origin) != dot.seq) {
        return bad("a change's row does not hold its write");
    }
    if (row.alive() == (change.kind == WriteKind::remove)) {
        return bad("a change's row is alive where it was removed, or the reverse");
    }
    const bool begins_life = change.kind != WriteKind::update;
    if (begins_life != (row.life.stamp == change.stamp)) {
        return bad("a create and a remove begin a life, an update does not");
    }
    if (latest_stamp(row) > change.stamp) return bad("a change's row has a later stamp than it");
    return {};
}

}  // namespace

void append_request_json(std::string& out, const RequestMark& request) {
    out += ",\"request\":{\"ids\":[";
    for (std::size_t i = 0; i < request.ids.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, to_text(request.ids[i]));
    }
    out += "],\"attempt\":";
    append_json_string(out, request.attempt);
    out += ",\"body\":\"" + to_hex(request.body) + "\"}";
}

void append_headers_json(std::string& out, const Headers& headers) {
    out += ",\"headers\":{";
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, headers[i].first);
        out += ':';
        append_json_string(out, headers[i].second);
    }
    out += '}';
}

Result<RequestMark> read_request_json(const Json& json) {
    constexpr std::size_t request_ids_max = 4;
    RequestMark request;
    const Json* ids = json.find("ids");
    const std::string* attempt = string_at(json, "attempt");
    const std::string* body = string_at(json, "body");
    const auto hash = body ? parse_hash(*body) : std::nullopt;
    if (!ids || !attempt || !hash || ids->items.size() > request_ids_max) {
        return bad("the change's request is not one");
    }
    for (const Json& item : ids->items) {
        auto id = parse_request_id(item.text);
        if (!id) return bad("the change's request id is not one");
        request.ids.push_back(std::move(*id));
    }
    request.attempt = *attempt;
    request.body = *hash;
    return request;
}

std::string_view name_of(WriteKind kind) {
    return write_names[static_cast<std::size_t>(kind)];
}

std::optional<WriteKind> parse_write_kind(std::string_view name) {
    const auto kind = index_in(write_names, name);
    if (!kind) return std::nullopt;
    return static_cast<WriteKind>(*kind);
}

std::string to_text(const RequestId& id) {
    std::string text{request_names[static_cast<std::size_t>(id.kind)]};
    text += ':';
    text += id.text;
    return text;
}

std::optional<RequestId> parse_request_id(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    constexpr std::size_t id_bytes_max = 255;
    const auto kind = index_in(request_names, text.substr(0, colon));
    const std::size_t bytes = text.size() - colon - 1;
    if (!kind || bytes == 0 || bytes > id_bytes_max) return std::nullopt;
    return RequestId{static_cast<RequestKind>(*kind), std::string{text.substr(colon + 1)}};
}

std::string change_json(const Schema& schema, const Change& change, std::string_view row_json) {
    const Resource& resource = schema[change.row.resource];
    std::string json;
    json.reserve(row_json.size() + change.inputs.size() + 400);
    json += "{\"stamp\":\"";
    json += to_text(change.stamp);
    json += "\",\"kind\":\"";
    json += name_of(change.kind);
    json += "\",\"resource\":";
    append_json_string(json, resource.name);
    json += ",\"schema\":";
    append_json_string(json, change.schema);
    json += ",\"at\":" + std::to_string(change.at.us) + ",\"written\":[";
    for (std::size_t i = 0; i < change.written.size(); ++i) {
        if (i > 0) json += ',';
        append_json_string(json, resource.fields[change.written[i]].name);
    }
    json += ']';
    if (!change.added.empty()) append_added(json, resource, change);
    append_request_json(json, change.request);
    if (!change.headers.empty()) append_headers_json(json, change.headers);
    if (!change.traceparent.empty()) {
        json += ",\"traceparent\":";
        append_json_string(json, change.traceparent);
    }
    if (!change.in_stead.empty()) {
        json += ",\"in_stead\":";
        append_json_string(json, change.in_stead);
    }
    json += ",\"row\":";
    json += row_json;
    // Behind the row: what looks for the first "row" in a text must find the change's.
    if (!change.inputs.empty()) json += ",\"inputs\":" + change.inputs;
    json += '}';
    return json;
}

std::string change_json(const Schema& schema, const Change& change) {
    std::string row;
    append_row_json(row, schema[change.row.resource], change.row);
    return change_json(schema, change, row);
}

Result<Change> parse_change(const Schema& schema, std::string_view text) {
    const auto json = parse_json(text, json_depth_wrapped_max);
    if (!json) return json.error();
    if (const auto bytes = bytes_before(text)) {
        return bad("too_large: the change has " + std::to_string(*bytes) + " bytes");
    }
    const std::string* stamp_text = string_at(*json, "stamp");
    const std::string* kind_text = string_at(*json, "kind");
    const std::string* name = string_at(*json, "resource");
    const std::string* schema_id = string_at(*json, "schema");
    const Json* at_json = json->find("at");
    const auto at = at_json ? integer_in(*at_json) : std::nullopt;
    const Json* request = json->find("request");
    const Json* row = json->find("row");
    const auto stamp = stamp_text ? parse_stamp(*stamp_text) : std::nullopt;
    const auto kind = kind_text ? parse_write_kind(*kind_text) : std::nullopt;
    if (!stamp || stamp->dot.seq == 0 || !kind || !name || !schema_id || !at || !request || !row) {
        return bad("a change lacks its stamp, kind, resource, schema, time, request or row");
    }
    const Resource* resource = schema.find(*name);
    if (!resource) return Error{Errc::not_found, "there is no resource " + *name + " here"};

    Change change;
    change.stamp = *stamp;
    change.kind = *kind;
    change.schema = *schema_id;
    change.at = Time{*at};
    auto mark = read_request_json(*request);
    if (!mark) return mark.error();
    change.request = std::move(*mark);
    if (const std::string* trace = string_at(*json, "traceparent")) change.traceparent = *trace;
    if (const std::string* home = string_at(*json, "in_stead")) change.in_stead = *home;
    if (const Json* inputs = json->find("inputs")) append_json(change.inputs, *inputs);
    read_fields(*resource, *json, change);
    auto read = read_row_json(*resource, *row);
    if (!read) return read.error();
    change.row = std::move(*read);
    if (auto good = check_write(change); !good) return good.error();
    return change;
}

std::optional<Stamp> stamp_in(std::string_view text) {
    constexpr std::string_view begin = "{\"stamp\":\"";
    std::optional<Stamp> stamp;
    if (text.starts_with(begin)) {  // as every Atoll writes it
        text.remove_prefix(begin.size());
        stamp = parse_stamp(text.substr(0, text.find('"')));
    } else if (const auto json = parse_json(text, json_depth_wrapped_max)) {
        const std::string* found = string_at(*json, "stamp");
        if (found) stamp = parse_stamp(*found);
    }
    if (stamp && stamp->dot.seq == 0) return std::nullopt;
    return stamp;
}

std::optional<RecordRef> record_in(const Schema& schema, std::string_view text) {
    const auto json = parse_json(text, json_depth_wrapped_max);
    if (!json) return std::nullopt;
    const std::string* name = string_at(*json, "resource");
    const Resource* resource = name ? schema.find(*name) : nullptr;
    const Json* row = json->find("row");
    const Json* key_json = row ? row->find("key") : json->find("key");
    if (!resource || !key_json) return std::nullopt;
    const auto value = parse_text(resource->key_field(), key_json->text);
    if (!value) return std::nullopt;
    const auto key = key_from(resource->key_field(), *value);
    if (!key) return std::nullopt;
    return RecordRef{resource->id, *key};
}

RequestSeen seen_by(const Change& change) {
    RequestSeen seen;
    seen.stamp = change.stamp;
    seen.record = change.row.ref();
    seen.kind = change.kind;
    seen.attempt = change.request.attempt;
    seen.body = change.request.body;
    seen.added = change.added;
    if (!seen.added.empty()) seen.life = change.row.life;
    return seen;
}

}  // namespace reef::model
