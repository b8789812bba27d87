#include "oracle.hpp"

#include <algorithm>
#include <cstdlib>

#include "peers/forward_json.hpp"

namespace reef::simulation {

using namespace model;

Oracle::Oracle(const Schema& schema, std::vector<std::string> names, std::set<RecordRef> seeded)
    : schema_(schema),
      names_(std::move(names)),
      seeded_(std::move(seeded)),
      held_(names_.size()),
      logged_(names_.size()),
      coming_(names_.size()) {}

Asked& Oracle::ask() {
    asked_.push_back(std::make_unique<Asked>());
    asked_.back()->number = asked_.size() - 1;
    return *asked_.back();
}

void Oracle::answered(Asked& asked, const Outcome& outcome, bool known_there, bool same_attempt) {
    const std::string request = "request r" + std::to_string(asked.number);
    const auto* refused = std::get_if<Refused>(&outcome);
    const bool repeated = refused && refused->refusal == Refusal::duplicate_request;
    if (!refused || repeated) asked.acknowledged = true;
    if (repeated && same_attempt) fail(request + ": a retry was refused as a repeat");
    if (refused && refused->refusal == Refusal::ids_exhausted) {
        fail(request + ": no number was left for a new record");
    }
    if (known_there && refused && !repeated) {
        fail(request + ": had taken effect, and its retry was answered " +
             std::string{name_of(refused->refusal)});
    }
    if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
        if (asked.new_key) {
            asked.record.key = accepted->row.key;
            shipments_made_.push_back(std::get<std::int64_t>(accepted->row.key));
        }
        if (known_there) fail(request + ": took effect where it was known");
    }
}

void Oracle::durable(std::size_t node, const store::WriteSet& saved) {
    std::set<RecordRef> came;
    for (const store::SavedRow& row : saved.rows) {
        check_shown(node, row.row);
        const auto found = coming_[node].find(row.row.ref());
        if (found == coming_[node].end()) continue;
        if (!found->second.exact) blurred_.emplace(node, found->first);
        held_[node][found->first].merge(found->second.writes);
        came.insert(found->first);
        coming_[node].erase(found);
    }
    for (const store::LogEntry& entry : saved.log) {
        const auto known = by_dot_.find(entry.dot);
        if (known == by_dot_.end()) {
            take_effect(node, entry, came);
            continue;
        }
        const Effect& effect = effects_[known->second];  // its row has all that its writer held
        if (effect.json != entry.json) {
            fail(name(effect) + " names another write in " + names_[node] + ": used twice");
        }
        const RecordRef record = effect.change.row.ref();
        if (!effect.exact) blurred_.emplace(node, record);
        Writes& held = held_[node][record];
        held.insert(known->second);
        logged_[node].insert(known->second);
        held.insert(effect.causes.begin(), effect.causes.end());
    }
}

// What came within the same transaction may have come before this write or after it.
void Oracle::take_effect(std::size_t node, const store::LogEntry& entry,
                         const std::set<RecordRef>& came) {
    Effect effect{entry.dot, node, 0, parse_change(schema_, entry.json).value(), {}};
    effect.json = entry.json;
    effect.request = request_of(effect.change);
    const RecordRef record = effect.change.row.ref();
    if (came.contains(record)) blurred_.emplace(node, record);
    effect.causes = held_[node][record];
    effect.exact = !blurred_.contains({node, record});
    held_[node][record].insert(effects_.size());
    logged_[node].insert(effects_.size());
    by_dot_.emplace(entry.dot, effects_.size());
    effects_.push_back(std::move(effect));
}

// What no request asked for is what a node does by itself: taking back a record.
std::size_t Oracle::request_of(const Change& change) {
    if (!change.request.ids.empty()) {
        return std::strtoull(change.request.ids.front().text.c_str() + 1, nullptr, 10);
    }
    if (change.kind != WriteKind::remove || !change.row.life.superseded_by) {
        fail(name(change.row.ref()) + " was written by nobody");
    }
    return ask().number;
}

Oracle::Carried Oracle::carried(std::size_t home, const std::string& text) {
    Carried carried;
    const auto outcome = peers::parse_outcome(schema_, text);
    if (!outcome) return carried;
    const auto of_write = [this, &carried](const Dot& dot, const Row& row) {
        const auto known = by_dot_.find(dot);
        if (known == by_dot_.end()) {
            fail(name(row.ref()) + ": a home answered before its write was durable");
            return;
        }
        const std::size_t number = known->second;
        carried = {row.ref(), effects_[number].causes, effects_[number].exact};
        carried.writes.insert(number);
    };
    if (const auto* accepted = std::get_if<Accepted>(&*outcome)) {
        of_write(accepted->stamp.dot, accepted->row);
    } else if (const auto* replayed = std::get_if<Replayed>(&*outcome)) {
        of_write(replayed->seen.stamp.dot, *replayed->row);
    } else if (const auto* refused = std::get_if<Refused>(&*outcome)) {
        if (!refused->current) return carried;
        const RecordRef record = refused->current->ref();
        carried = {record, held(home, record), false};
    }
    return carried;
}

Oracle::Carried Oracle::carried(std::size_t node, const RecordRef& record) const {
    return {record, held(node, record), false};
}

void Oracle::arrived(std::size_t node, const Carried& carried) {
    if (!carried.record) return;
    brought_.insert(*carried.record);
    const auto [coming, fresh] = coming_[node].try_emplace(*carried.record, carried);
    if (fresh) return;
    coming->second.writes.insert(carried.writes.begin(), carried.writes.end());
    coming->second.exact = false;
}

void Oracle::unsaved(std::size_t node, const store::WriteSet& saved) {
    for (const store::SavedRow& row : saved.rows)
        coming_[node].erase(row.row.ref());
}

void Oracle::crashed(std::size_t node) {
    coming_[node].clear();
}

void Oracle::restored(std::size_t node, Holding holding) {
    restored_ = true;
    held_[node] = std::move(holding.rows);
    logged_[node] = std::move(holding.logged);
    std::erase_if(shown_, [node](const auto& shown) { return std::get<0>(shown.first) == node; });
}

bool Oracle::is_elsewhere(std::size_t node) const {
    return std::ranges::all_of(logged_[node], [this, node](std::size_t write) {
        for (std::size_t other = 0; other < logged_.size(); ++other) {
            if (other != node && logged_[other].contains(write)) return true;
        }
        return false;
    });
}

bool Oracle::brought(const RecordRef& record) const {
    return brought_.contains(record);
}

Writes Oracle::held(std::size_t node, const RecordRef& record) const {
    const auto found = held_[node].find(record);
    return found == held_[node].end() ? Writes{} : found->second;
}

bool Oracle::knows(std::size_t node, std::size_t request) const {
    for (const auto& [record, writes] : held_[node]) {
        if (blurred_.contains({node, record})) continue;
        for (const std::size_t number : writes) {
            if (effects_[number].request == request) return true;
        }
    }
    return false;
}

std::size_t Oracle::acknowledged() const {
    return static_cast<std::size_t>(std::count_if(
        asked_.begin(), asked_.end(), [](const auto& asked) { return asked->acknowledged; }));
}

std::size_t Oracle::twins() const {
    std::set<std::size_t> requests;
    for (const Effect& effect : effects_)
        requests.insert(effect.request);
    return effects_.size() - requests.size();
}

}  // namespace reef::simulation
