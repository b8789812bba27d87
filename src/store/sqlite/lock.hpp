// Keeps a second Atoll process out of a store's file, for as long as this object lives. It locks a
// file of its own beside the store's: SQLite's exclusive lock would keep people's sqlite3 out as
// well.
#pragma once

#include <string>

#include "base/result.hpp"

namespace reef::store::sqlite {

class FileLock {
public:
    // unavailable: another process has it (and which), or there is no such folder.
    static Result<FileLock> take(const std::string& file);
    ~FileLock();
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&&) = delete;

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace reef::store::sqlite
