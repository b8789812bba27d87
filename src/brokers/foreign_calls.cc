#include "brokers/foreign_calls.hpp"

#include <set>

#include "base/log.hpp"
#include "base/text/json.hpp"
#include "base/text/template.hpp"
#include "brokers/backoff.hpp"

namespace reef::brokers {

using namespace model;

namespace {

constexpr std::chrono::seconds calls_look{5};
constexpr std::string_view header_part = "header.";

// The template with each part as a text that names it.
std::string with_named_parts(const Template& pattern) {
    std::string json;
    for (const Template::Piece& piece : pattern.pieces()) {
        json += piece.text;
        if (piece.part.empty()) continue;
        const std::string name = '<' + piece.part + '>';
        json += piece.quoted ? name : '"' + name + '"';
    }
    return json;
}

Error lacks(std::string_view what) {
    return {Errc::invalid, "it describes no call: it does not say " + std::string{what}};
}

}  // namespace

CallShape::CallShape(const std::string& body) {
    const auto json = parse_json(with_named_parts(Template{body, Template::Form::json}));
    if (!json) return;  // not of an app that was read
    for (const auto& [name, value] : json->members) {
        const bool part = value.text.starts_with('<') && value.text.ends_with('>');
        if (part && value.text.find('<', 1) == std::string::npos)
            members_.emplace(value.text.substr(1, value.text.size() - 2), name);
    }
}

const Json* CallShape::find(const Json& body, const std::string& part) const {
    const auto member = members_.find(part);
    const Json* found = member == members_.end() ? nullptr : body.find(member->second);
    return found && !found->is(Json::Kind::null) ? found : nullptr;
}

std::string CallShape::text(const Json& body, const std::string& part) const {
    const Json* found = find(body, part);
    return found && found->is(Json::Kind::string) ? found->text : std::string{};
}

Result<ForeignCall> CallShape::read(const Message& message) const {
    const auto body = parse_json(message.body);
    if (!body) return Error{Errc::invalid, "it is no change, and no JSON: " + body.error().what};
    if (!body->is(Json::Kind::object)) return lacks("anything: it is no JSON object");
    ForeignCall call;
    call.source = text(*body, "source");
    call.method = text(*body, "method");
    call.path = text(*body, "path");
    if (call.source.empty()) return lacks("which server made it");
    call.name = "replicated-from-" + call.source + '-' + to_hex(hash_of(message.body));
    if (call.method.empty()) return lacks("with which method");
    if (call.path.empty()) return lacks("on which path");
    call.body = "{}";
    if (const Json* input = find(*body, "input")) {
        call.body.clear();
        append_json(call.body, *input);
    }
    for (const char* part : {"record", "key", "known_key"}) {
        const Json* told = call.record.empty() ? find(*body, part) : nullptr;
        if (told) append_json(call.record, *told);
    }
    for (const auto& [part, name] : members_) {
        if (!part.starts_with(header_part)) continue;
        call.kept.emplace_back(part.substr(header_part.size()), text(*body, part));
    }
    for (const char* part : {"time", "local_time"}) {
        if (!call.made) call.made = parse_time(text(*body, part));
    }
    if (const std::string* trace = message.header(trace_header)) call.traceparent = *trace;
    return call;
}

ForeignCalls::ForeignCalls(ForeignCallOptions options, DeadMessages& dead,
                           commit::Progress& progress, Clock& clock)
    : options_(std::move(options)),
      dead_(dead),
      progress_(progress),
      clock_(clock),
      shape_(options_.body),
      came_(clock) {}

std::uint64_t ForeignCalls::take(std::vector<Arrived> arrived) {
    for (Arrived& one : arrived) {
        Held held = read(std::move(one));
        held.number = ++given_;
        held_.push_back(std::move(held));
    }
    came_.notify();
    return given_;
}

ForeignCalls::Held ForeignCalls::read(Arrived arrived) {
    Held held{0, std::move(arrived), std::nullopt, {}, false};
    auto call = shape_.read(held.arrived.message);
    if (!call) {
        held.why = call.error().what;
        return held;
    }
    const auto known = options_.executes.find(call->source);
    if (known == options_.executes.end()) {
        held.why = "it is no change, and \"" + call->source +
                   "\" is not a server whose messages are calls (foreign = true)";
        return held;
    }
    held.settled = !known->second;  // another node executes it
    held.call = std::move(*call);
    return held;
}

void ForeignCalls::forget() {
    ++beginnings_;
    held_.clear();
}

asio::awaitable<void> ForeignCalls::run() {
    Backoff backoff{options_.retry_min, options_.retry_max, options_.random_seed};
    for (;;) {
        const std::uint64_t seen = came_.generation();
        const bool all = co_await settle_held();
        if (all) {
            backoff.reset();
            static_cast<void>(co_await came_.wait_beyond(seen, calls_look));
        } else {
            Result<void> slept = co_await clock_.sleep(backoff.next());
            if (!slept) co_return;  // stopping
        }
    }
}

// False: some wait. Those of one program are executed in their order.
asio::awaitable<bool> ForeignCalls::settle_held() {
    const std::uint64_t beginning = beginnings_;
    std::set<std::string> waiting;
    for (std::size_t i = 0; i < held_.size(); ++i) {
        const std::string source = held_[i].source();
        if (held_[i].settled || waiting.contains(source)) continue;
        Result<void> done = co_await settle(i);
        if (beginning != beginnings_) co_return true;
        if (!done) waiting.insert(source);
    }
    drop_settled();
    progress_.watch().notify();  // for whoever acknowledges
    co_return waiting.empty();
}

Task<void> ForeignCalls::settle(std::size_t place) {
    const std::uint64_t beginning = beginnings_;
    std::string why = held_[place].why;
    if (held_[place].call) {
        ForeignCall call = *held_[place].call;
        auto fate = co_await options_.execute(std::move(call));
        if (beginning != beginnings_) co_return Result<void>{};
        if (!fate) co_return fate.error();
        if (fate->kind == CallFate::Kind::waits) co_return Error{Errc::unavailable, "it waits"};
        if (fate->kind == CallFate::Kind::done) {
            ++executed_;
            held_[place].settled = true;
            co_return Result<void>{};
        }
        why = std::move(fate->why);
    }
    Arrived arrived = held_[place].arrived;
    Result<void> put = co_await dead_.put_aside(std::move(arrived), std::move(why));
    if (!put || beginning != beginnings_) co_return put;
    held_[place].settled = true;
    co_return Result<void>{};
}

void ForeignCalls::drop_settled() {
    while (!held_.empty() && held_.front().settled)
        held_.pop_front();
}

}  // namespace reef::brokers
