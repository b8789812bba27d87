// The JSON Schemas of messages: what becomes of a text with <parts> when a message is made of it.
#pragma once

#include <string>

#include "api/surface.hpp"
#include "model/change.hpp"

namespace reef::api {

// The kind of write that a message tells of. What the kind says of a <part> is known.
struct EventKind {
    const model::Schema& schema;
    const model::Resource& resource;
    const Api& api;
    model::WriteKind write = model::WriteKind::create;
    bool as_shown = false;  // a record is as answers show it
};

// "ShipmentRow": the schema of <record>, with times as other programs write them into columns; or
// "Shipment", as answers show it.
std::string event_row_name(const EventKind& kind);
std::string event_row_schema(const EventKind& kind);

// Whether a body is one <part> and nothing else, and no record: its text.
bool is_text_body(const EventKind& kind, const std::string& body);

// Of a body, which is JSON with <parts>; "" is the change in Atoll's own form.
std::string event_body_schema(const EventKind& kind, const std::string& body);

// Of a key or a header, which is text with <parts>.
std::string event_text_schema(const EventKind& kind, const std::string& text);

// The text with the parts that are known; the others stand as {part}.
std::string known_text(const EventKind& kind, const std::string& text);

}  // namespace reef::api
