#include "api/foreign_caller.hpp"

#include <algorithm>

#include "api/write_request.hpp"
#include "base/text/json.hpp"
#include "brokers/message_shape.hpp"
#include "model/value_text.hpp"

namespace reef::api {

using namespace model;
using brokers::CallFate;
using brokers::ForeignCall;

namespace {

constexpr std::size_t kept_bytes_max = 255;  // of a header: as read_headers() takes it

Error refused(std::string why) {
    return {Errc::invalid, std::move(why)};
}

http::Method method_of(std::string_view name) {
    using http::Method;
    for (const Method method : {Method::post, Method::put, Method::patch, Method::remove}) {
        if (http::name_of(method) == name) return method;
    }
    return Method::other;
}

std::optional<WriteKind> kind_of(const Operation* operation) {
    if (!operation || !operation->resource) return std::nullopt;
    switch (operation->kind) {
        case OperationKind::create:
            return WriteKind::create;
        case OperationKind::update:
        case OperationKind::patch:
            return WriteKind::update;
        case OperationKind::remove:
            return WriteKind::remove;
        default:
            return std::nullopt;
    }
}

std::string text_of(const std::vector<http::Fault>& faults) {
    std::string text = "invalid_request:";
    for (const http::Fault& fault : faults)
        text += ' ' + (fault.name.empty() ? "the body" : fault.name) + ' ' + fault.detail + ';';
    text.pop_back();
    return text;
}

// "replicated-from-A-create-warehouse", of each header that is kept with a write.
Headers headers_of(const ForeignCall& call, const Api& api) {
    Headers headers;
    for (const KeptHeader& header : api.headers) {
        std::string value = "replicated-from-" + call.source;
        for (const auto& [name, said] : call.kept)
            if (name == header.name && !said.empty()) value += '-' + said;
        headers.emplace_back(header.name, value.substr(0, kept_bytes_max));
    }
    headers.emplace_back("x-request-id", call.name);
    headers.emplace_back("atoll-attempt", call.name);  // what comes again is no client's repeat
    if (!call.traceparent.empty()) headers.emplace_back("traceparent", call.traceparent);
    return headers;
}

bool may_pass(const Refused& refused) {
    return refused.doubtful || refused.refusal == Refusal::home_unreachable ||
           refused.refusal == Refusal::ids_exhausted;
}

}  // namespace

Task<CallFate> ForeignCaller::execute(ForeignCall call) {
    auto read = this->read(call);
    if (!read) co_return CallFate{CallFate::Kind::refused, read.error().what};
    const std::string called = read->called;
    Result<void> own = co_await check_owners(call.source, read->intent);
    if (!own && own.error().code != Errc::invalid) co_return own.error();
    if (!own) co_return CallFate{CallFate::Kind::refused, own.error().what};
    auto outcome = co_await parts_.writes.submit(std::move(read->intent));
    if (!outcome) {
        const Errc code = outcome.error().code;
        const bool for_good = code == Errc::rejected || code == Errc::invalid;
        if (!for_good) co_return outcome.error();
        co_return CallFate{CallFate::Kind::refused, outcome.error().what};
    }
    const auto* no = std::get_if<Refused>(&*outcome);
    if (!no) co_return CallFate{CallFate::Kind::done};
    if (may_pass(*no)) co_return CallFate{CallFate::Kind::waits};
    std::string why{name_of(no->refusal)};
    why += ": " + no->detail;
    if (!called.empty()) why += " (" + call.source + " calls it " + called + ')';
    co_return CallFate{CallFate::Kind::refused, std::move(why)};
}

// invalid: it is refused for good, and why.
Result<ForeignCaller::Write> ForeignCaller::read(const ForeignCall& call) const {
    const Headers headers = headers_of(call, parts_.api);
    const std::size_t question = std::min(call.path.find('?'), call.path.size());
    http::Request request;
    request.method = method_of(call.method);
    request.path = std::string_view{call.path}.substr(0, question);
    if (question < call.path.size())
        request.query = std::string_view{call.path}.substr(question + 1);
    request.body = call.body;
    for (const auto& [name, value] : headers)
        request.headers.emplace_back(name, value);
    const Time now = parts_.clock.now();
    request.received = std::min(call.made.value_or(now), now);
    const Route route = parts_.router.match(request.method, request.path);
    const auto kind = kind_of(route.operation);
    if (!kind) return refused("it describes no write: " + call.method + ' ' + call.path);
    const Resource& resource = parts_.schema[*route.operation->resource];
    const bool patches = route.operation->kind == OperationKind::patch;
    std::vector<http::Fault> faults;
    // The program's own server has set other times and keys than this one.
    const WriteForm form{parts_.api,
                         resource,
                         *kind,
                         route.parameter,
                         patches ? Named::changes_only : Named::as_needed,
                         SetByServer::ignore};
    WriteRequest write = read_write(form, request, now, faults);
    if (!faults.empty()) return refused(text_of(faults));
    if (write.no_such_key) return refused("not_found: no record has the key " + route.parameter);
    write.intent.headers.emplace_back(brokers::replicated_from_header, call.source);
    if (*kind == WriteKind::create) {
        if (auto good = take_new_key(call, write.intent); !good) return good.error();
    }
    if (auto good = translate(call.source, write.intent); !good) return good.error();
    return Write{std::move(write.intent),
                 *kind == WriteKind::create ? "" : resource.name + '/' + route.parameter};
}

// The key that the program's own record has: then its later calls find ours. A body may name it,
// too, where clients may.
Result<void> ForeignCaller::take_new_key(const ForeignCall& call, Intent& intent) const {
    const Resource& resource = parts_.schema[intent.resource];
    if (call.record.empty() || intent.key) return {};
    const auto record = parse_json(call.record);
    if (!record) return record.error();
    const bool whole = record->is(Json::Kind::object);
    const Json* said = whole ? record->find(resource.key_field().name) : &*record;
    if (!said || said->is(Json::Kind::null)) return {};
    auto value = read_json(resource.key_field(), *said);
    auto key = value ? key_from(resource.key_field(), *value) : Result<Key>{value.error()};
    if (!key) {
        return refused("invalid_request: the key of what it has made, " +
                       resource.key_field().name + ", " + key.error().what);
    }
    intent.key = std::move(*key);
    return {};
}

Result<void> ForeignCaller::translate(const std::string& source, Intent& intent) const {
    const ForeignNumbers& numbers = parts_.programs.at(source);
    const Resource& resource = parts_.schema[intent.resource];
    if (intent.key) {
        auto ours = key_of_foreign(resource, numbers, *intent.key);
        if (!ours) return refused("not_found: no record has the key " + to_text(*intent.key));
        intent.key = std::move(*ours);
    }
    for (auto& [id, value] : intent.fields) {
        const Field& field = resource.fields[id];
        if (field.refers_to.empty() || is_null(value)) continue;
        const Resource& there = *parts_.schema.find(field.refers_to);
        const auto theirs = key_from(there.key_field(), value);
        const auto ours = theirs ? key_of_foreign(there, numbers, *theirs) : std::nullopt;
        if (!ours) return refused("unknown_reference: " + field.name + " names no record");
        value = value_from(*ours);
    }
    return {};
}

// A name that a node of this app had before the program: what the node has made is not what the
// program means. invalid: it is so, and which record it is.
Task<void> ForeignCaller::check_owners(std::string source, Intent intent) const {
    const Resource& resource = parts_.schema[intent.resource];
    std::vector<RecordRef> named;
    if (intent.key) named.push_back({resource.id, *intent.key});
    for (const auto& [id, value] : intent.fields) {
        const Resource* there = parts_.schema.find(resource.fields[id].refers_to);
        const auto key =
            there && !is_null(value) ? key_from(there->key_field(), value) : Result<Key>{Error{}};
        if (key) named.push_back({there->id, *key});
    }
    for (const RecordRef& ref : named) {
        auto row = co_await parts_.rows.get(ref);
        if (!row) co_return row.error();
        const Resource& there = parts_.schema[ref.resource];
        if (!*row || !was_made_by_node(there, **row, source)) continue;
        co_return refused("not_found: " + there.name + '/' + to_text(ref.key) + " was made when " +
                          source + " was a server of this app, and is none of the program's");
    }
    co_return Result<void>{};
}

}  // namespace reef::api
