#include "store/part_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace reef::store {

namespace {

Error failed_at(const std::string& path) {
    return {Errc::unavailable, path + ": " + std::strerror(errno)};
}

bool is_named(int descriptor, const std::string& path) {
    struct stat ours {
    }, there{};
    return ::fstat(descriptor, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
           ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

}  // namespace

Result<PartFile> PartFile::begin(const std::string& file) {
    const std::string path = file + ".part";
    for (;;) {
        const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (descriptor < 0) return failed_at(path);
        PartFile part{file, path, descriptor};
        if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
            part.path_.clear();  // it is another one's
            return Error{Errc::unavailable, path + " is being written by another process"};
        }
        // Between our open and our lock another process may have finished it.
        if (!is_named(descriptor, path)) {
            part.path_.clear();
            continue;
        }
        if (::ftruncate(descriptor, 0) != 0) return failed_at(path);
        return part;
    }
}

PartFile::PartFile(std::string file, std::string path, int descriptor)
    : file_(std::move(file)), path_(std::move(path)), descriptor_(descriptor) {}

PartFile::PartFile(PartFile&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::exchange(other.path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

PartFile::~PartFile() {
    if (descriptor_ < 0) return;
    if (!path_.empty()) ::unlink(path_.c_str());
    ::close(descriptor_);
}

Result<void> PartFile::finish() {
    if (::fsync(descriptor_) != 0) return failed_at(path_);
    if (std::rename(path_.c_str(), file_.c_str()) != 0) return failed_at(file_);
    path_.clear();
    return sync_folder_of(file_);
}

Result<void> sync_folder_of(const std::string& file) {
    std::string folder = std::filesystem::path{file}.parent_path().string();
    if (folder.empty()) folder = ".";
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return failed_at(folder);
    const bool done = ::fsync(descriptor) == 0;
    const Error error = failed_at(folder);
    ::close(descriptor);
    if (!done) return error;
    return {};
}

}  // namespace reef::store
