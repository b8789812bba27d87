#include "peers/beat.hpp"

#include <charconv>

#include "peers/names.hpp"
#include "peers/peers.hpp"

namespace reef::peers {

namespace {

constexpr char distance_mark = '+';  // before the numbers of a beat that are distances
constexpr std::string_view unable_word = "unable";
constexpr std::string_view hears_begin = "hears=";
constexpr std::string_view in_stead_begin = "instead=";
constexpr std::string_view run_begin = "run=";

// Takes the next word off the line.
std::string_view next_word(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line = end == line.npos ? std::string_view{} : line.substr(end + 1);
    return word;
}

bool read_number(std::string_view word, std::uint64_t& number) {
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    return !word.empty() && read.ec == std::errc{} && read.ptr == word.data() + word.size();
}

bool says_the_same(const Beat& a, const Beat& b) {
    return a.able == b.able && a.hears == b.hears && a.in_stead == b.in_stead && a.run == b.run;
}

class Beats final : public http::StreamBody {
public:
    explicit Beats(BeatParts parts) : parts_(std::move(parts)) {}

    asio::awaitable<void> write_to(http::Stream& stream) override {
        std::optional<Beat> before;
        while (parts_.goes_on()) {
            Beat beat = parts_.peers.beat_for(parts_.asker);
            beat.run = parts_.run();
            std::string line;
            append_line(line, beat, before ? &*before : nullptr);
            if (parts_.is_brief) before = std::move(beat);
            const bool taken = co_await stream.write(line);
            if (!taken) co_return;
            Result<void> slept = co_await parts_.clock.sleep(beat_interval);
            if (!slept) co_return;
        }
    }

private:
    const BeatParts parts_;
};

}  // namespace

void append_line(std::string& out, const Beat& beat, const Beat* before) {
    const bool brief = before && says_the_same(beat, *before) && beat.number >= before->number &&
                       beat.echo >= before->echo;
    if (brief) {
        out += distance_mark + std::to_string(beat.number - before->number) + ' ' +
               std::to_string(beat.echo - before->echo) + ' ' + std::to_string(beat.held_us) + '\n';
        return;
    }
    out += std::to_string(beat.number) + ' ' + std::to_string(beat.echo) + ' ' +
           std::to_string(beat.held_us);
    if (!beat.able) (out += ' ') += unable_word;
    for (std::size_t i = 0; i < beat.hears.size(); ++i) {
        if (i == 0) (out += ' ') += hears_begin;
        if (i > 0) out += ',';
        out += beat.hears[i];
    }
    if (beat.in_stead) ((out += ' ') += in_stead_begin) += model::to_text(*beat.in_stead);
    if (!beat.run.empty()) ((out += ' ') += run_begin) += beat.run;
    out += '\n';
}

bool is_beat(std::string_view line) {
    return !line.empty() &&
           ((line.front() >= '0' && line.front() <= '9') || line.front() == distance_mark);
}

// Words that a later version adds are passed over.
std::optional<Beat> parse_beat(std::string_view line, const Beat* before) {
    Beat beat;
    const bool brief = line.starts_with(distance_mark);
    if (brief && !before) return std::nullopt;
    if (brief) line.remove_prefix(1);
    if (!read_number(next_word(line), beat.number) || !read_number(next_word(line), beat.echo) ||
        !read_number(next_word(line), beat.held_us)) {
        return std::nullopt;
    }
    if (brief) {
        beat.number += before->number;
        beat.echo += before->echo;
        beat.able = before->able;
        beat.hears = before->hears;
        beat.in_stead = before->in_stead;
        beat.run = before->run;
        return beat;
    }
    while (!line.empty()) {
        const std::string_view word = next_word(line);
        if (word == unable_word) beat.able = false;
        if (word.starts_with(run_begin)) beat.run = word.substr(run_begin.size());
        if (word.starts_with(in_stead_begin))
            beat.in_stead = model::parse_dot(word.substr(in_stead_begin.size()));
        if (word.starts_with(hears_begin)) beat.hears = names_in(word.substr(hears_begin.size()));
    }
    return beat;
}

std::unique_ptr<http::StreamBody> make_beats(BeatParts parts) {
    return std::make_unique<Beats>(std::move(parts));
}

}  // namespace reef::peers
