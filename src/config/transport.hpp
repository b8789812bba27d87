// [transport], [transport.kafka], [transport.rabbitmq] and [stack.NAME].
#pragma once

#include "config/section.hpp"

namespace reef::config {

// Reads into app.transport, with "auto" resolved. app.api is complete by then: messages may carry
// the headers that it keeps.
void read_transport(Section& top, App& app);

void read_stacks(Section& top, App& app);

}  // namespace reef::config
