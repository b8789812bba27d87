// What a broker does for this node, for people and metrics.
#pragma once

#include <cstdint>
#include <string>

namespace reef::brokers {

struct BrokerReport {
    bool publishing = false;  // it took what it was given last
    bool reading = false;
    std::string trouble;            // why it is not publishing or reading; "": nothing hinders it
    std::uint64_t confirmed = 0;    // the last of this node's changes that it has
    std::uint64_t unpublished = 0;  // of them, by the process that tells of them
    std::uint64_t arrived = 0;
    std::uint64_t not_signed = 0;  // that counted as not received
    std::uint64_t put_aside = 0;
    std::uint64_t foreign = 0;   // messages of other programs
    std::uint64_t imported = 0;  // of these, as writes of this node
};

}  // namespace reef::brokers
