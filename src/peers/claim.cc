#include "peers/claim.hpp"

#include "base/text/json.hpp"
#include "base/text/json_object.hpp"
#include "model/value_text.hpp"
#include "peers/refusal.hpp"

namespace reef::peers {

using namespace model;

namespace {

std::vector<std::string> texts_at(const Json& json, std::string_view name) {
    std::vector<std::string> texts;
    const Json* list = json.find(name);
    if (!list) return texts;
    for (const Json& item : list->items)
        texts.push_back(item.text);
    return texts;
}

const Field& key_field_of(const Schema& schema, const FieldRef& value) {
    return schema[value.resource].key_field();
}

Error unreadable(const char* what) {
    return {Errc::invalid, std::string{"the claim's "} + what + " cannot be read"};
}

}  // namespace

std::string claim_json(const Schema& schema, const ClaimRequest& request) {
    const Resource& resource = schema[request.value.resource];
    const Field& field = resource.fields[request.value.field];
    std::string value;
    append_json(value, field, request.value.value);
    JsonObject json;
    json.put_text("resource", resource.name).put_text("field", field.name).put("value", value);
    if (request.key) json.put_text("key", to_text(*request.key));
    json.put("requests", json_texts(request.requests))
        .put_text("claimant", to_text(request.claimant))
        .put_text("home", request.home)
        .put("members", json_texts(request.members));
    if (!request.after.empty()) json.put_text("after", to_text(request.after));
    if (request.passed_on) json.put("passed_on", "true");
    return json.json();
}

Result<ClaimRequest> parse_claim_request(const Schema& schema, std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return json.error();
    const Resource* resource = schema.find(text_at(*json, "resource"));
    if (!resource) return unreadable("resource");
    const auto field = resource->find_field(text_at(*json, "field"));
    if (!field || !resource->fields[*field].unique_at_home) return unreadable("field");
    const Json* given = json->find("value");
    auto value = given ? read_json(resource->fields[*field], *given) : unreadable("value");
    if (!value) return value.error();
    ClaimRequest request;
    request.value = {resource->id, *field, std::move(*value)};
    if (json->find("key")) {
        request.key = key_from_text(resource->key_field(), text_at(*json, "key"));
        if (!request.key) return unreadable("key");
    }
    const auto claimant = parse_claimant(text_at(*json, "claimant"));
    const auto after = parse_position(text_at(*json, "after"));
    if (!claimant || !after) return unreadable(claimant ? "position" : "claimant");
    request.claimant = *claimant;
    request.after = *after;
    request.requests = texts_at(*json, "requests");
    request.home = text_at(*json, "home");
    request.members = texts_at(*json, "members");
    request.passed_on = true_at(*json, "passed_on");
    return request;
}

std::string claim_answer_json(const ClaimAnswer& answer) {
    JsonObject json;
    if (answer.taken_by) json.put_text("taken_by", to_text(*answer.taken_by));
    return json.put_text("have", to_text(answer.have)).json();
}

Task<ClaimAnswer> claim_value(PeerCalls& calls, const Schema& schema, const ClaimRequest& request,
                              Patience patience) {
    std::string path{claim_path};
    std::string body = claim_json(schema, request);
    auto answer = co_await calls.post(std::move(path), std::move(body), std::move(patience));
    if (!answer) co_return answer.error();
    if (answer->status != 200) {
        const auto code = answer->status == 404 ? Errc::not_found : Errc::unavailable;
        co_return Error{code, refusal_text(answer->status, answer->body)};
    }
    const auto json = parse_json(answer->body);
    const auto have = json ? parse_position(text_at(*json, "have")) : std::nullopt;
    if (!have || have->empty()) co_return Error{Errc::unavailable, "it answered with no claim"};
    ClaimAnswer read{request.value, {}, *have, {}};
    if (json->find("taken_by")) {
        read.taken_by =
            key_from_text(key_field_of(schema, request.value), text_at(*json, "taken_by"));
        if (!read.taken_by) co_return Error{Errc::unavailable, "it answered with no key"};
    }
    co_return read;
}

std::string claimant_json(const ClaimantState& state) {
    JsonObject json;
    json.put("done", state ? "true" : "false");
    if (state) json.put_text("written", to_text(*state));
    return json.json();
}

Task<ClaimantState> state_of_claimant(PeerCalls& calls, const Claimant& claimant,
                                      Patience patience) {
    std::string target = std::string{claimant_path} + "?claimant=" + to_text(claimant);
    auto answer = co_await calls.get(std::move(target), std::move(patience));
    if (!answer) co_return answer.error();
    if (answer->status != 200)
        co_return Error{Errc::unavailable, refusal_text(answer->status, answer->body)};
    const auto json = parse_json(answer->body);
    if (!json) co_return json.error();
    if (!true_at(*json, "done")) co_return ClaimantState{};
    auto written = parse_position(text_at(*json, "written"));
    if (!written) co_return Error{Errc::unavailable, "it answered with no position"};
    co_return ClaimantState{std::move(*written)};
}

}  // namespace reef::peers
