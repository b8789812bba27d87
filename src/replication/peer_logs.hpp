// Fills gaps from peers' logs: asks one peer after the other for what a source has lost.
#pragma once

#include "peers/snapshot.hpp"
#include "replication/inbox.hpp"

namespace reef::replication {

class PeerLogs final : public GapSource {
public:
    // `nobody` is called with each gap that is found while no peer can be asked.
    PeerLogs(peers::Peers& peers, const peers::PeerCallsByName& calls, peers::Snapshot& snapshot,
             std::function<void(const model::Dot&)> nobody = {})
        : peers_(peers), calls_(calls), snapshot_(snapshot), nobody_(std::move(nobody)) {}

    // If no log holds it any more, this takes a snapshot before it returns.
    Task<std::vector<std::string>> changes_after(model::Dot after, std::uint32_t count) override;

private:
    peers::Peers& peers_;
    const peers::PeerCallsByName& calls_;
    peers::Snapshot& snapshot_;
    const std::function<void(const model::Dot&)> nobody_;
};

}  // namespace reef::replication
