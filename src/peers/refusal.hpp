// What a peer said when it refused a call, for people.
#pragma once

#include <string>
#include <string_view>

namespace reef::peers {

// "it answered 404: its records have other fields or rules"; of an answer that says nothing only
// the status.
std::string refusal_text(int status, std::string_view body);

}  // namespace reef::peers
