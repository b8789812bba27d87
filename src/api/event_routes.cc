#include "api/event_routes.hpp"

#include "api/page_query.hpp"
#include "base/text/json_object.hpp"
#include "model/value_text.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::uint32_t examined_max = 5'000;  // for one page

const Json& member(const Json& json, std::string_view name) {
    static const Json none;
    const Json* found = json.find(name);
    return found ? *found : none;
}

std::string_view operation_of(const Json& detail, const std::string& header) {
    return text_at(member(detail, "headers"), header);
}

// As people say it.
std::string_view kind_of(const Json& detail) {
    const std::string& kind = text_at(detail, "kind");
    return kind == "remove" ? "delete" : std::string_view{kind};
}

void append_member(std::string& out, std::string_view name, const Json& value) {
    out += ",\"" + std::string{name} + "\":";
    append_json(out, value);
}

void append_ids(std::string& out, const Json& ids) {
    for (const Json& item : ids.items) {
        const auto id = parse_request_id(item.text);
        if (!id) continue;
        out += id->kind == RequestKind::key ? ",\"idempotency_key\":" : ",\"request_id\":";
        append_json_string(out, id->text);
    }
}

}  // namespace

EventRoutes::EventRoutes(EventParts parts, const http::ProblemWriter& problems)
    : parts_(std::move(parts)), problems_(problems) {}

http::Response EventRoutes::problem(std::string_view error, std::string detail,
                                    const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

asio::awaitable<http::Response> EventRoutes::handle(const http::Request& request) {
    const auto ledger = parts_.progress.ledger();
    const auto kept = ledger->cursors.find(std::string{store::events_cursor});
    if (kept == ledger->cursors.end()) {
        co_return problem("not_found",
                          "the app keeps no events: [limits] events_seconds says for how long",
                          request);
    }
    const auto wanted = read_wanted(request);
    if (!wanted) co_return problem("malformed_request", wanted.error().what, request);
    auto page = co_await find(*wanted);
    if (!page) co_return problem("unavailable", page.error().what, request);
    Time began;
    static_cast<void>(read_whole(kept->second, began.us));
    auto from = co_await whole_from(began);
    if (!from) co_return problem("unavailable", from.error().what, request);
    std::string body = "{\"items\":[" + page->items + ']';
    if (page->last) body += ",\"next\":" + json_text(to_text(*page->last));
    if (from->us > 0) body += ",\"from\":\"" + to_text(*from) + '"';
    co_return http::json_response(body + '}');
}

// invalid: a parameter is unknown, or is not what it should be.
Result<EventRoutes::Wanted> EventRoutes::read_wanted(const http::Request& request) const {
    Wanted wanted;
    std::string key;
    const auto read_own = [&](const std::string& name,
                              const std::string& value) -> std::optional<bool> {
        std::string* text = name == "key"         ? &key
                            : name == "operation" ? &wanted.operation
                            : name == "server"    ? &wanted.server
                                                  : nullptr;
        if (text) {
            *text = value;
            return !value.empty();
        }
        if (name != "cursor") return std::nullopt;
        const auto stamp = parse_stamp(value);
        if (stamp) wanted.query.after = *stamp;
        return stamp.has_value();
    };
    const auto page = read_page_query(parts_.schema, request, read_own);
    if (!page) return page.error();
    wanted.rows_max = page->limits.rows_max;
    if (page->since) wanted.query.after = std::max(wanted.query.after, Stamp{*page->since, {}});
    if (page->resource) wanted.resource = page->resource->name;
    if (key.empty()) return wanted;
    if (auto good = ask_for_record(wanted, page->resource, key); !good) return good.error();
    return wanted;
}

// Where the app has one resource the key is one of that.
Result<void> EventRoutes::ask_for_record(Wanted& wanted, const Resource* resource,
                                         const std::string& key) const {
    if (!resource && parts_.schema.resources.size() == 1) resource = &parts_.schema[0];
    if (!resource) return Error{Errc::invalid, "say of which resource the key is"};
    const auto read = key_from_text(resource->key_field(), key);
    if (!read) return Error{Errc::invalid, "key can't be " + key};
    wanted.query.resource = resource->name;
    wanted.query.key = to_text(*read);
    return {};
}

Task<EventRoutes::Page> EventRoutes::find(Wanted wanted) {
    Page page;
    for (std::uint32_t examined = 0; examined < examined_max;) {
        if (page.last) wanted.query.after = *page.last;
        store::EventQuery query = wanted.query;
        query.limits = page_limits;
        auto piece = co_await parts_.events.events(std::move(query));
        if (!piece) co_return piece.error();
        if (piece->empty()) {
            page.last.reset();
            break;
        }
        for (const Event& event : *piece) {
            const auto detail = detail_of(wanted, event);
            if (detail) {
                const bool full =
                    page.rows == wanted.rows_max || page.items.size() >= page_limits.bytes_max;
                if (full) co_return page;
                if (page.rows++ > 0) page.items += ',';
                append(page.items, event, *detail);
            }
            page.last = event.stamp;
            ++examined;
        }
    }
    co_return page;
}

// Older events than the oldest may have been there and have expired.
Task<Time> EventRoutes::whole_from(Time began) {
    store::EventQuery query;
    query.limits = one_more;
    auto oldest = co_await parts_.events.events(std::move(query));
    if (!oldest) co_return oldest.error();
    if (oldest->empty()) co_return began;
    co_return std::max(began, oldest->front().stamp.time);
}

// Absent: the event is not asked for. It is read only where nothing cheaper tells that.
std::optional<Json> EventRoutes::detail_of(const Wanted& wanted, const Event& event) const {
    const bool of_resource = wanted.resource.empty() || wanted.resource == event.resource;
    const bool of_server =
        wanted.server.empty() || wanted.server == node_of(event.stamp.dot.origin);
    if (!of_resource || !of_server) return std::nullopt;
    auto detail = parse_json(event.detail, json_depth_wrapped_max);
    if (!detail) return std::nullopt;
    const bool of_operation =
        wanted.operation.empty() || wanted.operation == operation_of(*detail, parts_.operation);
    if (!of_operation) return std::nullopt;
    return std::move(*detail);
}

void EventRoutes::append(std::string& out, const Event& event, const Json& detail) const {
    const auto add_text = [&out](std::string_view name, std::string_view text) {
        out += ",\"" + std::string{name} + "\":";
        append_json_string(out, text);
    };
    out += "{\"at\":\"" + to_text(event.stamp.time) + '"';
    add_text("server", node_of(event.stamp.dot.origin));
    add_text("resource", event.resource);
    add_text("key", event.key);
    add_text("kind", kind_of(detail));
    const std::string_view operation = operation_of(detail, parts_.operation);
    if (!operation.empty()) add_text("operation", operation);
    append_ids(out, member(detail, "ids"));
    for (const char* name : {"version", "inputs", "fields"}) {
        if (const Json* value = detail.find(name)) append_member(out, name, *value);
    }
    JsonObject others;
    const Json& headers = member(detail, "headers");
    for (const auto& [name, value] : headers.members) {
        if (name != parts_.operation) others.put_text(name, value.text);
    }
    if (!others.empty()) out += ",\"headers\":" + others.json();
    if (const Json* trace = detail.find("traceparent")) add_text("traceparent", trace->text);
    add_text("write", to_text(event.stamp.dot));
    out += '}';
}

}  // namespace reef::api
