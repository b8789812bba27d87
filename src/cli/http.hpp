// How a command asks a node.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/text/json.hpp"
#include "http/client.hpp"

namespace reef::cli {

// `url` is http://HOST:PORT[/PATH]; without a path `default_path` is asked. With a body the
// request is a POST.
struct HttpRequest {
    std::string url;
    std::string default_path = "/";
    std::string body = {};
    std::string peer_secret = {};
    int timeout_ms = 3000;
};

// invalid: the URL is none. unavailable: no answer came.
Result<http::Answer> ask(const HttpRequest& request);

// What a node says to an operator. Where it refuses, its own words are the error: not_found (404),
// invalid (400) or, for any other status, conflict. unavailable: no answer came.
Result<Json> ask_node(const HttpRequest& request);

}  // namespace reef::cli
