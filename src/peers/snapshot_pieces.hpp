// The pieces of a snapshot that a node gives: rows of one resource, request ids or events, in order
// from some place on. One at a time, or all of them as lines of one answer, so that no distance
// makes their taker wait for each.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "commit/progress.hpp"
#include "http/http.hpp"
#include "store/events.hpp"
#include "store/requests.hpp"
#include "store/rows.hpp"

namespace reef::peers {

struct SnapshotSources {
    const model::Schema& schema;
    store::RowScanner& scanner;
    store::RequestReader& requests;
    store::EventReader& events;
    commit::Progress& progress;
};

// What is asked for next.
struct SnapshotPart {
    enum class Kind : std::uint8_t { rows, requests, events };
    Kind kind = Kind::rows;
    std::uint16_t resource = 0;
    std::optional<model::Key> after = {};
    std::uint64_t requests_after = 0;
    model::Stamp events_after = {};
};

// invalid: this asks for nothing that there is.
Result<SnapshotPart> parse_part(const model::Schema& schema, const Json& wish);

struct SnapshotPiece {
    std::string json;
    bool is_last = false;  // it is empty
};
// The next piece; `part` then asks for the one behind it.
Task<SnapshotPiece> next_piece(SnapshotSources sources, SnapshotPart& part);

// A line for each piece, up to the empty one. It ends early where the store cannot be read.
std::unique_ptr<http::StreamBody> make_pieces(SnapshotSources sources, SnapshotPart part);

}  // namespace reef::peers
