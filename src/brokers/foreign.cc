#include "brokers/foreign.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace reef::brokers {

using namespace model;
using namespace std::chrono_literals;
using commit::ImportResult;

namespace {

constexpr auto room_wait = 20ms;
constexpr int room_waits_max = 50;

// "property-updates.0" and 345: "property-updates/0/345"
std::string place_text(const Arrived& arrived) {
    std::string text = arrived.place;
    const std::size_t partition = text.rfind('.');
    const bool counted =
        partition != text.npos && text.find_first_not_of("0123456789", partition + 1) == text.npos;
    if (counted) text[partition] = '/';
    return text + '/' + std::to_string(arrived.offset);
}

// Whole seconds are all that some brokers say of when a message was sent.
Time end_of_second(std::int64_t time_ms) {
    return Time{time_ms * 1000 + (time_ms % 1000 == 0 ? 999'999 : 0)};
}

}  // namespace

ForeignMessages::ForeignMessages(ForeignParts parts, ForeignOptions options)
    : parts_(std::move(parts)), options_(std::move(options)), run_max_(options_.run_max) {}

Result<ForeignWrite> ForeignMessages::read(const Arrived& arrived) const {
    const Resource* resource = parts_.shape.resource_of(arrived.message.topic);
    if (!resource) return Error{Errc::invalid, "nobody can tell what kind of record it is"};
    const bool removes = parts_.shape.tells_of_deletions(arrived.message.topic);
    const std::int64_t sent_ms = arrived.message.time_ms;
    ForeignText text{arrived.message.body, place_text(arrived), parts_.clock.now()};
    text.may_be_known = arrived.again;
    if (sent_ms > 0 && removes) text.sent = std::min(text.sent, end_of_second(sent_ms));
    if (sent_ms > 0 && options_.broker_says_when) text.sent = Time{sent_ms * 1000};
    if (const std::string* trace = arrived.message.header(trace_header)) {
        text.traceparent = *trace;
    }
    return removes ? read_foreign_removal(*resource, text) : read_foreign(*resource, text);
}

Task<std::uint64_t> ForeignMessages::take(std::vector<Read> read, Position after) {
    const auto all_before = std::make_shared<const Position>(std::move(after));
    for (Read& one : read)
        held_.push_back({++given_, std::move(one), all_before, parts_.clock.steady()});
    static_cast<void>(co_await settle());  // if it fails, it is tried again soon
    const std::uint64_t last = given_;
    const bool mine = imports();
    for (int i = 0; mine && held_.size() > options_.held_max && i < room_waits_max; ++i) {
        Result<void> slept = co_await parts_.clock.sleep(room_wait);
        if (!slept) co_return slept.error();
    }
    co_return last;
}

void ForeignMessages::forget() {
    ++beginnings_;
    held_.clear();
}

asio::awaitable<void> ForeignMessages::run() {
    for (;;) {
        const std::uint64_t seen = parts_.progress.generation();
        const bool mine = imports();
        static_cast<void>(co_await settle());
        if (mine && !held_.empty()) {
            static_cast<void>(co_await parts_.progress.watch().wait_beyond(seen, options_.look));
        } else {
            Result<void> slept = co_await parts_.clock.sleep(options_.look);
            if (!slept) co_return;  // stopping
        }
    }
}

// Nothing is known of a node that is no peer of this one: it is taken to live.
bool ForeignMessages::imports() const {
    return std::all_of(options_.before.begin(), options_.before.end(), [this](const auto& node) {
        return parts_.peers.silence_of(node) > options_.silence;
    });
}

Task<void> ForeignMessages::settle() {
    const auto turn = settling_.try_lock();
    if (!turn) co_return Result<void>{};  // whoever is at it takes these messages, too
    locked_.clear();
    co_return co_await settle_held();
}

Task<void> ForeignMessages::settle_held() {
    for (;;) {
        const bool mine = imports();
        if (!mine) give_up_old();
        Chosen chosen = choose(mine);
        if (chosen.places.empty()) co_return Result<void>{};
        const std::uint64_t beginning = beginnings_;
        auto fates = co_await parts_.committer.adopt(chosen.run);
        if (beginning != beginnings_) co_return Result<void>{};
        Result<void> taken;
        if (fates) {
            taken = co_await take_fates(chosen, *fates);
        } else {
            taken = co_await take_refusal(chosen, fates.error());
        }
        if (!taken) co_return taken;
        if (beginning != beginnings_) co_return Result<void>{};
        const std::size_t before = held_.size();
        drop_settled();
        if (!mine && held_.size() == before) co_return Result<void>{};  // the others are at it
    }
}

// Chooses the first messages whose time has come.
ForeignMessages::Chosen ForeignMessages::choose(bool imports) const {
    Chosen chosen;
    chosen.run.adopts = imports;
    const Position received = parts_.progress.ledger()->received();
    const auto overdue = parts_.clock.steady() - std::chrono::nanoseconds{options_.order};
    const Position* had = nullptr;
    for (std::size_t i = 0; i < held_.size() && chosen.places.size() < run_max_; ++i) {
        const Held& held = held_[i];
        const bool in_order = held.after.get() == had || covers(received, *held.after);
        if (!in_order && held.since > overdue) break;
        had = held.after.get();
        const ForeignWrite& write = held.message.write;
        if (held.settled || locked_.contains(write.record)) continue;
        chosen.places.push_back(i);
        chosen.run.writes.push_back(write);
    }
    return chosen;
}

Task<void> ForeignMessages::take_fates(const Chosen& chosen, const commit::ImportResults& fates) {
    run_max_ = std::min(options_.run_max, run_max_ * 2);
    const std::uint64_t beginning = beginnings_;
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if (fates[i].kind == ImportResult::Kind::waits) continue;
        if (fates[i].kind == ImportResult::Kind::adopted) ++imported_;
        Held& held = held_[chosen.places[i]];
        held.settled = true;
        if (fates[i].kind != ImportResult::Kind::unfit) continue;
        Arrived arrived = held.message.arrived;
        std::string why = fates[i].why;
        Result<void> put = co_await parts_.dead.put_aside(std::move(arrived), std::move(why));
        if (beginning != beginnings_) co_return Result<void>{};
        if (!put) {
            held_[chosen.places[i]].settled = false;
            co_return put;
        }
    }
    co_return Result<void>{};
}

// The database refused a run. If it held several messages, the next run holds half as many. A
// single message is put aside if the database refuses it; it waits, with all others of its record,
// if another program has locked the record.
Task<void> ForeignMessages::take_refusal(const Chosen& chosen, Error error) {
    if (error.code != Errc::rejected && error.code != Errc::locked) co_return error;
    if (chosen.places.size() > 1) {
        run_max_ = chosen.places.size() / 2;
        co_return Result<void>{};
    }
    if (error.code == Errc::locked) {
        locked_.insert(chosen.run.writes.front().record);
        co_return Result<void>{};
    }
    commit::ImportResults unfit{{ImportResult::Kind::unfit, error.what}};
    co_return co_await take_fates(chosen, unfit);
}

// The node that should import these messages lives, and has its own place at the broker. It will
// read what it has not imported yet, even after a restart.
void ForeignMessages::give_up_old() {
    const auto oldest = parts_.clock.steady() - std::chrono::nanoseconds{options_.held_for};
    while (!held_.empty() && (held_.size() > options_.held_max || held_.front().since < oldest))
        held_.pop_front();
}

void ForeignMessages::drop_settled() {
    while (!held_.empty() && held_.front().settled)
        held_.pop_front();
}

}  // namespace reef::brokers
