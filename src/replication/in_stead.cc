#include "replication/in_stead.hpp"

namespace reef::replication {

asio::awaitable<void> wait_for_in_stead(const peers::Peers& peers, commit::Progress& progress,
                                        std::chrono::nanoseconds longest) {
    model::Position written = peers.written_in_our_stead();
    if (written.empty()) co_return;
    if (model::covers(progress.ledger()->received(), written)) co_return;
    static_cast<void>(co_await progress.wait_for(std::move(written), longest));
}

}  // namespace reef::replication
