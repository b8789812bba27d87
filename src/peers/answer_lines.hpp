// A peer's answer of lines, which are read while they arrive: no distance makes its reader wait for
// each piece, and no more of it is held than the line that is read. The kernels' buffers are what
// is fetched ahead.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "http/client.hpp"

namespace reef::peers {

class AnswerLines {
public:
    virtual ~AnswerLines() = default;
    virtual int status() const = 0;
    // The next one, without its end. Absent: that was all. timeout: nothing came. invalid: it is
    // longer than any may be. unavailable: the connection broke.
    virtual Task<std::optional<std::string>> next() = 0;
};

// Of an answer that has come whole.
std::unique_ptr<AnswerLines> make_lines(http::Answer answer);
// Of one whose head was read. Each piece is waited for so long.
std::unique_ptr<AnswerLines> make_lines(std::unique_ptr<http::ClientConnection> connection,
                                        int status, std::size_t line_bytes_max,
                                        std::chrono::milliseconds timeout);

// All that is left of a short one: why it was refused.
asio::awaitable<std::string> rest_of(AnswerLines& lines);

}  // namespace reef::peers
