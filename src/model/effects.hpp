// One request's effects: usually one. Several when it took effect in two regions before they could
// tell each other (twins), or when clients used one id for different requests. All of them are kept
// with the id, so that which of them are twins follows from the set, never from who came first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/change.hpp"

namespace reef::model {

// Adds what is not known yet; true when `known` has changed. The earliest stays in front: a repeat
// is answered from it. More than effects_max are not kept: no honest origin makes two.
inline constexpr std::size_t effects_max = 64;
bool add_effects(RequestSeen& known, const RequestSeen& more);

// Of the effects of this request on this record all but the earliest. What a twin added to counters
// counts again only where an earlier effect was in the same life: of two lives one does not last.
std::vector<Twin> twins_of(const RequestSeen& known, const RecordRef& record, const Hash128& body);
// The stamps of those effects of it that are twins, on whatever record.
std::vector<Stamp> twin_stamps(const RequestSeen& known);

// A record that this request made although an earlier effect had made one, with a key of another
// node's. It is the node that made it, and no other, that takes it back.
struct DuplicateCreate {
    RecordRef record;
    Stamp made;
    std::int64_t superseded_by = 0;  // the key of the one that stays
};
std::vector<DuplicateCreate> extra_records(const RequestSeen& known, std::string_view node);

// What a store keeps beside the columns for stamp, record, kind, attempt and body: the life, what
// was added, later effects. "" for nearly all. Canonical JSON.
std::string effects_text(const Schema& schema, const RequestSeen& seen);
Result<void> read_effects_text(const Schema& schema, std::string_view text, RequestSeen& seen);

}  // namespace reef::model
