#include "commit/batch.hpp"

#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

namespace {

std::optional<RecordRef> find_locked(const BatchState& state, const Work& work) {
    const auto& locked = state.loaded().locked;
    if (locked.empty()) return std::nullopt;
    for (const RecordRef& ref : written_by(work)) {
        if (locked.contains(ref)) return ref;
    }
    return std::nullopt;
}

Error is_locked(const Schema& schema, const RecordRef& ref) {
    return {Errc::locked, "another program has locked " + schema[ref.resource].name + '/' +
                              to_text(ref.key) + ": try again soon"};
}

Error lease_lost() {
    return {Errc::unavailable, "another process of this node applies what peers send"};
}

}  // namespace

Batch::Batch(const Schema& schema, store::LoadResult loaded, BatchContext batch_context)
    : state_(std::make_unique<BatchState>(schema, std::move(loaded), std::move(batch_context))) {
    const store::LoadResult& found = state_->loaded();
    for (const Captured& captured : found.captured)
        take_captured(*state_, captured);
}

Batch::Batch(const Schema& schema, const store::WriteSet& before, BatchContext batch_context)
    : state_(std::make_unique<BatchState>(schema, before, std::move(batch_context))) {}

Batch::~Batch() = default;

void Batch::add(store::LoadResult more, BatchContext batch_context) {
    state_->add(std::move(more), std::move(batch_context));
}

std::vector<RecordRef> Batch::lacks(const Work& work) const {
    return lacking(work, *state_);
}

std::int64_t Batch::next_number(ResourceId resource) const {
    return state_->next_number(resource);
}

std::vector<std::int64_t> Batch::free_numbers(ResourceId resource) const {
    return state_->free_numbers(resource);
}

Result<Done> Batch::take(const Work& work) {
    BatchState& state = *state_;
    if (const auto locked = find_locked(state, work)) return is_locked(state.schema(), *locked);
    if (needs_lease(work) && !state.holds_lease()) return lease_lost();
    return commit::take(state, work);
}

bool Batch::changed() const {
    return state_->changed();
}

store::WriteSet Batch::finish() {
    return state_->finish();
}

std::vector<RecordRef> Batch::take_joined() {
    return state_->take_joined();
}

}  // namespace reef::commit
