// The read replicas of a node, and how reads are spread over them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/read_sources.hpp"
#include "config/app.hpp"
#include "node/node.hpp"
#include "node/replicas/replica.hpp"

namespace reef::node {

class ReplicaReads;

class Replicas {
public:
    // Which row, and which replica's database refuses it again and again, and why.
    using Refused = std::function<void(const model::RecordRef&, const std::string& why)>;

    // The primary starts before it, and stops after it.
    Replicas(const config::App& app, const NodeOptions& options, Database& primary, Clock& clock,
             const commit::CommitOptions& commit, const Refused& refused);
    ~Replicas();  // stops

    void start();
    void stop();
    bool empty() const { return replicas_.empty(); }

    // On the primary's thread, after each durable batch.
    void primary_committed();

    // For the io thread of `on`, before start(). Null without replicas. Ends after stop(), and
    // before that thread's context.
    std::unique_ptr<ReplicaReads> open_reads(asio::any_io_executor on);

    // From any thread. not_found: there is no such replica. "": all of them.
    Result<void> reset(std::string_view name);
    std::vector<api::ReplicaReport> report() const;
    // How far the primary has come, and every replica that is sound.
    model::Position had_by_all() const;

private:
    friend class ReplicaReads;

    void let_go(std::size_t replica);

    const config::Reads how_;
    Database& primary_;
    Clock& clock_;
    std::vector<std::unique_ptr<Replica>> replicas_;
    std::vector<ReplicaReads*> reads_;  // one per io thread
};

// What an io thread holds of the replicas: a reader of each that it has read from.
class ReplicaReads final : public api::ReadSources {
public:
    ReplicaReads(Replicas& replicas, asio::any_io_executor on, std::uint64_t seed);
    ~ReplicaReads() override;

    std::optional<api::ReadSource> next(const api::ReadNeeds& needs) override;
    void failed(const api::ReadSource& source, const Error& error) override;
    asio::awaitable<void> wait_for(model::Dot written) override;

    // All of one replica, by its name; null: there is none, or it is closed.
    std::shared_ptr<store::Reader> reader(std::string_view name);
    // From any thread: soon nothing is held of this one.
    void let_go(std::size_t replica);

private:
    struct Held;

    std::shared_ptr<store::Reader> reader(std::size_t replica);

    struct Policy;
    Replicas& replicas_;
    const asio::any_io_executor executor_;
    const std::unique_ptr<Policy> policy_;
    std::vector<std::shared_ptr<Held>> held_;  // by replica
};

}  // namespace reef::node
