// One batch, decided: a pure state over what was loaded, in which a later item sees what an
// earlier one did. Sound because a batch holds the store's one lock from loading to saving, or
// because whoever saves it sees that nothing has changed.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "commit/work.hpp"
#include "model/decide.hpp"
#include "model/sizes.hpp"

namespace reef::commit {

// What a batch knows of the world beside the store.
struct BatchContext {
    Time now;
    std::array<std::uint8_t, 16> random{};  // seeds this batch's new keys
    std::size_t node_index = 0;             // the k-th node of the app, from 0
    std::uint64_t lease = 0;  // the one that this process holds: see store::InstanceLease
    bool has_peers = false;
    std::uint64_t record_bytes_max = model::record_bytes_default;
    // Of writes to a record of that home, where these have passed it on. May be empty: this node
    // is.
    std::function<model::Decider(std::string_view, const std::vector<std::string>&)> decider;
    std::string schema;                           // Schema::id()
    std::vector<std::string> foreign_nodes = {};  // other programs: nothing is forwarded there
    std::vector<std::string> members = {};        // the others, this node among them
    std::vector<std::vector<std::string>> other_members = {};  // as peers say otherwise
    bool keeps_events = false;                                 // of each write that it logs
};

// With so many dead letters it is not a record that is wrong: changes are held, not parked.
inline constexpr std::size_t parked_max = 10'000;

class BatchState;

class Batch {
public:
    Batch(const model::Schema& schema, store::LoadResult loaded, BatchContext batch_context);
    // On top of one that is being saved: what that one wrote stands as if it were loaded.
    Batch(const model::Schema& schema, const store::WriteSet& before, BatchContext batch_context);
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // What was loaded since. What stands already stays.
    void add(store::LoadResult more, BatchContext batch_context);

    // Records that this work turns out to need beside those of add_to_request(): when there are
    // any, the batch is begun again with them.
    std::vector<model::RecordRef> lacks(const Work& work) const;
    // Numbers for new records that were found to be free, from the next one of this node on.
    std::int64_t next_number(model::ResourceId resource) const;
    std::vector<std::int64_t> free_numbers(model::ResourceId resource) const;

    // unavailable: what a peer sent, and another process of this node holds the lease by now.
    // invalid: a run leaves a gap or goes on under this node's own name, and nothing of it is in;
    // or a row's vector would name too many origins. overloaded: too many dead letters, and what
    // stood before is in. conflict: a letter to be settled is not inside its record. locked:
    // another program holds a record that this is about, and nothing of it is in. invalid, of a
    // client's write: a record that it is about cannot be read.
    Result<Done> take(const Work& work);
    bool changed() const;
    store::WriteSet finish();  // once, at the end
    // The records of which two states met that lacked each other's writes. Once, at the end.
    std::vector<model::RecordRef> take_joined();

private:
    std::unique_ptr<BatchState> state_;
};

}  // namespace reef::commit
