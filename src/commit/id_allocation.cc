#include "commit/id_allocation.hpp"

#include <algorithm>

#include "commit/batch.hpp"

namespace reef::commit {

using namespace model;

namespace {

constexpr std::uint32_t piece_numbers_max = 4096;  // looked at in one load

}  // namespace

std::int64_t slot_above(std::int64_t number, std::int64_t first, std::int64_t slots,
                        std::size_t node_index) {
    const std::int64_t own = first + static_cast<std::int64_t>(node_index);
    if (number < own) return own;
    return own + ((number - own) / slots + 1) * slots;
}

std::int64_t NumberSearch::following(ResourceId resource, std::int64_t number) const {
    return slot_above(number, schema_[resource].key_field().first_key, schema_.id_slots,
                      node_index_);
}

void NumberSearch::ask(store::LoadRequest& request) {
    request.candidates.assign(found_.begin(), found_.end());
    for (const auto& [resource, wanted] : request.new_keys) {
        const auto [at, fresh] = pieces_.try_emplace(resource);
        Piece& piece = at->second;
        if (fresh) {
            const auto known = searched_.find(resource);
            piece.wanted = piece.size = wanted;
            piece.next = known == searched_.end() ? following(resource, 0) : known->second;
        }
        for (std::uint32_t i = 0; i < piece.size && piece.next <= new_number_max; ++i) {
            request.candidates.push_back({resource, Key{piece.next}});
            piece.next = following(resource, piece.next);
        }
    }
}

bool NumberSearch::is_enough(const Batch& batch) {
    bool enough = true;
    for (auto& [resource, piece] : pieces_) {
        const std::int64_t next = batch.next_number(resource);
        const std::vector<std::int64_t> free = batch.free_numbers(resource);
        for (const std::int64_t number : free)
            found_.insert({resource, Key{number}});
        piece.next = std::max(piece.next, next);
        searched_[resource] = free.empty() ? piece.next : free.front();
        const bool done = free.size() >= piece.wanted || piece.next > new_number_max;
        piece.size = done ? 0 : std::min(std::max(piece.wanted, piece.size) * 2, piece_numbers_max);
        enough = enough && done;
    }
    return enough;
}

}  // namespace reef::commit
