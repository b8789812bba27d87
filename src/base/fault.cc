#include "base/fault.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace reef {

namespace {

struct ChosenPoint {
    ChosenPoint() {
        const char* wanted = std::getenv("ATOLL_FAULT");
        if (!wanted) return;
        name = wanted;
        const std::size_t colon = name.rfind(':');
        if (colon == std::string::npos) return;
        left = std::atoi(name.c_str() + colon + 1);
        name.resize(colon);
    }
    std::string name;
    std::atomic<int> left{1};  // calls until the process ends
};

}  // namespace

void fault_point(std::string_view name) {
    static ChosenPoint chosen;
    if (chosen.name.empty() || chosen.name != name) return;
    if (--chosen.left == 0) kill(getpid(), SIGKILL);
}

}  // namespace reef
