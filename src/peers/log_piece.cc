#include "peers/log_piece.hpp"

#include <algorithm>

#include "peers/refusal.hpp"

namespace reef::peers {

namespace {

constexpr int gone = 410;

std::string target_of(const model::Dot& after, std::uint32_t count) {
    return "/_atoll/changes?after=" + to_text(after) + "&origin=" + after.origin +
           "&limit=" + std::to_string(count);
}

Error refusal_of(int status, std::string_view body) {
    if (status == gone) return {Errc::not_found, "its log no longer holds them"};
    return {Errc::unavailable, refusal_text(status, body)};
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

Task<std::vector<std::string>> log_piece_of_peer(PeerCalls& calls, model::Dot after,
                                                 std::uint32_t count,
                                                 std::chrono::milliseconds timeout) {
    std::string target = target_of(after, count);
    auto answer = co_await calls.get(std::move(target), timeout);
    if (!answer) co_return answer.error();
    if (answer->status != 200) co_return refusal_of(answer->status, answer->body);
    co_return lines_of(answer->body);
}

Task<std::unique_ptr<AnswerLines>> log_lines_of_peer(PeerCalls& calls, model::Dot after,
                                                     std::uint32_t count,
                                                     std::chrono::milliseconds timeout) {
    std::string target = target_of(after, count) + '&' + whole_log + "=1";
    auto lines = co_await calls.get_lines(std::move(target), timeout);
    if (!lines) co_return lines.error();
    if ((*lines)->status() == 200) co_return lines;
    const std::string body = co_await rest_of(**lines);
    co_return refusal_of((*lines)->status(), body);
}

}  // namespace reef::peers
