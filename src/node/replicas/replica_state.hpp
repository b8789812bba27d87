// What is known of a replica: its feed tells it, reads and operators ask. From any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/replica_report.hpp"
#include "base/watch.hpp"
#include "store/store.hpp"

namespace reef::node {

enum class Phase : std::uint8_t {
    opening,    // its store is not open
    filling,    // it is filled with the primary's rows, or has not caught up since
    following,  // it has all, or is about to
    away,       // the last try failed: it is tried again
};

class ReplicaState {
public:
    ReplicaState(std::string name, Clock& clock);

    // ---- told ----
    void begin(Phase phase);  // opening or filling
    void begin_anew();        // whatever was the trouble
    // After each batch of its own.
    void advance(const store::Ledger& ledger);
    // There is something in the primary that it lacks, from now on at the latest.
    void primary_committed();
    // It has everything that the primary had at that moment; `level`: and there is nothing more.
    void reached(std::chrono::nanoseconds moment, bool level);
    // Logged when it goes, and when it is back.
    void failed(const Error& error);
    // It takes no reads for a moment: one of its readers failed.
    void read_failed(const Error& error);
    // A read has passed it over since it is too far behind. Logged once, until it has caught up.
    void passed_over(std::chrono::nanoseconds age);
    // A write was answered that it lacks.
    void rest_until(const model::Dot& has);
    // True: it was tried as often as one may hope.
    bool refused(const model::RecordRef& ref, const std::string& why);
    void accepted(const model::RecordRef& ref);  // after all
    void forget();                               // its store was made anew
    void filled(std::uint64_t rows, std::uint64_t of);
    void fill_ended() { ++fills_; }
    void count_read() { reads_.fetch_add(1, std::memory_order_relaxed); }

    // ---- asked ----
    const std::string& name() const { return name_; }
    bool has_refused() const { return refused_count_ > 0; }
    bool takes_reads() const;
    // It would, but for a reader that has just failed.
    bool is_sound() const { return sound_.load(std::memory_order_acquire); }
    std::chrono::nanoseconds age() const;
    bool has(const model::Dot& written) const;
    bool has(const model::Position& wanted) const;
    std::shared_ptr<const store::Ledger> ledger() const;  // null: it was never open
    // Rows whose next try is due, and how long it is until the next one is.
    std::vector<model::RecordRef> due_refusals();
    std::chrono::nanoseconds next_refusal() const;
    api::ReplicaReport report(const store::Ledger& primary, std::chrono::nanoseconds age_max) const;
    // Notified when it has advanced, and when it takes no more reads.
    Watch& watch() { return watch_; }

private:
    struct Refusal {
        std::string why;
        std::size_t tries = 0;
        std::chrono::nanoseconds due{};
    };

    void judge();  // under the mutex

    const std::string name_;
    Clock& clock_;
    Watch watch_;
    // Since when it may be behind, by the steady clock; 0: it is not.
    std::atomic<std::int64_t> behind_since_;
    std::atomic<std::int64_t> no_reads_until_{0};  // the same clock
    std::atomic<bool> sound_{false};
    std::atomic<bool> told_behind_{false};
    std::atomic<std::uint64_t> reads_{0}, fills_{0}, filled_{0}, to_fill_{0};
    std::atomic<std::size_t> refused_count_{0};

    mutable std::mutex mutex_;  // guards what follows
    Phase phase_ = Phase::opening;
    std::string trouble_;
    std::shared_ptr<const store::Ledger> ledger_;
    model::Position rests_until_;
    std::map<model::RecordRef, Refusal> refusals_;
};

// Whether a store at this ledger has all that is wanted.
bool has_all(const store::Ledger& ledger, const model::Position& wanted);

}  // namespace reef::node
