// What a client sent, as the event of its write tells it.
#pragma once

#include "http/http.hpp"
#include "model/intent.hpp"

namespace reef::api {

// The body as it was sent, without its white space; of a delete {}. Left out where it is longer
// than a change carries. For requests that are good.
void keep_inputs(const http::Request& request, model::Intent& intent);

}  // namespace reef::api
