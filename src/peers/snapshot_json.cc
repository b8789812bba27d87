#include "peers/snapshot_json.hpp"

#include <charconv>

#include "base/text/json.hpp"
#include "base/text/json_object.hpp"
#include "model/effects.hpp"
#include "model/value_text.hpp"

namespace reef::peers {

using namespace model;

namespace {

Error bad(std::string what) {
    return {Errc::invalid, "a snapshot's " + std::move(what)};
}

std::optional<std::uint64_t> number_at(const Json& json, std::string_view name) {
    const std::string_view text = text_at(json, name);
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, text);
}

void append_request(std::string& out, const Schema& schema, const store::SavedRequest& request) {
    const RequestSeen& seen = request.seen;
    out += "{\"number\":" + std::to_string(request.number);
    append_text(out, "id", to_text(request.id));
    append_text(out, "stamp", to_text(seen.stamp));
    append_text(out, "resource", schema[seen.record.resource].name);
    append_text(out, "key", to_text(seen.record.key));
    append_text(out, "kind", name_of(seen.kind));
    append_text(out, "attempt", seen.attempt);
    append_text(out, "body", to_hex(seen.body));
    append_text(out, "effects", effects_text(schema, seen));
    out += '}';
}

Result<store::SavedRequest> read_request(const Schema& schema, const Json& json) {
    const auto number = number_at(json, "number");
    auto id = parse_request_id(text_at(json, "id"));
    auto stamp = parse_stamp(text_at(json, "stamp"));
    const auto kind = parse_write_kind(text_at(json, "kind"));
    const auto body = parse_hash(text_at(json, "body"));
    const Resource* resource = schema.find(text_at(json, "resource"));
    auto key = resource ? key_from_text(resource->key_field(), text_at(json, "key")) : std::nullopt;
    if (!number || !id || !stamp || !kind || !body || !key) return bad("request is not one");
    store::SavedRequest request{*number, std::move(*id), {}};
    request.seen.stamp = std::move(*stamp);
    request.seen.record = {resource->id, std::move(*key)};
    request.seen.kind = *kind;
    request.seen.attempt = text_at(json, "attempt");
    request.seen.body = *body;
    auto read = read_effects_text(schema, text_at(json, "effects"), request.seen);
    if (!read) return read.error();
    return request;
}

// "" is the beginning.
std::string events_text(const Stamp& after) {
    return after == Stamp{} ? "" : to_text(after);
}

Result<void> read_ends(const Json& json, SnapshotHead& head) {
    if (const Json* ended = json.find("ended")) {
        for (const auto& [origin, text] : ended->members) {
            const auto life = store::parse_ended(text.text);
            if (!life || !is_origin(origin)) return bad("end of a life is none");
            head.ended.emplace(origin, *life);
        }
    }
    if (const Json* retired = json.find("retired")) {
        for (const Json& origin : retired->items)
            head.retired.push_back(origin.text);
    }
    return {};
}

}  // namespace

std::string head_json(const SnapshotHead& head) {
    std::string json = "{";
    append_text(json, "node", head.node);
    append_text(json, "self", head.self);
    json += ",\"origins\":{";
    for (const auto& [origin, mark] : head.marks) {
        if (json.back() != '{') json += ',';
        append_json_string(json, origin);
        json += ":[" + std::to_string(mark.received) + ",\"" + to_hex(mark.hash) + "\"]";
    }
    json += "},\"resources\":" + json_texts(head.resources);
    if (head.ended.empty()) return json + '}';
    json += ",\"ended\":{";
    for (const auto& [origin, life] : head.ended) {
        if (json.back() != '{') json += ',';
        append_json_string(json, origin);
        json += ':' + json_text(store::ended_text(life));
    }
    return json + "},\"retired\":" + json_texts(head.retired) + '}';
}

Result<SnapshotHead> read_head(const Json& json) {
    const Json* origins = json.find("origins");
    SnapshotHead head{std::string{text_at(json, "node")}, OriginId{text_at(json, "self")}, {}};
    if (!origins || !is_origin(head.self)) return bad("head lacks its store or its position");
    if (origins->members.size() > position_entries_max + retired_entries_max) {
        return bad("position names too many");
    }
    for (const auto& [origin, mark] : origins->members) {
        store::OriginMark read;
        const bool pair = mark.items.size() == 2;
        const auto position =
            pair ? parse_position(origin + ':' + mark.items[0].text) : std::nullopt;
        const auto hash = pair ? parse_hash(mark.items[1].text) : std::nullopt;
        if (!position || !hash) return bad("position is not one");
        read.received = read.applied = seq_in(*position, origin);
        read.hash = *hash;
        head.marks.emplace(origin, read);
    }
    if (const Json* resources = json.find("resources")) {
        for (const Json& resource : resources->items)
            head.resources.push_back(resource.text);
    }
    if (auto done = read_ends(json, head); !done) return done.error();
    return head;
}

std::string place_json(const SnapshotPlace& place) {
    std::string json = "{\"head\":" + head_json(place.head);
    append_text(json, "resource", place.resource);
    if (place.after) append_text(json, "after", *place.after);
    if (place.events_after) append_text(json, "events", events_text(*place.events_after));
    return json + ",\"requests\":" + std::to_string(place.requests_after) + '}';
}

Result<SnapshotPlace> parse_place(std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return json.error();
    const Json* head_text = json->find("head");
    const auto requests = number_at(*json, "requests");
    if (!head_text || !requests) return bad("place lacks its head");
    auto head = read_head(*head_text);
    if (!head) return head.error();
    SnapshotPlace place{std::move(*head), std::string{text_at(*json, "resource")}, {}, *requests};
    if (const Json* after = json->find("after")) place.after = after->text;
    if (const Json* after = json->find("events"))
        place.events_after = parse_stamp(after->text).value_or(Stamp{});
    return place;
}

std::string question_json(const SnapshotPlace& place) {
    std::string json = "{";
    if (place.events_after) {
        append_text(json, "events", events_text(*place.events_after));
    } else if (place.resource.empty()) {
        json += "\"requests\":" + std::to_string(place.requests_after);
    } else {
        append_text(json, "resource", place.resource);
        if (place.after) append_text(json, "after", *place.after);
    }
    return json + ",\"" + all_pieces + "\":true}";
}

std::string rows_json(const Resource& resource, const OriginId& self,
                      const std::vector<store::StoredRow>& rows) {
    std::string json = "{";
    append_text(json, "self", self);
    json += ",\"rows\":[";
    for (const store::StoredRow& stored : rows) {
        if (json.back() != '[') json += ',';
        append_row_json(json, resource, stored.row);
    }
    return json + "]}";
}

Result<SnapshotRows> parse_rows(const Resource& resource, std::string_view text) {
    const auto json = parse_json(text, json_depth_wrapped_max + 2);
    if (!json) return json.error();
    const Json* rows = json->find("rows");
    if (!rows) return bad("piece has no rows");
    SnapshotRows piece{OriginId{text_at(*json, "self")}, {}};
    for (const Json& item : rows->items) {
        auto row = read_row_json(resource, item);
        if (!row) return row.error();
        piece.rows.push_back(std::move(*row));
    }
    return piece;
}

std::string requests_json(const Schema& schema, const OriginId& self,
                          const std::vector<store::SavedRequest>& requests) {
    std::string json = "{";
    append_text(json, "self", self);
    json += ",\"requests\":[";
    for (const store::SavedRequest& request : requests) {
        if (json.back() != '[') json += ',';
        append_request(json, schema, request);
    }
    return json + "]}";
}

Result<SnapshotRequests> parse_requests(const Schema& schema, std::string_view text) {
    const auto json = parse_json(text, json_depth_wrapped_max + 2);
    if (!json) return json.error();
    const Json* requests = json->find("requests");
    if (!requests) return bad("piece has no requests");
    SnapshotRequests piece{OriginId{text_at(*json, "self")}, {}};
    for (const Json& item : requests->items) {
        auto request = read_request(schema, item);
        if (!request) return request.error();
        piece.requests.push_back(std::move(*request));
    }
    return piece;
}

std::string events_json(const SnapshotEvents& piece) {
    std::string json = "{";
    append_text(json, "self", piece.self);
    json += ",\"from\":" + std::to_string(piece.from.us) + ",\"events\":[";
    for (const Event& event : piece.events) {
        json += json.back() == '[' ? "{" : ",{";
        append_text(json, "stamp", to_text(event.stamp));
        append_text(json, "resource", event.resource);
        append_text(json, "key", event.key);
        append_text(json, "detail", event.detail);
        json += '}';
    }
    return json + "]}";
}

Result<std::optional<SnapshotEvents>> parse_events(std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return json.error();
    const Json* events = json->find("events");
    if (!events) return std::optional<SnapshotEvents>{};
    const auto from = number_at(*json, "from");
    if (!from) return bad("piece does not say from when on its events are whole");
    SnapshotEvents piece{
        OriginId{text_at(*json, "self")}, Time{static_cast<std::int64_t>(*from)}, {}};
    for (const Json& item : events->items) {
        const auto stamp = parse_stamp(text_at(item, "stamp"));
        Event event{stamp.value_or(Stamp{}), text_at(item, "resource"), text_at(item, "key"),
                    text_at(item, "detail")};
        if (!stamp || event.resource.empty() || !parse_json(event.detail, json_depth_wrapped_max))
            return bad("event is not one");
        piece.events.push_back(std::move(event));
    }
    return std::optional{std::move(piece)};
}

}  // namespace reef::peers
