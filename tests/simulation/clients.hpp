// Clients that read, write and try again, each one thing after the other: the gateway's retries
// under the same attempt, and their own under the same id.
#pragma once

#include <memory>
#include <vector>

#include "node.hpp"

namespace reef::simulation {

struct ClientParts {
    World& world;
    Oracle& oracle;
    const model::Schema& schema;
    std::vector<Node*> nodes;
    Nanoseconds clock_step{1'000'000};  // of the gateway's clock, which stamps requests
    Plant plant = Plant::none;
    bool huge_ids = false;  // some give their records the highest ids that there are
};

class Clients {
public:
    explicit Clients(ClientParts parts) : parts_(std::move(parts)) {}
    ~Clients();

    void start(std::size_t count);
    void stop() { stopped_ = true; }  // what is under way may still be answered

private:
    struct Try;
    struct Read;

    void think(std::size_t client);
    void begin(std::size_t client);
    void read(std::size_t client, Node& node, model::RecordRef record);
    void choose(std::size_t client, Node& node, const Read& read);
    void attempt(const std::shared_ptr<Try>& attempt);
    void finished(const std::shared_ptr<Try>& attempt, const Result<model::Outcome>& outcome);
    void again(const std::shared_ptr<Try>& attempt);

    Node* some_node();
    model::RecordRef some_record();
    void fill(model::Intent& intent, Asked& asked, const model::Row* row);

    const ClientParts parts_;
    bool stopped_ = false;
};

}  // namespace reef::simulation
