#include "world.hpp"

#include <algorithm>
#include <cstdio>

namespace reef::simulation {

void World::after(Nanoseconds delay, std::function<void()> what) {
    queue_.push_back({now_ + std::max(delay, Nanoseconds{0}), ++events_, std::move(what)});
    std::push_heap(queue_.begin(), queue_.end());
}

bool World::step(Nanoseconds end) {
    if (queue_.empty() || queue_.front().at > end) return false;
    std::pop_heap(queue_.begin(), queue_.end());
    const Event event = std::move(queue_.back());
    queue_.pop_back();
    now_ = event.at;
    event.what();
    return true;
}

void World::run_until(Nanoseconds end) {
    while (step(end)) {
    }
    now_ = end;
}

bool World::run_until(Nanoseconds end, const std::function<bool()>& done) {
    while (!done()) {
        if (!step(end)) return false;
    }
    return true;
}

void World::trace(std::string_view line) {
    const std::string stamped = std::to_string(now_.count()) + ' ' + std::string{line};
    trace_ = chain(trace_, stamped);
    if (verbose) std::printf("%s\n", stamped.c_str());
}

}  // namespace reef::simulation
