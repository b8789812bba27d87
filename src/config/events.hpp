// The messages that an app declares for its brokers, as /asyncapi.json describes them.
#pragma once

#include <vector>

#include "api/asyncapi.hpp"
#include "config/app.hpp"

namespace reef::config {

// Of every broker that the app file says something about, be it in use or not.
std::vector<api::EventChannel> event_channels(const App& app);

}  // namespace reef::config
