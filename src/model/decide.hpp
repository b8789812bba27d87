// What becomes of one client's wish: a pure function, the same on every store. No I/O, no clock.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "model/effects.hpp"
#include "model/intent.hpp"

namespace reef::model {

// What the decision may ask about the world; all of it was loaded before.
class Facts {
public:
    virtual ~Facts() = default;
    virtual const Row* record(const RecordRef& ref) const = 0;          // tombstones too; or null
    virtual const RequestSeen* request(const RequestId& id) const = 0;  // or null
    virtual std::optional<Key> holder(const FieldRef& ref) const = 0;   // living
    virtual std::optional<Claim> claim(const FieldRef& ref) const = 0;  // open, at this node
    virtual bool referred(const FieldRef& ref) const = 0;               // by a living record
    virtual std::optional<std::int64_t> free_slot(ResourceId resource) const = 0;
    virtual std::array<std::uint8_t, 16> random() const = 0;
    // About a record of this home, where these have passed the write on.
    virtual Decider decider(std::string_view home,
                            const std::vector<std::string>& passed) const = 0;
    virtual bool has_peers() const = 0;
    virtual bool has_logged(const Vector& writes) const = 0;  // and knows their requests

    OriginId self;
    std::uint64_t next_seq = 1;
    Time now;
    std::string schema_id;                   // Schema::id()
    std::vector<std::string> foreign_nodes;  // regions that are other programs
    std::vector<std::string> members;        // the others, this node among them; empty: it alone
    std::vector<std::vector<std::string>> other_members;  // as peers say otherwise
    std::string_view node() const { return node_of(self); }
    // Another program: it takes no forwarded writes, so that any node decides about its records.
    bool is_foreign(const std::string& node) const;
};

using Decision = std::variant<Change, Replayed, ForwardHome, Refused, Unclaimed>;
Decision decide(const Schema& schema, const Intent& intent, const Facts& facts);

// The write by which this node takes back what one of its requests made once too often
// (effects.hpp). None when the record is gone already, or another one by now.
std::optional<Change> retract(const Schema& schema, const DuplicateCreate& extra,
                              const Facts& facts);

// What a decision about this intent will ask for.
struct Lookups {
    std::vector<RecordRef> records;
    std::vector<FieldRef> holders;
    std::vector<FieldRef> referrers;
};
Lookups lookups_of(const Schema& schema, const Intent& intent);

// Records that have a value which the intent has claimed, as this store knows it, and that were not
// loaded.
std::vector<RecordRef> holders_of_claims(const Intent& intent, const Facts& facts);

}  // namespace reef::model
