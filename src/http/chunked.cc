#include "http/chunked.hpp"

#include <algorithm>
#include <charconv>

namespace reef::http {

namespace {

constexpr std::uint32_t size_line_bytes_max = 1024;
constexpr std::size_t size_digits_max = 16;

void skip_blanks(std::string_view& text) {
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

bool take_token(std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && is_token(text.substr(size, 1)))
        ++size;
    text.remove_prefix(size);
    return size > 0;
}

bool take_quoted(std::string_view& text) {  // after the first '"'
    while (!text.empty()) {
        if (take(text, '"')) return true;
        text.remove_prefix(text.starts_with('\\') ? std::min<std::size_t>(2, text.size()) : 1);
    }
    return false;
}

// *( ";" name [ "=" ( token / quoted-string ) ] ), with blanks around each sign.
bool is_extension(std::string_view text) {
    if (!is_field_value(text)) return false;
    while (!text.empty()) {
        skip_blanks(text);
        if (!take(text, ';')) return false;
        skip_blanks(text);
        if (!take_token(text)) return false;
        std::string_view after = text;
        skip_blanks(after);
        if (!take(after, '=')) continue;
        text = after;
        skip_blanks(text);
        if (!(take(text, '"') ? take_quoted(text) : take_token(text))) return false;
    }
    return true;
}

}  // namespace

bool ChunkDecoder::refuse(int status, std::string_view detail) {
    error_ = {status, detail};
    return false;
}

Progress ChunkDecoder::decode(std::string_view& input, std::string& body) {
    while (!input.empty() && state_ != State::done) {
        if (state_ == State::content) {
            const std::size_t size =
                static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, input.size()));
            body.append(input.substr(0, size));
            input.remove_prefix(size);
            chunk_left_ -= size;
            if (chunk_left_ == 0) state_ = State::end;
            continue;
        }
        const std::size_t end = input.find('\n');
        const std::size_t size = end == std::string_view::npos ? input.size() : end + 1;
        if (line_.size() + size > line_bytes_max()) {
            const bool is_end = state_ == State::end;
            if (is_end) refuse(400, "a chunk is longer than it says");
            if (!is_end) refuse(431, "a chunk's extension or a trailer is too large");
            return Progress::refused;
        }
        line_.append(input.substr(0, size));
        input.remove_prefix(size);
        if (end == std::string_view::npos) break;
        if (!line_.ends_with("\r\n")) {
            refuse(400, "a line of the chunked body ends without CR LF");
            return Progress::refused;
        }
        const std::string_view line{line_.data(), line_.size() - 2};
        if (!take_line(line, body.size())) return Progress::refused;
        line_.clear();
    }
    return state_ == State::done ? Progress::done : Progress::more;
}

std::uint32_t ChunkDecoder::line_bytes_max() const {
    if (state_ == State::size) return size_line_bytes_max;
    return state_ == State::end ? 2 : limits_.trailer_bytes_max;
}

bool ChunkDecoder::take_line(std::string_view line, std::size_t body_bytes) {
    if (state_ == State::size) return take_size(line, body_bytes);
    if (state_ == State::trailers) return take_trailer(line);
    if (!line.empty()) return refuse(400, "a chunk is longer than it says");
    state_ = State::size;
    return true;
}

bool ChunkDecoder::take_size(std::string_view line, std::size_t body_bytes) {
    const auto [end, failed] =
        std::from_chars(line.data(), line.data() + line.size(), chunk_left_, 16);
    const std::size_t digits = static_cast<std::size_t>(end - line.data());
    if (digits == 0 || digits > size_digits_max) return refuse(400, "a chunk has no size");
    if (failed != std::errc{} || chunk_left_ > limits_.body_bytes_max - body_bytes) {
        return refuse(413, "the body is too large");
    }
    const auto extension = line.substr(digits);
    if (!is_extension(extension)) return refuse(400, "a chunk's size line is malformed");
    extension_bytes_ += extension.size();
    if (extension_bytes_ > limits_.trailer_bytes_max) {
        return refuse(431, "the chunk extensions are too large");
    }
    state_ = chunk_left_ == 0 ? State::trailers : State::content;
    return true;
}

bool ChunkDecoder::take_trailer(std::string_view line) {
    if (line.empty()) {
        state_ = State::done;
        return true;
    }
    trailer_bytes_ += line.size() + 2;
    if (trailer_bytes_ > limits_.trailer_bytes_max) {
        return refuse(431, "the trailers are too large");
    }
    if (++trailer_fields_ > limits_.trailer_fields_max) {
        return refuse(431, "there are too many trailers");
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const bool good = colon < line.size() && is_token(line.substr(0, colon)) &&
                      is_field_value(line.substr(colon + 1));
    return good || refuse(400, "a trailer is no \"name: value\"");
}

}  // namespace reef::http
