#include "gateway/nginx_conf.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "gateway/routes.hpp"
#include "http/problem.hpp"

namespace reef::gateway {

namespace {

using config::Endpoint;

// The timeout of each try of a request. The gateway takes a region that is silent for `silent_ms`
// for stopped; of a write, which may have to travel to its home and back, for `write_silent_ms`
// beside the longest round trip. If all regions were silent, it gives each twice as long, and then
// `patient_s`. Requests whose answers are known to be slow get `patient_s` at once.
constexpr int connect_timeout_ms = 250;
constexpr int silent_ms = 500;
constexpr int write_silent_ms = 1000;
constexpr int again_ms = 1000;
constexpr int patient_s = 10;
constexpr int feed_silent_s = 120;  // feeds have heartbeats
constexpr int tries_total_s = 2;    // after so long the gateway starts no further try
constexpr int patient_tries_total_s = patient_s + 1;
constexpr int left_alone_s = 1;  // nginx counts whole seconds, so a mark lasts one to two
constexpr std::uint64_t body_in_memory_bytes_max = 1 << 20;

struct Value {
    std::string_view name;
    std::string text;
};

// Puts values in the place of <name>.
std::string fill(std::string_view pattern, std::initializer_list<Value> values) {
    std::string text{pattern};
    for (const Value& value : values) {
        const std::string mark = '<' + std::string{value.name} + '>';
        for (std::size_t at = text.find(mark); at != text.npos;
             at = text.find(mark, at + value.text.size())) {
            text.replace(at, mark.size(), value.text);
        }
    }
    return text;
}

// ---- the process and its files -----------------------------------------------------------------

constexpr std::string_view process = R"(# The gateway of <app>: `atoll gateway-config` made it
# from the app file; change that instead.
# Runs with `nginx -e stderr -p FOLDER -c FILE`; paths are below FOLDER.
<user>worker_processes auto;
worker_rlimit_nofile 20000;
pcre_jit on;
worker_shutdown_timeout 10s;  # feeds do not keep an old worker for ever
pid <folder>/nginx.pid;
lock_file <folder>/nginx.lock;
error_log <error_log> warn;

events {
    worker_connections 8192;
}

http {
<temp_paths>    log_format atoll '$remote_addr - $remote_user [$time_local] "$request" $status '
                     '$body_bytes_sent "$http_referer" "$http_user_agent" '
                     '"$http_x_forwarded_for" upstream=$upstream_addr '
                     'upstream_response_time=$upstream_response_time '
                     'request_id=$http_x_request_id';
    access_log <access_log> atoll buffer=64k flush=10ms;

    server_tokens off;
    types { }
    default_type <problem_type>;

    map $http_host $asked_host {
        default $http_host;
        "" localhost;  # HTTP/1.0
    }
    # Two headers that a node needs for a write, equal in all tries of one request: the request's
    # own id, and the time at which the gateway had received all of it. Reads get none: nginx does
    # not send an empty header.
    map $request_method $attempt {
        default $request_id;
        GET "";
        HEAD "";
    }
    map $request_method $received {
        default $msec;
        GET "";
        HEAD "";
    }
<write>    # Some region was silent, or took half a second and then broke off: it may have been cut
    # off for a moment.
    map "$upstream_status $upstream_response_time" $worth_again {
        default "";
        "~504" 1;
        "~(^|[ :])([1-9][0-9]*|0)\.[5-9]" 1;
        "~(^|[ :])[1-9][0-9]*\." 1;
    }
    # A request with "Prefer: wait" is slow on purpose: the gateway must not take it for
    # one that hangs.
    map $http_prefer $patient {
        default "";
        "" "";
        "~*(^|[,; ])wait *=" 1;
    }
    # A read with a token waits until its node has the writes that the token names. A timeout there
    # does not mean that the node is ill, so these reads use groups with marks of their own.
    map $request_method $waiting_read {
        default "";
        GET .waiting;
        HEAD .waiting;
    }
    map $http_atoll_token $waiting {
        default $waiting_read;
        "" "";
    }
)";

std::string temp_paths(const std::string& folder) {
    std::string text;
    for (const std::string kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += "    " + kind + "_temp_path " + folder + '/' + kind + ";\n";
    return text + '\n';
}

constexpr std::string_view writes = R"(    map $request_method $write {
        default 1;
        GET "";
        HEAD "";
        OPTIONS "";
    }
)";

// Whether a node carries writes to another one.
bool carries(const config::App& app) {
    return std::any_of(app.schema.resources.begin(), app.schema.resources.end(),
                       [](const auto& one) { return one.write == model::WritePolicy::home; });
}

std::string process_text(const config::App& app, const GatewayOptions& options) {
    const bool wrapped = !app.api.answers.problems.wrap_error.empty();
    return fill(process,
                {{"app", app.name},
                 {"write", carries(app) ? std::string{writes} : ""},
                 {"user", options.user.empty() ? "" : "user " + options.user + ";\n"},
                 {"folder", options.folder},
                 {"temp_paths", options.temp_folder.empty() ? "" : temp_paths(options.temp_folder)},
                 {"access_log", options.access_log},
                 {"error_log", options.error_log},
                 {"problem_type", wrapped ? "application/json" : "application/problem+json"}});
}

// ---- groups of servers -------------------------------------------------------------------------

std::string server(const Endpoint& endpoint, std::string_view how) {
    return "        server " + to_text(endpoint) + ' ' + std::string{how} + ";\n";
}

// nginx tries the servers that have no mark, then the backups, which never get a mark; each server
// once for a request. The first servers are listed again among the backups, so that nginx tries
// them in the end even if they are marked. In a region's group they have so small a weight there
// that nginx tries the other regions' servers before them.
std::string group_text(const Group& group, const std::string& name) {
    const std::string marked = "max_fails=1 fail_timeout=" + std::to_string(left_alone_s) + 's';
    std::string text = "\n    upstream " + name + " {\n        zone " + name + " 64k;\n";
    for (const Endpoint& endpoint : group.first)
        text += server(endpoint, marked);
    for (const Endpoint& endpoint : group.fallback)
        text += server(endpoint, "backup max_fails=0 weight=1000000000");
    for (const Endpoint& endpoint : group.first)
        text += server(endpoint, "backup max_fails=0");
    // Each worker keeps idle connections, because opening one costs more than keeping it.
    return text +
           "        keepalive 512;\n"
           "        keepalive_requests 100000;\n"
           "    }\n";
}

std::string groups_text(const Routes& routes) {
    std::string text;
    for (const Group& group : routes.groups) {
        text += group_text(group, group.name);
        text += group_text(group, group.name + ".waiting");
    }
    return text;
}

// ---- the gateway's own answers -----------------------------------------------------------------

struct OwnAnswer {
    std::string_view when;  // nginx's codes; "494 =431" turns one into another
    int status;
    std::string_view detail;
};

constexpr std::array own_answers{
    OwnAnswer{"400", 400, "the request cannot be read"},
    OwnAnswer{"404", 404, "the gateway passes nothing at this path"},
    OwnAnswer{"405", 405, "the gateway passes no request with this method"},
    OwnAnswer{"413", 413, "a body has at most <body_bytes> bytes"},
    OwnAnswer{"414", 414, "a request line has at most 64 KiB"},
    OwnAnswer{"494 =431", 431, "a header has at most 64 KiB"},
    OwnAnswer{"500", 500, "the gateway failed"},
    OwnAnswer{"501", 501, "the gateway does not know this transfer encoding"},
    OwnAnswer{"502", 502, "no <region> can be reached: try again soon"},
    OwnAnswer{
        "504", 504,
        "no <region> answered in time; a write may have taken effect: repeat it with the same "
        "request id"},
    OwnAnswer{"505", 505, "the gateway speaks HTTP/1.0 and HTTP/1.1"},
};

// A JSON text as one word of an nginx.conf. nginx cannot quote a dollar sign, so it is written as
// JSON's escape.
std::string nginx_quoted(std::string_view json) {
    std::string text = "'";
    for (const char c : json) {
        if (c == '$') {
            text += R"(\\u0024)";
            continue;
        }
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + '\'';
}

// With `again`, the codes that start another round of tries are left out.
std::string error_pages(std::string_view indent, bool again) {
    std::string text;
    for (const OwnAnswer& answer : own_answers) {
        if (again && (answer.status == 502 || answer.status == 504)) continue;
        text += std::string{indent} + "error_page " + std::string{answer.when} + " /.problem/" +
                std::to_string(answer.status) + ";\n";
    }
    return text;
}

std::string own_answers_text(const config::App& app) {
    const http::ProblemWriter problems{app.api.answers.problems};
    std::string text;
    for (const OwnAnswer& answer : own_answers) {
        const std::string detail =
            fill(answer.detail, {{"region", app.api.nodes_are},
                                 {"body_bytes", std::to_string(app.limits.body_bytes_max)}});
        const bool retry = http::problem_kind_for(answer.status).retry;
        text += fill(
            "\n        location = /.problem/<status> {\n"
            "            internal;\n"
            "<retry>"
            "            return <status> <body>;\n"
            "        }\n",
            {{"status", std::to_string(answer.status)},
             {"retry", retry ? "            add_header Retry-After 1 always;\n" : ""},
             {"body", nginx_quoted(problems.write(answer.status, detail).body)}});
    }
    return text;
}

// ---- the server --------------------------------------------------------------------------------

constexpr std::string_view server_head = R"(
    server {
<listen>        server_name _;
        merge_slashes off;  # nodes get the path exactly as the client wrote it

        client_header_timeout 10s;
        client_body_timeout 30s;
        send_timeout 30s;
        lingering_close always;  # else what a client still sends can take the answer from it
        keepalive_requests 100000;
        large_client_header_buffers 4 64k;  # an ETag may be long
        client_max_body_size <body_bytes>;
        client_body_buffer_size <body_memory>;

        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $asked_host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Region $region;
        proxy_set_header Atoll-Attempt $attempt;
        proxy_set_header Atoll-Received $received;
        proxy_redirect off;
        proxy_buffer_size 64k;
        proxy_buffers 32 8k;
        proxy_max_temp_file_size 0;

        proxy_connect_timeout <connect_ms>ms;
        proxy_send_timeout <silent_ms>ms;
        proxy_read_timeout <silent_ms>ms;
        proxy_next_upstream error timeout http_502 http_503 http_504 non_idempotent;
        proxy_next_upstream_tries <tries>;
        proxy_next_upstream_timeout <tries_total_s>s;

        recursive_error_pages on;
<error_pages>        error_page 502 504 = @again;
        # No node answers these: they are our own jumps.
        error_page 418 = @patient;
<write_jump>
        location / {
            return 404;
        }
)";

// A node that carries a write to its home answers when the home did, however far away that is.
constexpr std::string_view write_location = R"(
        location @write {
            proxy_send_timeout <write_ms>ms;
            proxy_read_timeout <write_ms>ms;
            proxy_next_upstream_timeout <write_total_ms>ms;
            proxy_pass http://$group;
        }
)";

// A second round of tries with a longer timeout, for when some region was too slow. One request
// cannot tell a region that has stopped from one that is slow. The region that the request names
// was just marked in its own group, so this round uses the next region's group, which has marks of
// its own. The timeout is only twice as long: a region that has stopped must not hold a request for
// long that another one can answer.
constexpr std::string_view again_location = R"(
        location @again {
            if ($worth_again = "") {
                return 418;  # all regions refused at once, and would again
            }
            proxy_send_timeout <again_ms>ms;
            proxy_read_timeout <again_ms>ms;
            proxy_next_upstream_timeout <again_total_ms>ms;
<error_pages>            error_page 502 504 = @patient;
            error_page 418 =502 /.problem/502;
            proxy_pass http://$other$waiting;
        }
)";

// The last round, with a long timeout: for requests whose answers are known to be slow, and for
// those that no shorter timeout was enough for.
constexpr std::string_view patient_location = R"(
        location @patient {
            proxy_send_timeout <patient_s>s;
            proxy_read_timeout <patient_s>s;
            proxy_next_upstream_timeout <patient_total_s>s;
<error_pages>            proxy_pass http://$group$waiting;
        }
)";

// nginx chooses a location by the path that it has normalized, but passes the path as the client
// wrote it. Both must begin alike: "/_atoll/../us/x" is below "/us/" for nginx, but a node would
// take it for one of its internal paths.
constexpr std::string_view location = R"(
        location <path> {
            if ($request_uri !~ "^<pattern>") {
                return 404;
            }
            set $group "<group>";
            set $region "<region>";
            set $other "<other>";
<more>            proxy_pass http://$group$waiting;
        }
)";

constexpr std::string_view patient_when_asked = R"(            if ($patient) {
                return 418;
            }
)";

constexpr std::string_view as_a_write = R"(            if ($write) {
                return 419;
            }
)";

constexpr std::string_view as_a_feed = R"(            proxy_buffering off;
            proxy_read_timeout <feed_s>s;
)";

bool is_below(const Route& route) {
    return route.path.ends_with('/') && !route.feed;
}

std::string escaped_for_pattern(std::string_view path) {
    std::string pattern;
    for (const char c : path) {
        if (c == '.') pattern += '\\';
        pattern += c;
    }
    return pattern;
}

std::string below_text(const Route& route, bool carried) {
    if (!is_below(route)) return {};
    return std::string{patient_when_asked} + (carried ? std::string{as_a_write} : "");
}

std::string location_text(const Route& route, bool carried) {
    const std::string path = (is_below(route) ? "" : "= ") + route.path;
    if (route.group.empty()) {
        return "\n        location " + path + " {\n            return 404;\n        }\n";
    }
    const std::string more = route.feed
                                 ? fill(as_a_feed, {{"feed_s", std::to_string(feed_silent_s)}})
                                 : below_text(route, carried);
    return fill(location,
                {{"path", path},
                 {"pattern", escaped_for_pattern(route.path) + (is_below(route) ? "" : "([?]|$)")},
                 {"group", route.group},
                 {"other", route.other},
                 {"region", route.region},
                 {"more", more}});
}

std::string listen_text(const Endpoint& endpoint, bool ipv6) {
    const bool both = endpoint.host == "127.0.0.1" || endpoint.host == "localhost" ||
                      (endpoint.host == "::1" && ipv6);
    if (!both) return "        listen " + to_text(endpoint) + ";\n";
    std::string text = "        listen " + to_text(Endpoint{"127.0.0.1", endpoint.port}) + ";\n";
    if (ipv6) text += "        listen " + to_text(Endpoint{"::1", endpoint.port}) + ";\n";
    return text;
}

std::string server_text(const config::App& app, const GatewayOptions& options,
                        const Routes& routes) {
    const Endpoint listen = options.listen ? *options.listen : app.gateway->listen;
    const std::uint64_t body_bytes = app.limits.body_bytes_max;
    // nginx tries each server of a region's group once for a request. Where requests are spread,
    // the servers that were skipped because of a mark get a try after all others.
    const bool spread = routes.groups.front().fallback.empty();
    const std::size_t tries = std::max<std::size_t>(2, routes.servers * (spread ? 2 : 1));
    std::string text =
        fill(server_head,
             {{"listen", listen_text(listen, options.ipv6)},
              {"body_bytes", std::to_string(body_bytes)},
              {"body_memory", std::to_string(std::min(body_bytes, body_in_memory_bytes_max))},
              {"connect_ms", std::to_string(connect_timeout_ms)},
              {"silent_ms", std::to_string(silent_ms)},
              {"tries", std::to_string(tries)},
              {"tries_total_s", std::to_string(tries_total_s)},
              {"write_jump", carries(app) ? "        error_page 419 = @write;\n" : ""},
              {"error_pages", error_pages("        ", true)}});
    for (const Route& route : routes.routes)
        text += location_text(route, carries(app));
    const int write_ms = write_silent_ms + static_cast<int>(app.links.round_trip_ms_max);
    if (carries(app)) {
        text += fill(write_location, {{"write_ms", std::to_string(write_ms)},
                                      {"write_total_ms", std::to_string(2 * write_ms)}});
    }
    const int twice_ms = carries(app) ? std::max(again_ms, write_ms) : again_ms;
    text += fill(again_location, {{"again_ms", std::to_string(twice_ms)},
                                  {"again_total_ms", std::to_string(3 * twice_ms)},
                                  {"error_pages", error_pages("            ", true)}});
    text += fill(patient_location, {{"patient_s", std::to_string(patient_s)},
                                    {"patient_total_s", std::to_string(patient_tries_total_s)},
                                    {"error_pages", error_pages("            ", false)}});
    return text + own_answers_text(app) + "    }\n}\n";
}

}  // namespace

std::string nginx_conf(const config::App& app, const GatewayOptions& options) {
    if (!options.listen && !app.gateway) {
        throw std::invalid_argument(app.name + " has no [gateway]: nothing says where to listen");
    }
    const Routes routes = routes_of(app, options.addresses);
    return process_text(app, options) + groups_text(routes) + server_text(app, options, routes);
}

}  // namespace reef::gateway
