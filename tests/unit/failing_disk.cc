#include "failing_disk.hpp"

#include <sqlite3.h>

#include <atomic>

namespace reef::test {

namespace {

std::atomic<std::uint64_t> sync_count;
std::atomic<bool> writes_fail;
std::atomic<bool> syncs_fail;

// A file of ours is this, followed by the real one.
struct File {
    sqlite3_file base;
    sqlite3_io_methods methods;
};

sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}

// Hands a call on to the real file's method of the same name.
template <auto Method>
struct Forward;
template <class... Arguments, int (*sqlite3_io_methods::*Method)(sqlite3_file*, Arguments...)>
struct Forward<Method> {
    static int call(sqlite3_file* file, Arguments... arguments) {
        return (real(file)->pMethods->*Method)(real(file), arguments...);
    }
};

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    if (writes_fail) return SQLITE_FULL;
    return real(file)->pMethods->xWrite(real(file), data, size, at);
}

int sync(sqlite3_file* file, int flags) {
    ++sync_count;
    if (syncs_fail) return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
}

void shared_memory_barrier(sqlite3_file* file) {
    real(file)->pMethods->xShmBarrier(real(file));
}

sqlite3_io_methods methods_over(const sqlite3_io_methods& below) {
    using M = sqlite3_io_methods;
    M methods = below;
    methods.xClose = Forward<&M::xClose>::call;
    methods.xRead = Forward<&M::xRead>::call;
    methods.xWrite = write;
    methods.xTruncate = Forward<&M::xTruncate>::call;
    methods.xSync = sync;
    methods.xFileSize = Forward<&M::xFileSize>::call;
    methods.xLock = Forward<&M::xLock>::call;
    methods.xUnlock = Forward<&M::xUnlock>::call;
    methods.xCheckReservedLock = Forward<&M::xCheckReservedLock>::call;
    methods.xFileControl = Forward<&M::xFileControl>::call;
    methods.xSectorSize = Forward<&M::xSectorSize>::call;
    methods.xDeviceCharacteristics = Forward<&M::xDeviceCharacteristics>::call;
    methods.xShmMap = Forward<&M::xShmMap>::call;
    methods.xShmLock = Forward<&M::xShmLock>::call;
    methods.xShmBarrier = shared_memory_barrier;
    methods.xShmUnmap = Forward<&M::xShmUnmap>::call;
    methods.xFetch = Forward<&M::xFetch>::call;
    methods.xUnfetch = Forward<&M::xUnfetch>::call;
    return methods;
}

sqlite3_vfs* below;  // the machine's own

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    File* ours = reinterpret_cast<File*>(file);
    ours->base.pMethods = nullptr;
    const int code = below->xOpen(below, name, real(file), flags, out_flags);
    if (real(file)->pMethods) {
        ours->methods = methods_over(*real(file)->pMethods);
        ours->base.pMethods = &ours->methods;
    }
    return code;
}

}  // namespace

struct FailingDisk::State {
    sqlite3_vfs vfs;
};

FailingDisk::FailingDisk() : state_(std::make_unique<State>()) {
    sync_count = 0;
    writes_fail = false;
    syncs_fail = false;
    below = sqlite3_vfs_find(nullptr);
    state_->vfs = *below;
    state_->vfs.pNext = nullptr;
    state_->vfs.zName = "failing";
    state_->vfs.szOsFile += static_cast<int>(sizeof(File));
    state_->vfs.xOpen = open_file;
    sqlite3_vfs_register(&state_->vfs, 1);
}

FailingDisk::~FailingDisk() {
    sqlite3_vfs_unregister(&state_->vfs);
    sqlite3_vfs_register(below, 1);
}

std::uint64_t FailingDisk::syncs() const {
    return sync_count;
}

void FailingDisk::fail_writes(bool failing) {
    writes_fail = failing;
}

void FailingDisk::fail_syncs(bool failing) {
    syncs_fail = failing;
}

}  // namespace reef::test
