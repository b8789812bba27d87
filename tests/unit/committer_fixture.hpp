// A committer over a store in memory whose writer fails and waits when told to.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "commit/committer.hpp"
#include "faulty_writer.hpp"
#include "islands.hpp"
#include "memory_store.hpp"
#include "run.hpp"

namespace reef::test {

using namespace model;

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
    const std::unique_ptr<store::Store> store =
        store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    FaultyWriter writer{store->open_writer(io.get_executor()), io.get_executor()};
    const std::unique_ptr<store::Reader> reader = store->open_reader(io.get_executor());
    commit::BatchContext batch_context = [this] {
        commit::BatchContext made;
        made.schema = schema.id();
        made.has_peers = true;
        return made;
    }();
    commit::CommitOptions options = [] {
        commit::CommitOptions kept;  // the writes of these tests are of 1970
        kept.log_kept = kept.request_ids_kept = std::chrono::hours{100 * 366 * 24};
        return kept;
    }();
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
                                   [this] { return batch_context; },
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
    store::Ledger ledger() const { return value_of_task(reader->ledger()); }
    std::optional<Row> row(const std::string& key) const {
        return value_of_task(reader->get({0, Key{key}}));
    }
    std::size_t row_count() const {
        return value_of_task(reader->scan(0, std::nullopt, {1'000'000, 1 << 30})).size();
    }
    bool accepted(std::size_t i) const {
        return *answers[i] && std::holds_alternative<Accepted>(**answers[i]);
    }
    Errc error(std::size_t i) const { return answers[i]->error().code; }
};

}  // namespace reef::test
