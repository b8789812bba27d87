#include "commit/progress.hpp"

namespace reef::commit {

Progress::Progress(const store::Ledger& ledger, Clock& clock)
    : clock_(clock), watch_(clock), ledger_(std::make_shared<const store::Ledger>(ledger)) {}

void Progress::advance(const store::Ledger& ledger) {
    auto next = std::make_shared<const store::Ledger>(ledger);
    {
        const std::lock_guard lock{mutex_};
        if (ledger.batch > 0 && ledger.batch <= ledger_->batch) return;
        ledger_ = std::move(next);
    }
    watch_.notify();
}

std::shared_ptr<const store::Ledger> Progress::ledger() const {
    const std::lock_guard lock{mutex_};
    return ledger_;
}

Task<void> Progress::wait_for(model::Position wanted, std::chrono::nanoseconds timeout) {
    const auto until = clock_.steady() + timeout;
    for (;;) {
        const std::uint64_t seen = watch_.generation();
        if (model::covers(ledger()->applied(), wanted)) co_return Result<void>{};
        const auto left = until - clock_.steady();
        if (left <= left.zero()) break;
        auto waited = co_await wait_beyond(seen, left);
        if (!waited && waited.error().code != Errc::timeout) co_return waited;
    }
    co_return Error{Errc::timeout, "this store has not come as far yet"};
}

Task<void> Progress::wait_beyond(std::uint64_t seen, std::chrono::nanoseconds timeout) {
    struct Counted {  // however the wait ends
        explicit Counted(std::atomic<int>& those) : all(those) { ++all; }
        ~Counted() { --all; }
        std::atomic<int>& all;
    };
    const Counted one{waiting_};
    co_return co_await watch_.wait_beyond(seen, timeout);
}

}  // namespace reef::commit
