// What lies between nodes: links that delay, lose, repeat and turn around what they carry, and that
// can be cut in each direction. Its ends are a transport::Source and transport::PeerCalls; what
// travels is text, the true lines of a feed and the true bodies of a forwarded write.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/operations.hpp"
#include "node.hpp"
#include "peers/direct.hpp"

namespace reef::simulation {

struct NetworkOptions {
    Nanoseconds latency_min{100'000};
    Nanoseconds latency_max{2'000'000};
    std::size_t slow_percent = 1;  // of all messages take up to a quarter of a second
    bool orderly = true;           // a connection delivers in order and everything, or ends
    // Shares of what was drawn: in the direction from the later name to the earlier one, and at the
    // quickest moment of a slow drift, which goes there and back in one period.
    double back_share = 1;
    double drift_share = 1;
    Nanoseconds drift_period{1'000'000'000};
};

struct PeerQuestion {
    http::Method method = http::Method::get;
    std::string target;
    std::string body;
};

class Network {
public:
    Network(World& world, Oracle& oracle, const model::Schema& schema, NetworkOptions options,
            Plant plant);

    void add(Node& node);  // once each, in the order of their indexes
    Node& at(const std::string& name);

    void cut(const std::string& from, const std::string& to);
    void heal(const std::string& from, const std::string& to);
    void heal_all();  // from now on it is orderly, too
    void died(Node& node);

    // The ends of `owner` of its links to a peer; they live no longer than its life.
    std::unique_ptr<peers::Source> source(Node& owner, std::string peer);
    std::unique_ptr<peers::PeerCalls> calls(Node& owner, std::string peer);

    // Who asks or answers, and in which of its lives.
    struct End {
        Node* node = nullptr;
        std::uint64_t life = 0;
        bool living() const { return node->in(life); }
        void run(std::function<void()> what) const { node->run(life, std::move(what)); }
    };
    struct Wire;  // one feed's connection
    struct Call;  // one request, and who waits for its answer

    // ---- for the ends --------------------------------------------------------------------------
    std::shared_ptr<Wire> open_wire(Node& client, const std::string& peer, std::string target);
    void close(const std::shared_ptr<Wire>& wire);               // by its reader
    void refuse(const std::shared_ptr<Wire>& wire, int status);  // by the other side
    void send_line(const std::shared_ptr<Wire>& wire, std::string line);
    std::shared_ptr<Call> begin_call(Node& client, const std::string& peer, PeerQuestion question);
    void answer(const std::shared_ptr<Call>& call, peers::PeerCalls::Answer answer);
    Oracle& oracle() { return oracle_; }
    const model::Schema& schema() const { return schema_; }
    Plant plant() const { return plant_; }

private:
    Nanoseconds latency(const End& from, const End& to);
    bool is_cut(const End& from, const End& to) const;
    void hang_up(const std::shared_ptr<Wire>& wire, Nanoseconds after);
    void deliver(const std::shared_ptr<Wire>& wire, std::string line, Nanoseconds delay);
    void serve_wire(const std::shared_ptr<Wire>& wire, std::string target);
    void serve_call(const std::shared_ptr<Call>& call, const PeerQuestion& question);
    void fail(const std::shared_ptr<Call>& call, Error error);

    World& world_;
    Oracle& oracle_;
    const model::Schema& schema_;
    NetworkOptions options_;
    const Plant plant_;
    std::map<std::string, Node*> nodes_;
    std::set<std::pair<std::string, std::string>> cuts_;  // from, to
    std::vector<std::weak_ptr<Wire>> wires_;
};

}  // namespace reef::simulation
