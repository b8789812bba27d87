// A disk that counts and fails on demand, beneath every SQLite connection that is opened while it
// lives. One at a time.
#pragma once

#include <cstdint>
#include <memory>

namespace reef::test {

class FailingDisk {
public:
    FailingDisk();
    ~FailingDisk();
    FailingDisk(const FailingDisk&) = delete;
    FailingDisk& operator=(const FailingDisk&) = delete;

    std::uint64_t syncs() const;     // of any file, since the start
    void fail_writes(bool failing);  // as a full disk does
    void fail_syncs(bool failing);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace reef::test
