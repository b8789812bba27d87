#include "api/write_request.hpp"

#include <algorithm>

#include "api/request_inputs.hpp"
#include "brokers/message_shape.hpp"
#include "model/value_text.hpp"

namespace reef::api {

using namespace model;

namespace {

// What a request asked for, but for what differs between its tries.
Hash128 hash_of_request(WriteKind kind, Named named, const Resource& resource,
                        std::string_view parameter, std::string_view body) {
    std::string text{named == Named::changes_only ? "patch" : name_of(kind)};
    text += ' ';
    text += resource.name;
    text += '/';
    text += parameter;
    text += '\n';
    text += body;
    return hash_of(text);
}

// When the gateway says that it got the request: "1767225600.123".
std::optional<Time> gateway_time_of(const http::Request& request) {
    const std::string_view text = request.header("atoll-received");
    if (text.empty()) return std::nullopt;
    Field seconds;
    seconds.type = FieldType::decimal;
    seconds.precision = 18;
    seconds.scale = 6;
    const auto read = read_text(seconds, text);
    if (!read || std::get<std::int64_t>(*read) < 0) return std::nullopt;
    return Time{std::get<std::int64_t>(*read)};
}

// The gateway's clock when it says so, else our own: a request that slept in a stopped process must
// not beat what came after it. A time ahead of ours is not believed.
Time time_of(const http::Request& request, std::optional<Time> gateway_time, Time now) {
    return gateway_time ? std::min({*gateway_time, request.received, now}) : request.received;
}

}  // namespace

WriteRequest read_write(const WriteForm& form, const http::Request& request, Time now,
                        std::vector<http::Fault>& faults) {
    const auto& [api, resource, kind, key, named, set_by_server] = form;
    WriteRequest read;
    Intent& intent = read.intent;
    intent.kind = kind;
    intent.resource = resource.id;
    if (kind != WriteKind::create) {
        intent.key = read_key(resource, key, faults);
        read.no_such_key = faults.empty() && !intent.key;
    }
    read_headers(api, resource, request, intent, faults);
    if (kind == WriteKind::remove) {
        read_version(request, intent, faults);
    } else if (faults.empty() && !read.no_such_key) {
        if (!request.query.empty()) refuse_query(request, faults);
        read_body(resource, set_by_server, request, intent, faults, named);
    }
    if (!faults.empty() || read.no_such_key) return read;
    if (api.keeps_events) keep_inputs(request, intent);
    intent.request.body = hash_of_request(kind, named, resource, key, request.body);
    intent.gateway_time = gateway_time_of(request);
    intent.received = time_of(request, intent.gateway_time, now);
    return read;
}

bool tell_source(const std::string& source, Intent& intent) {
    intent.headers.emplace_back(brokers::replicated_from_header, source);
    RequestMark& mark = intent.request;
    const bool names = mark.ids.empty() && intent.kind != WriteKind::update;
    if (names) {
        mark.ids.push_back(
            {RequestKind::id, "replicated-from-" + source + '-' + to_hex(mark.body)});
    }
    // The program's calls to other nodes are tries of the same request.
    if (!mark.ids.empty() && mark.attempt.empty()) mark.attempt = mark.ids.front().text;
    return names;
}

}  // namespace reef::api
