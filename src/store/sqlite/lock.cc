#include "store/sqlite/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace reef::store::sqlite {

namespace {

std::string holder_of(int descriptor) {
    char text[32];
    const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
    if (size <= 0) return "another process";
    return "process " + std::string{text, static_cast<std::size_t>(size)};
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& file) {
    const std::string path = file + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return Error{Errc::unavailable, "cannot open " + path + ": " + std::strerror(errno)};
    }
    FileLock lock{descriptor};
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return Error{Errc::unavailable, "the store " + file + " is in use by " +
                                            holder_of(descriptor) + ": stop it first"};
    }
    const std::string pid = std::to_string(::getpid());
    const bool noted =
        ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, pid.data(), pid.size(), 0) > 0;
    if (!noted)
        return Error{Errc::unavailable, "cannot write " + path + ": " + std::strerror(errno)};
    return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace reef::store::sqlite
