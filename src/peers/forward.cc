#include "peers/forward.hpp"

#include "peers/forward_json.hpp"
#include "peers/refusal.hpp"

namespace reef::peers {

namespace {

constexpr int unreadable = 400;     // its app lacks a field that the write names
constexpr int cannot_decide = 500;  // its store is away, or has a record that cannot be read

}  // namespace

Task<model::Outcome> forward_write(PeerCalls& calls, std::string home, const model::Schema& schema,
                                   model::Intent intent, Patience patience) {
    std::string path{forward_path};
    std::string body = intent_json(schema, intent);
    auto answer = co_await calls.post(std::move(path), std::move(body), std::move(patience));
    if (!answer) co_return answer.error();
    if (answer->status == unreadable) {
        // It is there, and decides about the record: it is not decided here in its stead.
        co_return model::Outcome{model::Refused{
            model::Refusal::home_unreachable,
            home + " can't read this write: " + refusal_text(answer->status, answer->body), "",
            std::nullopt}};
    }
    if (answer->status != 200) {
        co_return Error{answer->status == cannot_decide ? Errc::rejected : Errc::unavailable,
                        home + ": " + refusal_text(answer->status, answer->body)};
    }
    auto outcome = parse_outcome(schema, answer->body);
    if (!outcome) co_return Error{Errc::outcome_unknown, outcome.error().what};
    co_return std::move(*outcome);
}

}  // namespace reef::peers
