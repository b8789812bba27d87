#include "http/zstd.hpp"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace reef::http {

namespace {

// More would cost a region that catches up more time than it saves.
constexpr int level = 3;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::string_view take_until(std::string_view& text, char end) {
    const std::size_t at = std::min(text.find(end), text.size());
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return trimmed(taken);
}

bool is_zero(std::string_view weight) {
    return weight == "q=0" ||
           (weight.starts_with("q=0.") && weight.find_first_not_of('0', 4) == weight.npos);
}

bool is_zstd(std::string_view name) {
    return name.size() == zstd_coding.size() &&
           std::equal(name.begin(), name.end(), zstd_coding.begin(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

bool accepts_zstd(std::string_view accept_encoding) {
    while (!accept_encoding.empty()) {
        std::string_view coding = take_until(accept_encoding, ',');
        if (is_zstd(take_until(coding, ';'))) return !is_zero(trimmed(coding));
    }
    return false;
}

void Compressor::Free::operator()(ZSTD_CCtx_s* context) const {
    ZSTD_freeCCtx(context);
}

Compressor::Compressor() : context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc{};
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, zstd_window_bits);
}

void Compressor::add(std::string_view piece, std::string& out) {
    write(piece, out, ZSTD_e_flush);
}

void Compressor::finish(std::string& out) {
    write({}, out, ZSTD_e_end);
}

void Compressor::write(std::string_view piece, std::string& out, int directive) {
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    for (std::size_t left = 1; left > 0;) {
        const std::size_t size = out.size();
        out.resize(size + std::max(ZSTD_CStreamOutSize() / 8, (piece.size() - input.pos) / 4));
        ZSTD_outBuffer output{out.data() + size, out.size() - size, 0};
        left = ZSTD_compressStream2(context_.get(), &output, &input,
                                    static_cast<ZSTD_EndDirective>(directive));
        if (ZSTD_isError(left)) throw std::runtime_error(ZSTD_getErrorName(left));
        out.resize(size + output.pos);
    }
}

void Decompressor::Free::operator()(ZSTD_DCtx_s* context) const {
    ZSTD_freeDCtx(context);
}

Decompressor::Decompressor() : context_(ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc{};
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, zstd_window_bits);
}

Result<std::size_t> Decompressor::read(std::string_view& input, char* to, std::size_t room) {
    ZSTD_inBuffer taken{input.data(), input.size(), 0};
    ZSTD_outBuffer output{to, room, 0};
    // It returns with neither input taken nor content written where it needs more input.
    while (output.pos < output.size) {
        const std::size_t before = taken.pos + output.pos;
        const std::size_t left = ZSTD_decompressStream(context_.get(), &output, &taken);
        if (ZSTD_isError(left)) {
            return Error{Errc::invalid,
                         std::string{"what it sent is no zstd: "} + ZSTD_getErrorName(left)};
        }
        const bool moved = taken.pos + output.pos > before;
        if (moved) whole_ = left == 0;
        if (!moved || taken.pos == taken.size) break;
    }
    input.remove_prefix(taken.pos);
    return output.pos;
}

}  // namespace reef::http
