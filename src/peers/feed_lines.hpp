// A feed as text: one line for each arrival. A change is its JSON, a heartbeat {"heartbeat":{…}}.
#pragma once

#include "base/result.hpp"
#include "peers/source.hpp"

namespace reef::peers {

void append_line(std::string& out, const Heartbeat& heartbeat);
void append_line(std::string& out, std::string_view change_json);

// `line` without its end. `before`: the beat that was read last on this connection. invalid: it is
// neither.
Result<Arrival> parse_line(std::string line, const Beat* before = nullptr);

}  // namespace reef::peers
