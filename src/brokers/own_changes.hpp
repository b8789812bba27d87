// The intake of a node that reads back its own changes from queues that it shares with other
// programs: its store has them already, so nothing is taken from a message but which change it
// says. So whoever may write to a queue cannot pass off anything as a change.
#pragma once

#include "brokers/change_intake.hpp"
#include "commit/progress.hpp"

namespace reef::brokers {

class OwnChanges final : public ChangeIntake {
public:
    // `others`: the intake of changes of other nodes, which says whether this process leads.
    OwnChanges(const ChangeIntake& others, const commit::Progress& progress)
        : others_(others), progress_(progress) {}

    bool leads() const override { return others_.leads(); }
    std::uint64_t epoch() const override { return others_.epoch(); }
    // Covers those that the store has. One that it lacks, of a store that was here before, is done.
    Task<Taken> take(Delivery delivery) override;

private:
    const ChangeIntake& others_;
    const commit::Progress& progress_;
};

}  // namespace reef::brokers
