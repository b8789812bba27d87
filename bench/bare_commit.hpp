// Group commit: one thread owns the writer. Whoever waits when the last commit is durable is the
// next batch; no timer. Answers travel back in one post per io thread and batch.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "bare_store.hpp"

namespace reef::bench {

namespace asio = boost::asio;

// A suspended session.
class Parked {
public:
    virtual ~Parked() = default;
    virtual void resume() = 0;  // once, on the session's own thread
};

// Lives in the session's coroutine while it waits.
struct Pending {
    explicit Pending(std::size_t waiting) : io_thread(waiting) {}
    virtual ~Pending() = default;
    virtual void write(BareWriter& writer) = 0;

    const std::size_t io_thread;  // who waits for it
    std::unique_ptr<Parked> session;
};

struct PendingPut final : Pending {
    using Pending::Pending;
    void write(BareWriter& writer) override { row = writer.put(put); }
    Put put;
    std::optional<Property> row;  // the answer
};

struct PendingPost final : Pending {
    using Pending::Pending;
    void write(BareWriter& writer) override { writer.post(shipment); }
    Shipment shipment;
};

class GroupCommit {
public:
    // The contexts outlive this object and are run by one thread each.
    GroupCommit(std::unique_ptr<BareWriter> writer, std::vector<asio::io_context*> io_threads);
    ~GroupCommit();
    GroupCommit(const GroupCommit&) = delete;
    GroupCommit& operator=(const GroupCommit&) = delete;

    // Completes with void() on the io thread named in `pending` once the write is durable.
    template <class Token>
    auto async_write(Pending& pending, Token&& token) {
        return asio::async_initiate<Token, void()>(Start{this}, token, &pending);
    }

private:
    template <class Handler>
    struct ParkedHandler final : Parked {
        explicit ParkedHandler(Handler parked) : handler(std::move(parked)) {}
        void resume() override { std::move(handler)(); }
        Handler handler;
    };

    struct Start {
        GroupCommit* self;
        template <class Handler>
        void operator()(Handler handler, Pending* pending) const {
            pending->session = std::make_unique<ParkedHandler<Handler>>(std::move(handler));
            self->submit(pending);
        }
    };

    void submit(Pending* pending);
    void run();
    void commit(const std::vector<Pending*>& batch);
    void answer(const std::vector<Pending*>& batch);

    const std::unique_ptr<BareWriter> writer_;
    const std::vector<asio::io_context*> io_threads_;
    std::mutex mutex_;  // guards waiting_ and stopping_
    std::condition_variable somebody_waits_;
    std::vector<Pending*> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace reef::bench
