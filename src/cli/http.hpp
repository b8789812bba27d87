// One HTTP request and its answer, for commands that ask a node.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace reef::cli {

struct HttpAnswer {
    int status = 0;
    std::string body;
};

// `url` is http://HOST:PORT[/PATH]; without a path `default_path` is asked. With a body it is a
// POST. invalid: the URL is none. unavailable: no answer came.
struct HttpRequest {
    std::string url;
    std::string default_path = "/";
    std::string body = {};
    std::string peer_secret = {};
    int timeout_ms = 3000;
};
Result<HttpAnswer> ask(const HttpRequest& request);

}  // namespace reef::cli
