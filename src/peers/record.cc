#include "peers/record.hpp"

#include "base/text/json.hpp"
#include "model/value_text.hpp"
#include "peers/refusal.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::peers {

using namespace model;

Task<Row> record_of_peer(PeerCalls& calls, const Resource& resource, RecordRef ref,
                         std::chrono::milliseconds timeout) {
    std::string path{"/_atoll/record"};
    std::string question = "{\"resource\":";
    append_json_string(question, resource.name);
    question += ",\"key\":";
    append_json_string(question, to_text(ref.key));
    question += '}';
    auto answer = co_await calls.post(std::move(path), std::move(question), timeout);
    if (!answer) co_return answer.error();
    if (answer->status != 200) {
        co_return Error{Errc::unavailable, refusal_text(answer->status, answer->body)};
    }
    auto piece = parse_rows(resource, answer->body);
    if (!piece) co_return piece.error();
    if (piece->rows.empty()) co_return Error{Errc::not_found, "it has no such record"};
    if (piece->rows.size() > 1 || piece->rows.front().ref() != ref) {
        co_return Error{Errc::unavailable, "it answered with another record"};
    }
    co_return std::move(piece->rows.front());
}

}  // namespace reef::peers
