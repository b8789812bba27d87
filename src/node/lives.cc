#include "node/lives.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "base/log.hpp"
#include "node/store.hpp"

namespace reef::node {

using namespace std::chrono_literals;

namespace {

constexpr auto look_interval = 100ms;
// Two processes of one node on one database learn of each other within a moment.
constexpr int refused_looks = 5;
constexpr auto stop_looked_at = 20ms;
// Cursor: the writes of an earlier life are still to be taken from others. Whether from all of
// them, or, after a standby has taken over, from those that can be reached.
constexpr const char* recovering = "recovering";
constexpr const char* from_all = "all";
constexpr const char* from_reachable = "reachable";

std::string alone_file(const NodeOptions& options) {
    return (std::filesystem::path{options.data} / "marks" / (options.name + ".alone")).string();
}

// An operator has said that this node may go on: once.
bool take_permission(const NodeOptions& options) {
    std::error_code failed;
    return std::filesystem::remove(alone_file(options), failed);
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

Lives::Lives(LivesParts parts)
    : parts_(std::move(parts)), keeper_(parts_.file, parts_.schema, system_clock()) {}

Result<void> Lives::begin() {
    std::error_code failed;
    if (parts_.options.fresh) std::filesystem::remove(parts_.file, failed);
    mark_ = read_mark(parts_.file);
    Database& database = parts_.database;
    const auto reader = database.open_reader(database.executor());
    const store::Ledger ledger = *database.progress().ledger();
    auto found = database.run(find_evidence(ledger, database.store().identity(), mark_, *reader));
    if (!found) return found.error();
    evidence_ = std::move(*found);
    if (evidence_) {
        log::warn("Begins a new life of this store, and takes what the old one told others",
                  {{"why", evidence_->what}, {"ends", ledger.self}, {"at", ledger.seq()}});
    }
    if (auto noted = database.run(note_run(evidence_.has_value())); !noted) return noted;
    const auto left = ledger.cursors.find(recovering);
    if (!evidence_ && left != ledger.cursors.end()) {
        evidence_ = Evidence{"an earlier start did not get all that it lacked",
                             left->second == from_reachable};
    }
    parts_.status.recovering = evidence_ && !evidence_->promoted;
    return keeper_.begin(*database.progress().ledger(), parts_.run);
}

// On the database's thread.
Task<void> Lives::note_run(bool new_life) {
    commit::RunStart start;
    start.run = parts_.run;
    start.identity = store::identity_text(parts_.database.store().identity());
    if (new_life) {
        start.life = parts_.options.name + '.' + random_name();
        start.cursors[recovering] = evidence_->promoted ? from_reachable : from_all;
        const auto& ids = mark_ ? mark_->ids : keeper_.mark().ids;
        for (const model::Resource& resource : parts_.schema.resources) {
            const auto given = ids.find(resource.name);
            if (given != ids.end()) start.next_ids[resource.id] = given->second;
        }
    }
    auto started = co_await parts_.database.committer().start(std::move(start));
    if (!started) co_return started.error();
    co_return Result<void>{};
}

Result<void> Lives::wait_until_ready() {
    auto ready = ready_.get_future();
    while (ready.wait_for(stop_looked_at) != std::future_status::ready) {
        const auto& stop_asked = parts_.options.stop_asked;
        if (stop_asked && stop_asked()) return Error{Errc::closed, "stopped"};
    }
    return {};
}

void Lives::end() {
    keeper_.end(*parts_.database.progress().ledger());
}

void Lives::suspect(std::string why) {
    if (!suspicion_.empty()) return;
    parts_.status.ready = false;
    parts_.status.recovering = true;
    log::error("Stops serving: this store's life has gone on elsewhere", {{"why", why}});
    show("this store's life has gone on elsewhere: " + why);
    suspicion_ = std::move(why);
}

void Lives::show(std::string trouble) {
    parts_.status.set_trouble(std::move(trouble));
}

void Lives::show_refused() {
    constexpr const char* refused = "a peer hears another process that is this node";
    show(refused);
    if (std::exchange(refusal_logged_, true)) return;
    log::error("Does not serve: a peer hears another process that is this node");
}

// Ready, until something is wrong, and again.
asio::awaitable<void> Lives::watch() {
    for (;;) {
        co_await catch_up();
        static_cast<void>(take_permission(parts_.options));
        show("");
        refusal_logged_ = false;
        parts_.status.ready = true;
        if (!std::exchange(promised_, true)) ready_.set_value();
        const bool goes_on = co_await wait_for_trouble();
        parts_.status.ready = false;
        if (!goes_on) co_return;
    }
}

asio::awaitable<void> Lives::catch_up() {
    for (bool stopping = false; !stopping;) {
        if (!suspicion_.empty()) co_await begin_new_life();
        if (!evidence_ || evidence_->promoted) {
            co_await parts_.replication.catch_up(
                [this] { return !suspicion_.empty() || is_refused(); });
        } else {
            co_await parts_.replication.catch_up_with_all([this] {
                show(waits_for());
                return !suspicion_.empty() || is_refused() || may_go_on_alone();
            });
        }
        if (suspicion_.empty() && !is_refused()) break;
        if (is_refused()) show_refused();
        const Result<void> slept = co_await system_clock().sleep(look_interval);
        stopping = !slept;
    }
    if (evidence_) co_await finish_recovery();
}

std::string Lives::waits_for() const {
    const std::vector<std::string> unheard = parts_.peers.unheard();
    if (unheard.empty()) return "takes what an earlier life of its store has told others";
    return "it may lack writes that it has told others (" + evidence_->what + "), and waits for " +
           joined(unheard) + ". atoll restore --alone lets it go on without";
}

bool Lives::may_go_on_alone() {
    if (!take_permission(parts_.options)) return false;
    log::warn("Goes on without its peers, as it was told",
              {{"without", joined(parts_.peers.unheard())}});
    return true;
}

asio::awaitable<void> Lives::begin_new_life() {
    evidence_ = Evidence{suspicion_};
    mark_.reset();
    auto noting = asio::co_spawn(parts_.database.executor(), note_run(true), asio::use_awaitable);
    const Result<void> noted = co_await std::move(noting);
    if (!noted) co_return;  // tried again
    suspicion_.clear();
    log::warn("Begins a new life of this store, and takes what the old one told others",
              {{"why", evidence_->what}, {"begins", parts_.database.progress().ledger()->self}});
}

asio::awaitable<void> Lives::finish_recovery() {
    report_lost();
    commit::Rows done;
    done.cursors[recovering] = "";
    // Else the next start takes up where this one ends.
    static_cast<void>(co_await parts_.database.committer().load(std::move(done)));
    evidence_.reset();
    mark_.reset();
    parts_.status.recovering = false;
}

void Lives::report_lost() const {
    if (!mark_) return;
    const auto ledger = parts_.database.progress().ledger();
    const auto known = ledger->origins.find(mark_->origin);
    const std::uint64_t here = known == ledger->origins.end() ? 0 : known->second.received;
    if (here >= mark_->seq) return;
    log::error("Writes are lost: neither this store nor anybody who was asked has them",
               {{"origin", mark_->origin}, {"first", here + 1}, {"last", mark_->seq}});
}

// False: the node is stopping.
asio::awaitable<bool> Lives::wait_for_trouble() {
    for (int refused = 0; refused < refused_looks && suspicion_.empty();) {
        const Result<void> slept = co_await system_clock().sleep(look_interval);
        if (!slept) co_return false;
        refused = is_refused() ? refused + 1 : 0;
    }
    if (suspicion_.empty()) show_refused();
    co_return true;
}

}  // namespace reef::node
