// What two nodes tell each other several times a second on connections that carry nothing else, so
// that each knows that the other is there: see liveness.hpp. As text one line, of about 12 bytes
// where the one before said nearly the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "http/http.hpp"
#include "model/vector.hpp"

namespace reef::peers {

class Peers;

struct Beat {
    std::uint64_t number = 0;
    std::uint64_t echo = 0;               // the listener's beat that was heard last; 0: none lately
    std::uint64_t held_us = 0;            // since when that is known
    bool able = true;                     // to decide about writes
    std::vector<std::string> hears = {};  // of other nodes, those that are there and able
    std::optional<model::Dot> in_stead = {};  // its last write in the listener's stead
    std::string run = {};  // the latest on its store (store::Runs); "": it does not say
    bool operator==(const Beat&) const = default;
};

// `before`: the one before on this connection, where the listener keeps it. Then a beat that says
// what that one said besides its numbers is sent as the distance from it.
void append_line(std::string& out, const Beat& beat, const Beat* before = nullptr);
bool is_beat(std::string_view line);
// Without its end. `before`: null where none was read on this connection.
std::optional<Beat> parse_beat(std::string_view line, const Beat* before = nullptr);

inline constexpr const char* beats_path = "/_atoll/beats";
// What a listener that reads distances adds. Earlier versions pass over it, and send whole beats.
inline constexpr const char* brief_beats = "brief";

struct BeatParts {
    Peers& peers;
    Clock& clock;
    std::string asker;      // who listens
    bool is_brief = false;  // the listener keeps each beat for the next one
    std::function<bool()> goes_on;
    std::function<std::string()> run;  // the latest on this node's store
};

// Beats for as long as the peer listens and `goes_on` says so.
std::unique_ptr<http::StreamBody> make_beats(BeatParts parts);

}  // namespace reef::peers
