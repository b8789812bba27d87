// How large a record may be, and what follows from it for all that carries one: a client's body, a
// change on the wire and in the log, a broker's message, a piece of a snapshot. All of them are
// derived here, so that none is too narrow for another.
#pragma once

#include <cstdint>

namespace reef::model {

// JSON writes one byte of text as up to six: U+007F as \u007f.
inline constexpr std::uint64_t json_growth = 6;

// The row's canonical JSON, with all that it knows of its writes: [limits] record_bytes_max. A
// write that would pass it is refused. Joins may pass it: a row has at most each side's fields.
inline constexpr std::uint64_t record_bytes_default = 16 << 20;
inline constexpr std::uint64_t record_bytes_most = 64 << 20;  // in any app

// What a change says beside its row: stamp, request ids, kept headers, the names of fields.
inline constexpr std::uint64_t change_bytes_beside_row = 1 << 20;

// And the inputs of its request, where the app keeps events. Longer ones are left out: the change
// then says which fields they named, and the row what became of them.
inline constexpr std::uint64_t inputs_bytes_max = change_bytes_beside_row / 2;

// A line of a feed or of a piece of a log. It is the same whatever the app says: nodes whose apps
// differ hear each other. A longer one is abridged (abridged.hpp).
inline constexpr std::uint64_t line_bytes_max = record_bytes_most + change_bytes_beside_row;

// A broker's message: the record as people see it, and the change beside it.
constexpr std::uint64_t message_bytes_of(std::uint64_t record_bytes) {
    return 2 * (record_bytes + change_bytes_beside_row);
}

// A client's body on its way to the record's home: its values again, in their longest form.
constexpr std::uint64_t forward_bytes_of(std::uint64_t body_bytes) {
    return json_growth * body_bytes + change_bytes_beside_row;
}

}  // namespace reef::model
