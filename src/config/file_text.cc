#include "config/file_text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace reef::config {

Result<std::string> file_text(const std::string& file) {
    const auto close = [](std::FILE* stream) { std::fclose(stream); };
    const std::unique_ptr<std::FILE, decltype(close)> stream(std::fopen(file.c_str(), "rb"), close);
    if (!stream) return Error{Errc::not_found, std::strerror(errno)};
    std::string text;
    char buffer[16 << 10];
    while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, stream.get())) {
        text.append(buffer, size);
    }
    if (std::ferror(stream.get())) return Error{Errc::not_found, std::strerror(errno)};
    return text;
}

}  // namespace reef::config
