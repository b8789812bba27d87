// The content coding zstd (RFC 8878), for answers that are long or never end: between regions bytes
// cost time. A client says that it reads it (Accept-Encoding), the server that it wrote it
// (Content-Encoding). Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace reef::http {

inline constexpr std::string_view zstd_coding = "zstd";

// What is written looks back so far, and what is read may not ask for more memory than that.
inline constexpr int zstd_window_bits = 20;

// Whether this Accept-Encoding names zstd, and not with q=0.
bool accepts_zstd(std::string_view accept_encoding);

class Compressor {
public:
    Compressor();
    // Appends the piece, coded, to `out`. Who has read all that can show the whole piece: nothing
    // of it waits for the next one.
    void add(std::string_view piece, std::string& out);
    void finish(std::string& out);  // once, behind the last piece

private:
    void write(std::string_view piece, std::string& out, int directive);

    struct Free {
        void operator()(ZSTD_CCtx_s* context) const;
    };
    const std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

class Decompressor {
public:
    Decompressor();
    // Takes bytes off the front of `input` and writes at most `room` bytes of content; returns how
    // many. 0: it needs more input. invalid: this is no zstd, or wants too much memory.
    Result<std::size_t> read(std::string_view& input, char* to, std::size_t room);
    // Whether the content may end here.
    bool is_whole() const { return whole_; }

private:
    struct Free {
        void operator()(ZSTD_DCtx_s* context) const;
    };
    const std::unique_ptr<ZSTD_DCtx_s, Free> context_;
    bool whole_ = false;
};

}  // namespace reef::http
