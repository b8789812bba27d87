// Features that the app file can ask for and this version of Atoll does not have yet. The readers
// of the file refuse such a setting where it would take effect, so that no user relies on a setting
// that has none. Once a feature is built, its name is removed here, and the compiler finds the
// refusals.
#pragma once

#include "config/section.hpp"

namespace reef::config {

enum class Unbuilt : std::uint8_t {
    change_queues,        // queues for some changes, beside those of several nodes
    partial_replication,  // send_to that leaves out a node
};

// Notes a mistake at `at`; `remedy` says what to do: "remove \"send_to\"".
void refuse_unbuilt(const Scope& scope, Unbuilt feature, Location at, const std::string& remedy);

// The same for a value: "unset RABBITMQ_URL" where a variable gave it, else `remedy`.
void refuse_unbuilt(const Scope& scope, Unbuilt feature, const Text& text,
                    const std::string& remedy);

}  // namespace reef::config
