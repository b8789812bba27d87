#include "peers/answer_lines.hpp"

#include <algorithm>

namespace reef::peers {

namespace {

constexpr std::size_t rest_bytes_max = 64 << 10;

class WholeLines final : public AnswerLines {
public:
    explicit WholeLines(http::Answer answer) : answer_(std::move(answer)) {}

    int status() const override { return answer_.status; }

    Task<std::optional<std::string>> next() override {
        if (at_ >= answer_.body.size()) co_return std::nullopt;
        const std::size_t end = std::min(answer_.body.find('\n', at_), answer_.body.size());
        std::string line = answer_.body.substr(at_, end - at_);
        at_ = end + 1;
        co_return line;
    }

private:
    const http::Answer answer_;
    std::size_t at_ = 0;
};

class ArrivingLines final : public AnswerLines {
public:
    ArrivingLines(std::unique_ptr<http::ClientConnection> connection, int status,
                  std::size_t line_bytes_max, std::chrono::milliseconds timeout)
        : connection_(std::move(connection)),
          status_(status),
          line_bytes_max_(line_bytes_max),
          timeout_(timeout) {}

    int status() const override { return status_; }

    Task<std::optional<std::string>> next() override {
        for (;;) {
            const std::size_t end = text_.find('\n', searched_);
            if (end != std::string::npos) co_return take(end);
            text_.erase(0, begin_);
            begin_ = 0;
            searched_ = text_.size();
            if (text_.size() > line_bytes_max_)
                co_return Error{Errc::invalid, "a line of its answer is too long"};
            const auto bytes = co_await connection_->read_some(timeout_);
            if (!bytes) co_return bytes.error();
            if (bytes->empty() && text_.empty()) co_return std::nullopt;
            if (bytes->empty()) co_return take(text_.size());
            text_ += *bytes;
        }
    }

private:
    std::string take(std::size_t end) {
        std::string line = text_.substr(begin_, end - begin_);
        begin_ = searched_ = std::min(end + 1, text_.size());
        return line;
    }

    const std::unique_ptr<http::ClientConnection> connection_;
    const int status_;
    const std::size_t line_bytes_max_;
    const std::chrono::milliseconds timeout_;
    std::string text_;  // what has arrived, from before the next line on
    std::size_t begin_ = 0;
    std::size_t searched_ = 0;  // no line ends before this
};

}  // namespace

std::unique_ptr<AnswerLines> make_lines(http::Answer answer) {
    return std::make_unique<WholeLines>(std::move(answer));
}

std::unique_ptr<AnswerLines> make_lines(std::unique_ptr<http::ClientConnection> connection,
                                        int status, std::size_t line_bytes_max,
                                        std::chrono::milliseconds timeout) {
    return std::make_unique<ArrivingLines>(std::move(connection), status, line_bytes_max, timeout);
}

asio::awaitable<std::string> rest_of(AnswerLines& lines) {
    std::string rest;
    while (rest.size() < rest_bytes_max) {
        auto line = co_await lines.next();
        if (!line || !*line) break;
        rest += **line;
    }
    co_return rest;
}

}  // namespace reef::peers
