// Fills gaps from peers' logs: asks one peer after the other for what a source has lost. Of a long
// gap what follows the first piece is on its way before it is asked for.
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
    void finish() override;

private:
    // A peer's log from behind what was taken last, which was a whole piece of it.
    struct Ahead {
        std::string peer;
        model::Dot after;
        std::unique_ptr<peers::AnswerLines> lines = {};  // null: not asked for yet
    };

    Task<std::vector<std::string>> next_ahead(std::uint32_t count);

    peers::Peers& peers_;
    const peers::PeerCallsByName& calls_;
    peers::Snapshot& snapshot_;
    const std::function<void(const model::Dot&)> nobody_;
    std::optional<Ahead> ahead_;
};

}  // namespace reef::replication
