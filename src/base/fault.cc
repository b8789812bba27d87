#include "base/fault.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace reef {

namespace {

struct Fault {
    Fault() {
        const char* wanted = std::getenv("ATOLL_FAULT");
        if (!wanted) return;
        name = wanted;
        const std::size_t colon = name.rfind(':');
        if (colon == std::string::npos) return;
        left = std::atoi(name.c_str() + colon + 1);
        name.resize(colon);
        every = left;
    }
    std::string name;
    std::atomic<int> left{1};
    int every = 1;
};

Fault& fault_of_environment() {
    static Fault fault;
    return fault;
}

}  // namespace

void fault_point(std::string_view name) {
    Fault& fault = fault_of_environment();
    if (fault.name.empty() || fault.name != name) return;
    if (--fault.left == 0) kill(getpid(), SIGKILL);
}

bool fault_planted(std::string_view name) {
    Fault& fault = fault_of_environment();
    if (fault.name.empty() || fault.name != name) return false;
    if (--fault.left > 0) return false;
    fault.left = fault.every;
    return true;
}

}  // namespace reef
