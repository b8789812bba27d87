// A committer over a writer that keeps everything in an Island, and fails, waits or looks ahead
// when told to.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "commit/committer.hpp"
#include "islands.hpp"

namespace reef::test {

using namespace model;

// Lives on the committer's thread, but for what a test sets before it runs.
class FakeWriter final : public store::Writer {
public:
    FakeWriter(const Schema& schema, std::string origin, const asio::any_io_executor& executor)
        : island(schema, std::move(origin)),
          held(executor, asio::steady_timer::time_point::max()) {}

    Task<store::LoadResult> begin(store::LoadRequest wanted) override {
        if (begin_fails) co_return Error{*begin_fails, "told to"};
        ++begun;
        if (on_begin) on_begin();
        store::LoadResult loaded = island.load(wanted);
        for (const RecordRef& ref : wanted.records) {
            if (knows_locked && locked.contains(ref)) loaded.locked.insert(ref);
        }
        co_return loaded;
    }
    Task<void> commit(store::WriteSet saved) override {
        if (holds) co_await held.async_wait(asio::redirect_error(asio::use_awaitable, let_go));
        if (commit_fails) co_return Error{*commit_fails, "told to"};
        for (const auto& row : saved.rows) {
            knows_locked = knows_locked || locked.contains(row.row.ref());
            if (locked.contains(row.row.ref())) co_return Error{Errc::locked, "another one's"};
        }
        for (const auto& row : saved.rows) {
            const Value& name = row.row.cells[1].value;
            if (name == Value{std::string{"bad"}}) co_return Error{Errc::rejected, "a bad name"};
        }
        batch_sizes.push_back(saved.log.size());
        island.save(std::move(saved));
        co_return Result<void>{};
    }
    bool loads_ahead() const override { return ahead; }
    Task<store::LoadResult> load_ahead(store::LoadRequest wanted) override {
        ++looks;
        if (look_fails) co_return Error{*look_fails, "told to"};
        store::LoadResult loaded = island.load(wanted);
        loaded.captured = captured;
        co_return loaded;
    }
    Task<void> commit_ahead(store::WriteSet saved) override {
        ++follows;
        if (follow_fails) co_return Error{*follow_fails, "told to"};
        co_return co_await commit(std::move(saved));
    }
    asio::awaitable<void> release() override {
        ++released;
        co_return;
    }
    Task<bool> trim(store::TrimLimits) override {
        ++trims;
        co_return false;
    }
    Task<void> on_idle() override {
        ++rests;
        co_return Result<void>{};
    }

    Island island;
    std::optional<Errc> begin_fails;
    std::optional<Errc> commit_fails;
    std::function<void()> on_begin;
    // By another program. It shows when one is to be saved, and from then on when it is loaded.
    std::set<RecordRef> locked;
    bool knows_locked = false;
    // While it is held, a commit lasts.
    bool holds = false;
    asio::steady_timer held;
    boost::system::error_code let_go;
    bool ahead = false;
    std::optional<Errc> look_fails;
    std::optional<Errc> follow_fails;
    std::vector<Captured> captured;
    std::vector<std::size_t> batch_sizes;
    int looks = 0;
    int follows = 0;
    int begun = 0;
    int released = 0;
    int trims = 0;
    int rests = 0;
};

// Coroutines are named functions with parameters by value: see the brief of their compiler.
inline asio::awaitable<void> submit_into(commit::Committer* committer, Intent intent,
                                         Result<Outcome>* answer, std::atomic<int>* answered) {
    Result<Outcome> done = co_await committer->submit(std::move(intent));
    *answer = std::move(done);
    ++*answered;
}

inline asio::awaitable<void> apply_into(commit::Committer* committer, commit::ChangeRun run,
                                        Result<commit::Applied>* answer) {
    Result<commit::Applied> done = co_await committer->apply(std::move(run));
    *answer = std::move(done);
}

inline asio::awaitable<void> run_into(commit::Committer* committer, Result<void>* answer,
                                      bool* ended) {
    Result<void> done = co_await committer->run();
    *answer = std::move(done);
    *ended = true;
}

inline Intent named(const std::string& key, const std::string& name) {
    Intent intent;
    intent.kind = WriteKind::create;
    intent.key = Key{key};
    intent.fields = {{1, name}};
    intent.received = Time{1'000'000};
    return intent;
}

class CommitterTest : public testing::Test {
protected:
    explicit CommitterTest(Schema of = things()) : schema(std::move(of)) {}

    const Schema schema;
    asio::io_context io;
    FakeWriter writer{schema, "us.1", io.get_executor()};
    commit::CommitOptions options;
    Clock* clock = &system_clock();
    std::unique_ptr<commit::Committer> committer;
    std::vector<std::unique_ptr<Result<Outcome>>> answers;
    std::atomic<int> answered = 0;
    int durable = 0;
    Result<void> ended_with{Error{}};
    bool ended = false;

    void make() {
        committer = std::make_unique<commit::Committer>(
            commit::CommitterParts{schema, writer, *clock, io.get_executor(),
                                   [this] { return writer.island.batch_context; },
                                   [this](const store::Ledger&) { ++durable; }},
            options);
    }
    void start() {
        asio::co_spawn(io, run_into(committer.get(), &ended_with, &ended), asio::detached);
    }
    // Waits in the queue once io has run that far.
    void submit(Intent intent) {
        answers.push_back(std::make_unique<Result<Outcome>>(Error{Errc::closed, "not answered"}));
        asio::co_spawn(
            io, submit_into(committer.get(), std::move(intent), answers.back().get(), &answered),
            asio::detached);
    }
    void stop_and_finish() {
        committer->stop();
        io.run();
        EXPECT_TRUE(ended);
        EXPECT_TRUE(ended_with) << ended_with.error().what;
    }
    bool accepted(std::size_t i) const {
        return *answers[i] && std::holds_alternative<Accepted>(**answers[i]);
    }
    Errc error(std::size_t i) const { return answers[i]->error().code; }
};

}  // namespace reef::test
