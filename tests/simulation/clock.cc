#include "clock.hpp"

namespace reef::simulation {

namespace {

constexpr Time epoch{1'767'225'600'000'000};  // 2026-01-01

Time time_at(Nanoseconds since) {
    return {epoch.us + std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

}  // namespace

Time VirtualClock::now() const {
    return time_at(world_.now() + skew_);
}

// The machine's own timer, which by itself never ends: it does when virtual time has come so far.
std::shared_ptr<asio::steady_timer> VirtualClock::timer(asio::any_io_executor executor,
                                                        Nanoseconds duration) {
    auto made =
        std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
    world_.after(duration, [run = run_, weak = std::weak_ptr{made}] {
        if (weak.expired()) return;
        run([weak] {
            if (const auto timer = weak.lock()) {
                timer->expires_at(asio::steady_timer::time_point::min());
            }
        });
    });
    return made;
}

Time true_time(const World& world) {
    return time_at(world.now());
}

}  // namespace reef::simulation
