// What the kinds of work have in common.
#pragma once

#include <iterator>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "commit/done.hpp"
#include "model/decide.hpp"
#include "store/store.hpp"

namespace reef::commit {

class BatchState;

// What becomes of a piece of work of which the database refuses a row, or whose row another program
// has locked.
template <class Kind>
struct Division {
    std::vector<Kind> parts;  // committed in its place, one after the other …
    Result<Done> done;        // … or, if there are none, this is what became of it
};

template <class Kind, class... More>
Division<Kind> divided_into(Kind first, More... more) {
    Division<Kind> division;
    division.parts.push_back(std::move(first));
    (division.parts.push_back(std::move(more)), ...);
    return division;
}

// A vector's first half, moved out of it.
template <class T>
std::vector<T> take_half(std::vector<T>& all) {
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::vector<T> half(std::make_move_iterator(all.begin()), std::make_move_iterator(middle));
    all.erase(all.begin(), middle);
    return half;
}

template <class T>
void append(std::vector<T>& to, std::vector<T> from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Records that an effect of a request makes this node take back, since the request has made another
// one elsewhere, and that were not loaded.
std::vector<model::RecordRef> retracted_by(const model::RequestId& request,
                                           const model::RequestSeen& effect,
                                           const model::Facts& facts);

inline void append(store::LoadRequest& request, model::Lookups lookups) {
    append(request.records, std::move(lookups.records));
    append(request.holders, std::move(lookups.holders));
    append(request.referrers, std::move(lookups.referrers));
}

}  // namespace reef::commit
