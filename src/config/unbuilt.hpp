// What the app file can say and this version of Atoll does not do yet. The readers of the file
// refuse it where it would take effect, so that nobody relies on a setting that nothing reads.
// Whoever builds a feature takes its name out of here, and the compiler finds the refusals.
#pragma once

#include "config/section.hpp"

namespace reef::config {

enum class Unbuilt : std::uint8_t {
    rabbitmq,
    partial_replication,  // send_to that leaves out a node
    read_replicas,
};

// Notes a mistake at `at`; `remedy` says what to do: "remove [reads]".
void refuse_unbuilt(const Scope& scope, Unbuilt feature, Location at, const std::string& remedy);

// The same for a value: "unset RABBITMQ_URL" where a variable gave it, else `remedy`.
void refuse_unbuilt(const Scope& scope, Unbuilt feature, const Text& text,
                    const std::string& remedy);

}  // namespace reef::config
