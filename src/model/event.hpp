// One write as people ask about it later: who did what, where, when. It is made of the change
// alone, so that every node that has the change lists the same event.
#pragma once

#include <cstdint>
#include <string>

#include "model/change.hpp"

namespace reef::model {

struct Event {
    Stamp stamp;           // when and where, and which write: events stand in the order of these
    std::string resource;  // by name: an app may lose it, and keeps the events
    std::string key;       // to_text()
    // {"kind":"update","version":2,"ids":["id:a1"],"headers":{…},"traceparent":"…","inputs":{…}}:
    // `ids` without those that the gateway gives; `inputs` as the client sent them, or, where
    // nobody knows them, `fields`: the names of those that were written. What is empty is left out.
    std::string detail;
    bool operator==(const Event&) const = default;
};

Event event_of(const Schema& schema, const Change& change);

// What an app's limit counts.
std::uint64_t bytes_of(const Event& event);

}  // namespace reef::model
