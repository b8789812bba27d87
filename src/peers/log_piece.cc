#include "peers/log_piece.hpp"

#include <algorithm>

#include "peers/refusal.hpp"

namespace reef::peers {

namespace {

constexpr int gone = 410;

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
    std::string target = "/_atoll/changes?after=" + to_text(after) + "&origin=" + after.origin +
                         "&limit=" + std::to_string(count);
    auto answer = co_await calls.get(std::move(target), timeout);
    if (!answer) co_return answer.error();
    if (answer->status == gone) co_return Error{Errc::not_found, "its log no longer holds them"};
    if (answer->status != 200) {
        co_return Error{Errc::unavailable, refusal_text(answer->status, answer->body)};
    }
    co_return lines_of(answer->body);
}

}  // namespace reef::peers
