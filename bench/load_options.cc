#include "load_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

namespace reef::bench {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

// http://127.0.0.1:8101/us/properties. Addresses only: a name would have to be looked up.
void split_url(std::string url, LoadOptions& options) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) throw LoadError("the URL must begin with http://");
    url.erase(0, scheme.size());
    const auto slash = std::min(url.find('/'), url.size());
    options.path = url.substr(slash);
    while (options.path.ends_with('/'))
        options.path.pop_back();
    const std::string host = url.substr(0, slash);
    const auto colon = std::min(host.find(':'), host.size());
    options.address = host.substr(0, colon);
    if (colon < host.size() && !read_number(host.substr(colon + 1), options.port)) {
        throw LoadError("the URL's port is no number: " + host.substr(colon + 1));
    }
}

void split_ids(const std::string& ids, LoadOptions& options) {
    const auto dash = std::min(ids.find('-'), ids.size());
    const bool ok = read_number(ids.substr(0, dash), options.first_id) && dash < ids.size() &&
                    read_number(ids.substr(dash + 1), options.last_id) &&
                    options.first_id <= options.last_id;
    if (!ok) throw LoadError("--ids takes FIRST-LAST, as in 1-3000, not " + ids);
}

void check(const LoadOptions& options) {
    if (options.threads > options.connections) {
        throw LoadError("a thread needs a connection: --threads is above --connections");
    }
    if (options.mode == Mode::post && options.body.empty()) {
        throw LoadError("a POST needs a --body");
    }
    if (owns_records(options.mode) && options.ids() < options.connections) {
        throw LoadError("connections own disjoint ids: fewer ids than connections");
    }
    if (options.rate > 0 && options.count > 0) {
        throw LoadError("--count is for the closed loop, --rate for the open one");
    }
}

constexpr std::pair<const char*, Mode> modes[] = {{"get", Mode::get},
                                                  {"put", Mode::put},
                                                  {"mixed", Mode::mixed},
                                                  {"post", Mode::post},
                                                  {"list", Mode::list}};

Mode mode_named(const std::string& name) {
    const auto same = [&name](const auto& named) { return named.first == name; };
    return std::find_if(std::begin(modes), std::end(modes), same)->second;
}

constexpr const char* examples = R"(Examples:
  atoll-load get http://127.0.0.1:8101/us/properties --connections 64
  atoll-load put http://127.0.0.1:8101/us/properties --connections 1 --count 1000
  atoll-load mixed http://127.0.0.1:8101/us/properties --rate 10000 --writes 20 --json
  atoll-load list "http://127.0.0.1:8000/notes?limit=100"
  atoll-load post http://127.0.0.1:8000/notes --body '{"text":"note {n}"}'

Exit status: 0, 1 after any error, 2 for wrong usage.)";

}  // namespace

bool owns_records(Mode mode) {
    return mode == Mode::put || mode == Mode::mixed;
}

const char* name_of(Mode mode) {
    const auto same = [mode](const auto& named) { return named.second == mode; };
    return std::find_if(std::begin(modes), std::end(modes), same)->first;
}

LoadOptions parse_load_options(int count, char** values) {
    LoadOptions options;
    std::string url;
    std::string ids = "1-3000";
    std::string mode;
    std::string request_ids = "uuid";
    std::vector<std::string> headers;
    CLI::App app{
        "HTTP/1.1 load over keep-alive connections: GET and PUT of URL/{id}, POST to URL, list: "
        "GET of it"};
    app.footer(examples);
    app.add_option("mode", mode)
        ->required()
        ->check(CLI::IsMember({"get", "put", "mixed", "post", "list"}));
    app.add_option("url", url, "address and path prefix")->required();
    app.add_option("-c,--connections", options.connections)->check(CLI::Range(1, 60000));
    app.add_option("-t,--threads", options.threads)->check(CLI::Range(1, 64));
    app.add_option("--ids", ids, "FIRST-LAST, default 1-3000");
    app.add_option("--id-step", options.id_step, "only each N-th of them")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
    app.add_option("-d,--seconds", options.seconds, "how long to measure, default 5");
    app.add_option("-w,--warm-up", options.warm_up_seconds, "seconds before that, default 1");
    app.add_option("-n,--count", options.count, "so many requests instead, without warm-up");
    app.add_option("-r,--rate", options.rate, "open loop: so many requests per second");
    app.add_option("--writes", options.writes_percent, "share of PUTs in mixed, in percent")
        ->check(CLI::Range(0, 100));
    app.add_option("--request-ids", request_ids, "X-Request-ID of a PUT, default uuid")
        ->check(CLI::IsMember({"uuid", "sequence", "none"}));
    app.add_option("--body", options.body,
                   "of a POST, or of a PUT; {n} is another number each time");
    app.add_option("--header", headers, "of a POST or a PUT, \"name: value\"; may be said again");
    app.add_flag("--json", options.json, "one JSON object instead of a line");
    try {
        app.parse(count, values);
        options.mode = mode_named(mode);
        for (const std::string& header : headers)
            options.headers += header + "\r\n";
        options.request_ids = request_ids == "uuid"       ? RequestIds::uuid
                              : request_ids == "sequence" ? RequestIds::sequence
                                                          : RequestIds::none;
        split_url(url, options);
        split_ids(ids, options);
        check(options);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error) == 0 ? 0 : 2);
    } catch (const LoadError& error) {
        std::fprintf(stderr, "atoll-load: %s\n", error.what());
        std::exit(2);
    }
    return options;
}

}  // namespace reef::bench
