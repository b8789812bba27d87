// The chunked transfer coding (RFC 9112 7.1), read as strictly as the head. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/request_parser.hpp"

namespace reef::http {

struct ChunkLimits {
    std::uint64_t body_bytes_max = 1 << 20;      // 413
    std::uint32_t trailer_bytes_max = 16 << 10;  // 431; as much again for all chunk extensions
    std::uint32_t trailer_fields_max = 100;      // 431
};

// Decodes one body. Extensions and trailers are checked and dropped.
class ChunkDecoder {
public:
    explicit ChunkDecoder(ChunkLimits limits) : limits_(limits) {}

    // Takes bytes off the front of `input` and appends the content among them to `body`.
    // more: all of it was taken. done: what is left belongs to the next request. refused: error()
    // says why. The same bytes give the same result however they were cut.
    Progress decode(std::string_view& input, std::string& body);
    const HttpError& error() const { return error_; }

private:
    enum class State : std::uint8_t {
        size,      // in "1a;extension"
        content,   // in a chunk
        end,       // in the empty line after a chunk
        trailers,  // in a field after the last chunk, or the empty line after all
        done,
    };

    std::uint32_t line_bytes_max() const;
    bool take_line(std::string_view line, std::size_t body_bytes);
    bool take_size(std::string_view line, std::size_t body_bytes);
    bool take_trailer(std::string_view line);
    bool refuse(int status, std::string_view detail);  // always false

    const ChunkLimits limits_;
    State state_ = State::size;
    std::string line_;  // what has come of the line that the state is in
    std::uint64_t chunk_left_ = 0;
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::uint32_t trailer_fields_ = 0;
    HttpError error_;
};

}  // namespace reef::http
