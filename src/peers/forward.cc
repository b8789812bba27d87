#include "peers/forward.hpp"

#include "peers/forward_json.hpp"

namespace reef::peers {

Task<model::Outcome> forward_write(PeerCalls& calls, std::string home, const model::Schema& schema,
                                   model::Intent intent, std::chrono::milliseconds timeout) {
    std::string path{"/_atoll/forward"};
    std::string body = intent_json(schema, intent);
    auto answer = co_await calls.post(std::move(path), std::move(body), timeout);
    if (!answer) co_return answer.error();
    if (answer->status != 200) {
        co_return Error{Errc::unavailable, home + " answered " + std::to_string(answer->status)};
    }
    auto outcome = parse_outcome(schema, answer->body);
    if (!outcome) co_return Error{Errc::outcome_unknown, outcome.error().what};
    co_return std::move(*outcome);
}

}  // namespace reef::peers
