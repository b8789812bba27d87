// Numbers that nodes give out without agreement: the k-th node gives k, k + slots, … Whatever
// others do with numbers, a client or a peer, does not move what is given out here; a number that a
// record has, or had, is passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "store/batch.hpp"

namespace reef::commit {

class Batch;

// The first number above `number` that belongs to this node: k, k + slots, … from `first` on.
std::int64_t slot_above(std::int64_t number, std::int64_t first, std::int64_t slots,
                        std::size_t node_index);

// Below these, by resource, this node has no free number: it was looked. Kept between batches, so
// that a run of taken numbers is walked once, even where the creates that met it were refused.
using SearchedNumbers = std::map<model::ResourceId, std::int64_t>;

// Looks for as many free numbers as the creates of a batch need: in pieces, beside what else is
// loaded for them. One for each batch, or each part that is decided ahead.
class NumberSearch {
public:
    NumberSearch(const model::Schema& schema, std::size_t node_index, SearchedNumbers& searched)
        : schema_(schema), node_index_(node_index), searched_(searched) {}

    // Adds the candidates to a request, whose new_keys say how many are needed. At first a guess:
    // the ledger may be further.
    void ask(store::LoadRequest& request);
    // Whether what was loaded is enough. If not, the request is to be made once more, with others.
    bool is_enough(const Batch& batch);

private:
    struct Piece {
        std::uint32_t wanted = 0;
        std::int64_t next = 0;   // the first number that was not looked at
        std::uint32_t size = 0;  // so many are looked at next
    };
    std::int64_t following(model::ResourceId resource, std::int64_t number) const;

    const model::Schema& schema_;
    const std::size_t node_index_;
    SearchedNumbers& searched_;
    std::map<model::ResourceId, Piece> pieces_;
    std::set<model::RecordRef> found_;
};

}  // namespace reef::commit
