// Who knows what must come out in the end, from the clients' side of it: what they asked for, what
// they were answered, and which writes a store held when it decided about the next one. It compares
// no vectors, joins no rows and knows no rule of the program but the ones that users are promised.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "model/intent.hpp"
#include "store/store.hpp"

namespace reef::simulation {

using Writes = std::set<std::size_t>;  // numbers of effects, or of none

// One client's request, with all its tries.
struct Asked {
    std::size_t number = 0;  // in the text of its ids: "r12"
    model::RecordRef record;
    bool new_key = false;  // the key is for the node to give
    model::WriteKind kind = model::WriteKind::update;
    std::vector<std::pair<model::FieldId, model::Value>> fields;
    std::optional<std::uint64_t> version;  // that it names
    std::optional<Writes> seen;            // what was inside the row that it names
    bool moved = false;                    // a try went to another node than the one it read from
    bool acknowledged = false;
};

class Oracle {
public:
    // `seeded`: records that every store begins with, at version 1.
    Oracle(const model::Schema& schema, std::vector<std::string> names,
           std::set<model::RecordRef> seeded);

    // ---- told ----------------------------------------------------------------------------------
    Asked& ask();  // a new request; it stays where it is
    Asked& asked(std::size_t number) { return *asked_[number]; }
    // A client hears, from a node that when it asked there knew (or not) of an earlier effect.
    const std::vector<std::int64_t>& shipments_made() const { return shipments_made_; }
    void answered(Asked& asked, const model::Outcome& outcome, bool known_there, bool same_attempt);
    void durable(std::size_t node, const store::WriteSet& saved);
    // A forwarded write was answered: the answer's row was what the home then held …
    struct Carried {
        std::optional<model::RecordRef> record;
        Writes writes;
        bool exact = false;  // else it may have been a little less
    };
    Carried carried(std::size_t home, const std::string& outcome);
    // The same of a record that was asked for: what this node held of it.
    Carried carried(std::size_t node, const model::RecordRef& record) const;
    // … and has come to another node, which will save it, or was unable to.
    void arrived(std::size_t node, const Carried& carried);
    void unsaved(std::size_t node, const store::WriteSet& saved);
    void crashed(std::size_t node);
    // What a store holds, kept with a copy of it; and it holds that once more.
    struct Holding {
        std::map<model::RecordRef, Writes> rows;
        Writes logged;
    };
    Holding holding(std::size_t node) const { return {held_[node], logged_[node]}; }
    void restored(std::size_t node, Holding holding);
    // Whether all that is in its log is in those of others, too.
    bool is_elsewhere(std::size_t node) const;

    // ---- asked ---------------------------------------------------------------------------------
    // An answer of another node brought this row, or more of it than the log has.
    bool brought(const model::RecordRef& record) const;
    Writes held(std::size_t node, const model::RecordRef& record) const;
    bool knows(std::size_t node, std::size_t request) const;
    std::size_t effects() const { return effects_.size(); }
    std::size_t acknowledged() const;
    std::size_t twins() const;

    // Each is one line. Some are known when they happen, others after check().
    const std::vector<std::string>& failures() const { return failures_; }
    // Everything that is promised, about stores that are equal by now.
    void check(const std::vector<store::Store*>& stores);

private:
    struct Effect {  // a change, as its origin's log has it
        model::Dot dot;
        std::size_t node = 0;
        std::size_t request = 0;
        model::Change change;
        Writes causes;      // effects on the same record that its origin held
        bool exact = true;  // all of them; else some of these it may not have held
        std::string json = {};
    };
    struct Final {  // of one record, in the end
        model::Row row;
        std::string conflicts;  // details of all that were listed, anywhere
        std::vector<const Effect*> effects;
    };

    std::size_t request_of(const model::Change& change);
    void take_effect(std::size_t node, const store::LogEntry& entry,
                     const std::set<model::RecordRef>& came);
    void fail(std::string what) { failures_.push_back(std::move(what)); }
    std::string name(const model::RecordRef& record) const;
    std::string name(const Effect& effect) const;
    std::map<model::RecordRef, Final> finals(const std::vector<store::Store*>& stores) const;
    void check_acknowledged(const std::vector<store::Store*>& stores);
    void check_locks();
    void check_conflicts(const std::vector<store::Store*>& stores);
    void check_one_winner(const model::RecordRef& record, const Final& final);
    void check_unique_values(const std::map<model::RecordRef, Final>& finals);
    void check_creations(const std::map<model::RecordRef, Final>& finals);
    void check_version(const model::RecordRef& record, const Final& final);
    void check_shown(std::size_t node, const model::Row& row);
    void check_fields(const model::RecordRef& record, const Final& final);
    static bool is_written_twice(const Final& final, model::FieldId field,
                                 const model::Value& value);
    void check_lww(const model::RecordRef& record, const Final& final, model::FieldId field);
    void check_counter(const model::RecordRef& record, const Final& final, model::FieldId field);
    void check_highest(const model::RecordRef& record, const Final& final, model::FieldId field);
    bool seen_by_another(const Final& final, std::size_t request, model::FieldId field,
                         bool all) const;

    const model::Schema schema_;
    const std::vector<std::string> names_;
    const std::set<model::RecordRef> seeded_;
    std::vector<std::unique_ptr<Asked>> asked_;
    std::vector<Effect> effects_;
    std::map<model::Dot, std::size_t> by_dot_;
    std::vector<std::map<model::RecordRef, Writes>> held_;        // by node
    std::vector<Writes> logged_;                                  // by node
    std::vector<std::map<model::RecordRef, Carried>> coming_;     // by node; not saved yet
    std::set<std::pair<std::size_t, model::RecordRef>> blurred_;  // may hold less than is noted
    std::set<model::RecordRef> brought_;
    bool restored_ = false;  // any of the stores: it may have lost claims
    // By node, record and version: what a store showed under that number.
    std::map<std::tuple<std::size_t, model::RecordRef, std::uint64_t>, std::string> shown_;
    std::vector<std::int64_t> shipments_made_;  // the numbers that clients were told
    std::vector<std::string> failures_;
};

}  // namespace reef::simulation
