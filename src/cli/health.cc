#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/http.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    std::string url;
    int timeout_ms = 3000;
};

int health(const Arguments& arguments) {
    HttpRequest request{.url = arguments.url, .default_path = "/readyz"};
    request.timeout_ms = arguments.timeout_ms;
    const auto answer = ask(request);
    if (!answer && answer.error().code == Errc::invalid) {
        std::cerr << "atoll: " << answer.error().what << '\n';
        return bad_usage;
    }
    if (!answer) {
        std::cerr << "unhealthy: " << arguments.url << ": " << answer.error().what << '\n';
        return unhealthy;
    }
    std::cout << answer->body;
    if (!answer->body.ends_with('\n')) std::cout << '\n';
    return answer->status / 100 == 2 ? ok : unhealthy;
}

}  // namespace

Command health_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "health",
            .help = "ask a node whether it is ready (exit status 3: it is not)",
            .options = {{"URL", &arguments->url,
                         "http://HOST:PORT[/PATH]; the path defaults to /readyz", true},
                        {"--timeout-ms", &arguments->timeout_ms, "give up after this long"}},
            .examples =
                "Examples:\n"
                "  atoll health http://127.0.0.1:8101\n"
                "  HEALTHCHECK CMD [\"atoll\", \"health\", \"http://127.0.0.1:8000/health\"]",
            .run = [arguments] { return health(*arguments); }};
}

}  // namespace reef::cli
