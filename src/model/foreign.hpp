// A record as another program wrote it, which keeps rows of the same kind, but knows nothing of
// vectors and stamps; and what becomes of it here. Pure.
//
// Of programs that count versions, what they say is adopted when its version is above ours, or
// equal with other content and a later time. Of those that count none, the later write wins, by the
// time that the record shows. What is adopted becomes a write of the node that adopts it, and the
// place of its message is the request id. Two nodes that adopt one message have made twins, not two
// writes: so whoever thinks that the other one is gone may adopt, and nobody has to be asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/decide.hpp"

namespace reef::model {

// Another program's body as it came, and what the broker says about it.
struct ForeignText {
    std::string_view body;
    std::string place;  // "property-updates/0/345": names the message as long as its topic lives
    Time sent;          // by the broker's clock, for bodies that do not say when they were written
    std::string traceparent = {};
    // Whether it may have come before. Where a place names no more than what a message says,
    // another one that says the same may stand there.
    bool may_be_known = true;
};

struct ForeignWrite {
    RecordRef record;
    bool removes = false;
    bool may_be_known = true;
    std::uint64_t version = 0;  // 0: it counts none
    Time written;
    std::optional<Time> created = std::nullopt;     // where the body says it
    std::vector<std::pair<FieldId, Value>> fields;  // those that a client may write
    std::string node;  // who took the record in, as the body says it; "": it does not
    // Why a field that only a new record needs can't be read; "" for nearly all.
    std::string misfit;
    RequestMark request;
    std::string traceparent;
};

// Numbers may be strings, times may lack a zone (they are UTC then), more fields may be there.
// invalid: it is no JSON object, lacks key, version or what an update needs, or one of these is
// nothing that a record here can have.
Result<ForeignWrite> read_foreign(const Resource& resource, const ForeignText& text);

// The deletion of a record. The body is its key: as it is, as a JSON string, or in an object.
// invalid: it is no key.
Result<ForeignWrite> read_foreign_removal(const Resource& resource, const ForeignText& text);

struct Adoption {
    Change change;
    bool concurrent = false;  // of equal version: to be listed as a conflict
};
enum class PassedOver : std::uint8_t {
    known,    // it has been adopted
    older,    // what is here is as new or newer
    deleted,  // the record is, and programs that count versions can't bring it back
};
struct Unfit {
    std::string why;  // it can't be a record here
};
using ForeignDecision = std::variant<Adoption, PassedOver, Unfit>;

// Of a record that is here it changes what an update needs (all that it names where the app says
// nothing of that), the version and the time. A record that is new here takes all that it names.
ForeignDecision decide_foreign(const Schema& schema, const ForeignWrite& write, const Facts& facts);

Lookups foreign_lookups(const Schema& schema, const ForeignWrite& write);

}  // namespace reef::model
