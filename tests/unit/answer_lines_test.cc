// A peer's answer, line by line: as it arrives, and as it came whole.
#include "peers/answer_lines.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "run.hpp"

namespace reef::test {
namespace {

using namespace peers;
using namespace std::chrono_literals;

// An answer whose body arrives in these pieces, and ends or breaks.
class Pieces final : public http::ClientConnection {
public:
    Pieces(std::deque<std::string> pieces, bool breaks)
        : pieces_(std::move(pieces)), breaks_(breaks) {}

    Task<http::Answer> exchange(http::Call, std::chrono::milliseconds) override {
        co_return Error{Errc::invalid, "not here"};
    }
    Task<int> begin(http::Call, std::chrono::milliseconds) override { co_return 200; }
    Task<std::string_view> read_some(std::chrono::milliseconds) override {
        if (pieces_.empty() && breaks_) co_return Error{Errc::unavailable, "broken"};
        if (pieces_.empty()) co_return std::string_view{};
        read_ = std::move(pieces_.front());
        pieces_.pop_front();
        co_return std::string_view{read_};
    }
    bool is_reusable() const override { return false; }
    void close() override {}

private:
    std::deque<std::string> pieces_;
    const bool breaks_;
    std::string read_;
};

std::string shown(std::unique_ptr<AnswerLines> lines) {
    std::string text;
    for (;;) {
        const auto line = run(lines->next());
        if (!line) return text + "… " + line.error().what;
        if (!*line) return text + '.';
        text += **line + '|';
    }
}

std::string arriving(std::deque<std::string> pieces, bool breaks = false,
                     std::size_t line_bytes_max = 100) {
    auto connection = std::make_unique<Pieces>(std::move(pieces), breaks);
    return shown(make_lines(std::move(connection), 200, line_bytes_max, 1000ms));
}

TEST(AnswerLines, ArriveHoweverTheyWereCut) {
    EXPECT_EQ(arriving({"one\ntwo\nthree\n"}), "one|two|three|.");
    EXPECT_EQ(arriving({"o", "ne\nt", "wo", "\n", "three\n"}), "one|two|three|.");
    EXPECT_EQ(arriving({"one\n", "\n", "{}"}), "one||{}|.") << "the last one needs no end";
    EXPECT_EQ(arriving({}), ".");
    EXPECT_EQ(arriving({"one\ntw"}, true), "one|… broken");
}

TEST(AnswerLines, AreNoLongerThanTheyMayBe) {
    const std::string half(60, 'x');
    EXPECT_EQ(arriving({half, "\n", half, half}), half + "|… a line of its answer is too long");
}

TEST(AnswerLines, OfAWholeAnswerAreTheSame) {
    EXPECT_EQ(shown(make_lines({200, "one\n\n{}"})), "one||{}|.");
    EXPECT_EQ(shown(make_lines({200, "one\ntwo\n"})), "one|two|.");
    EXPECT_EQ(shown(make_lines({200, ""})), ".");
    EXPECT_EQ(run(rest_of(*make_lines({404, "not\nhere"}))), "nothere");
}

}  // namespace
}  // namespace reef::test
