// Two nodes with nothing but a topic between them: a broker in memory, which tests make fail.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "brokers/broker_link.hpp"
#include "brokers/message_json.hpp"
#include "faulty_writer.hpp"
#include "islands.hpp"
#include "memory_store.hpp"
#include "model/abridged.hpp"
#include "replication/inbox.hpp"
#include "run.hpp"

namespace reef::test {

using namespace model;
using namespace std::chrono_literals;
using brokers::Arrived;
using brokers::Message;

// One partition: its messages by offset. Away, it neither takes nor gives. Where it keeps none, a
// feed gives once more what was not acknowledged, and `window` messages before some are.
struct Topic {
    std::vector<Message> messages;
    bool away = false;
    bool keeps = true;
    std::size_t window = 1'000'000;
    std::size_t lose_after = 1'000'000;  // so many are taken of a piece, then the link breaks
    std::size_t header_bytes_max = 1'000'000;
    int feeds = 0;
};

class MemorySink final : public brokers::Sink {
public:
    MemorySink(Topic& topic, Topic& dead) : topic_(topic), dead_(dead) {}
    Task<brokers::Ends> publish(std::vector<Message> messages) override {
        co_await asio::post(asio::use_awaitable);
        if (topic_.away) co_return Error{Errc::unavailable, "away"};
        brokers::Ends ends;
        std::size_t taken = 0;
        for (Message& message : messages) {
            if (taken++ == topic_.lose_after) co_return Error{Errc::unavailable, "the link broke"};
            Topic& topic = message.topic == "dead" ? dead_ : topic_;
            ends[message.topic + ".0"] = topic.messages.size();
            topic.messages.push_back(std::move(message));
        }
        co_return ends;
    }
    std::size_t header_bytes_max() const override { return topic_.header_bytes_max; }

private:
    Topic& topic_;
    Topic& dead_;
};

// Where the messages lie that need not come again to a node, in all its lives.
struct Acknowledged {
    std::set<std::uint64_t> offsets;

    // So many from the first one on, without a hole: all that a broker knows that keeps messages.
    std::uint64_t up_to() const {
        std::uint64_t count = 0;
        while (offsets.contains(count))
            ++count;
        return count;
    }
};

class MemoryFeed final : public brokers::BrokerFeed {
public:
    MemoryFeed(Topic& topic, Acknowledged& acknowledged)
        : topic_(topic),
          acknowledged_(acknowledged),
          next_(topic.keeps ? acknowledged.up_to() : 0) {}
    Task<std::vector<Arrived>> next() override {
        for (;;) {
            skip_acknowledged();
            if (!topic_.away && !is_full() && next_ < topic_.messages.size()) break;
            if (interrupted_) co_return Error{Errc::closed, "interrupted"};
            Result<void> slept = co_await system_clock().sleep(1ms);
            if (!slept) co_return slept.error();
        }
        std::vector<Arrived> arrived;
        for (; next_ < topic_.messages.size() && arrived.size() < 7 && !is_full(); ++next_) {
            arrived.push_back({topic_.messages[next_], "topic.0", next_, ++mark_});
            given_[mark_] = next_;
            skip_acknowledged();
        }
        co_return arrived;
    }
    void acknowledge(const std::vector<std::uint64_t>& marks) override {
        for (const std::uint64_t mark : marks) {
            EXPECT_EQ(given_.count(mark), 1U) << "twice, or never given";
            acknowledged_.offsets.insert(given_[mark]);
            given_.erase(mark);
        }
    }
    bool is_full() const override { return given_.size() >= topic_.window; }
    void interrupt() override { interrupted_ = true; }
    bool has_read_all() const override { return next_ >= topic_.messages.size(); }

private:
    void skip_acknowledged() {
        while (!topic_.keeps && acknowledged_.offsets.contains(next_))
            ++next_;
    }

    Topic& topic_;
    Acknowledged& acknowledged_;
    std::uint64_t next_;
    std::uint64_t mark_ = 0;
    std::map<std::uint64_t, std::uint64_t> given_;  // by mark, where it lies
    bool interrupted_ = false;
};

class MemoryBroker final : public brokers::Broker {
public:
    MemoryBroker(Topic& topic, Topic& dead, Acknowledged& acknowledged)
        : topic_(topic), dead_(dead), acknowledged_(acknowledged) {}
    std::unique_ptr<brokers::Sink> open_sink(std::vector<std::string>) override {
        return std::make_unique<MemorySink>(topic_, dead_);
    }
    Task<std::unique_ptr<brokers::BrokerFeed>> open_feed(bool from_start) override {
        ++topic_.feeds;
        if (from_start) acknowledged_.offsets.clear();
        co_return std::unique_ptr<brokers::BrokerFeed>{
            std::make_unique<MemoryFeed>(topic_, acknowledged_)};
    }
    bool keeps_messages() const override { return topic_.keeps; }

private:
    Topic& topic_;
    Topic& dead_;
    Acknowledged& acknowledged_;
};

// A node without HTTP: what it has of others came through the topic.
struct Node {
    Node(const Schema& app, asio::io_context& context, const std::string& name,
         const std::string& other, Topic& topic, Topic& dead)
        : schema(app),
          io(context),
          store(store::open_memory(app, {.file = "", .node = name, .incarnation = "1"})),
          writer(store->open_writer(io.get_executor()), io.get_executor()),
          reader(store->open_reader(io.get_executor())),
          progress(value_of_task(reader->ledger()), system_clock()),
          peers({other}, system_clock()),
          committer({schema, writer, system_clock(), io.get_executor(),
                     [this] {
                         commit::BatchContext made;
                         made.schema = schema.id();
                         made.now = system_clock().now();
                         return made;
                     },
                     [this](const store::Ledger& ledger) {
                         newest = ledger;
                         if (hears) progress.advance(ledger);
                     }},
                    {}),
          life_watch({progress, *reader, *reader, peers, [](const std::string&) {}}),
          inbox({schema, committer, progress, *reader, peers, life_watch, system_clock()}),
          shape(schema, texts) {
        options.make = [this, &topic, &dead](const asio::any_io_executor&) {
            return std::make_unique<MemoryBroker>(topic, dead, acknowledged);
        };
        options.shape = texts;
        options.dead_topic = "dead";
        options.publishing.save_after = options.publishing.retry_min = 1ms;
        options.publishing.piece.rows_max = 5;
        options.reading.retry_min = options.reading.retry_max = 1ms;
        asio::co_spawn(io, committer.run(), asio::detached);
    }

    void start(bool keeps_dead_messages = false,
               std::optional<brokers::ForeignOptions> foreign = std::nullopt) {
        tasks = std::make_unique<TaskGroup>(io.get_executor());
        options.keeps_dead_messages = keeps_dead_messages;
        options.foreign = std::move(foreign);
        link = std::make_unique<brokers::BrokerLink>(
            brokers::BrokerLinkParts{schema, committer, progress, *reader, *reader, peers,
                                     system_clock(), inbox, io.get_executor()},
            options);
        const auto nobody = [](const std::vector<commit::Parked>&) {};
        tasks->start("inbox", inbox.run(nobody));
        link->start(*tasks);
    }
    std::uint64_t confirmed() const { return link->report().confirmed; }
    void stop() {
        tasks->cancel();
        run_on(io, tasks->join());
    }

    const Schema& schema;
    asio::io_context& io;
    std::unique_ptr<store::Store> store;
    FaultyWriter writer;
    std::unique_ptr<store::Reader> reader;
    commit::Progress progress;
    store::Ledger newest;
    bool hears = true;  // of what is durable
    peers::Peers peers;
    commit::Committer committer;
    replication::LifeWatch life_watch;
    replication::Inbox inbox;
    const brokers::ShapeTexts texts = [] {
        brokers::ShapeTexts made;
        made.topic = "topic";
        made.body = "<record>";
        return made;
    }();
    brokers::MessageShape shape;
    Acknowledged acknowledged;
    brokers::BrokerLinkOptions options;
    std::unique_ptr<brokers::BrokerLink> link;
    std::unique_ptr<TaskGroup> tasks;
};

class BrokerTest : public testing::Test {
protected:
    const Schema schema = things();
    asio::io_context io;
    Topic topic;
    Topic dead;
    Node us{schema, io, "us", "eu", topic, dead};
    Node eu{schema, io, "eu", "us", topic, dead};

    ~BrokerTest() override {
        for (Node* node : {&us, &eu}) {
            if (node->tasks) node->stop();
            node->committer.stop();
        }
        io.restart();
        io.run();
    }

    void run_until(const std::function<bool()>& holds) {
        const auto until = std::chrono::steady_clock::now() + 60s;
        while (!holds()) {
            ASSERT_LT(std::chrono::steady_clock::now(), until) << "it does not come true";
            io.restart();
            io.run_one_for(10ms);
        }
    }
    // Each by itself, as one client after the other.
    void write(Node& at, int count, const std::string& key = "k") {
        for (int i = 0; i < count; ++i) {
            Intent intent;
            const auto row = run_on(io, at.reader->get({0, Key{key}})).value();
            intent.kind = row ? WriteKind::update : WriteKind::create;
            intent.key = Key{key};
            intent.fields = {{1, "n" + std::to_string(++written)}};
            intent.received = system_clock().now();
            const auto outcome = run_on(io, at.committer.submit(std::move(intent)));
            ASSERT_TRUE(std::holds_alternative<Accepted>(outcome.value()));
        }
    }
    static std::uint64_t received(const Node& at, const std::string& origin) {
        return seq_in(at.progress.ledger()->received(), origin);
    }
    // The seq of each message, in the order of the topic.
    std::vector<std::uint64_t> published() const {
        std::vector<std::uint64_t> seqs;
        for (const Message& message : topic.messages)
            seqs.push_back(stamp_in(*message.header(brokers::change_header))->dot.seq);
        return seqs;
    }
    static std::vector<std::uint64_t> up_to(std::uint64_t last) {
        std::vector<std::uint64_t> seqs;
        for (std::uint64_t seq = 1; seq <= last; ++seq)
            seqs.push_back(seq);
        return seqs;
    }
    int written = 0;
};

}  // namespace reef::test
