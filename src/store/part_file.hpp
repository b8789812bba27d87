// A file that is written as FILE.part and gets its own name when it is whole and durable, so that
// nobody ever finds half a file under that name.
#pragma once

#include <string>

#include "base/result.hpp"

namespace reef::store {

class PartFile {
public:
    // Empty, and written by nobody else for as long as this lives. unavailable: another process
    // writes it, or it cannot be made.
    static Result<PartFile> begin(const std::string& file);
    PartFile(PartFile&& other) noexcept;
    PartFile& operator=(PartFile&&) = delete;
    ~PartFile();  // removes what is not finished

    const std::string& path() const { return path_; }  // FILE.part
    // Whoever wrote it has closed it. Replaces what has the name FILE.
    Result<void> finish();

private:
    PartFile(std::string file, std::string path, int descriptor);

    std::string file_, path_;
    int descriptor_;
};

// Makes durable which names a file's folder has.
Result<void> sync_folder_of(const std::string& file);

}  // namespace reef::store
