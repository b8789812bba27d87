#include "network.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cmath>

#include "peers/feed_lines.hpp"
#include "serve.hpp"
#include "wire.hpp"

namespace reef::simulation {

using namespace std::chrono_literals;

Network::Network(World& world, Oracle& oracle, const model::Schema& schema, NetworkOptions options,
                 Plant plant)
    : world_(world), oracle_(oracle), schema_(schema), options_(options), plant_(plant) {}

void Network::add(Node& node) {
    nodes_[node.name()] = &node;
}

Node& Network::at(const std::string& name) {
    return *nodes_.at(name);
}

void Network::cut(const std::string& from, const std::string& to) {
    world_.trace("cut " + from + '>' + to);
    cuts_.emplace(from, to);
}

void Network::heal(const std::string& from, const std::string& to) {
    world_.trace("heal " + from + '>' + to);
    cuts_.erase({from, to});
}

void Network::heal_all() {
    cuts_.clear();
    options_.orderly = true;
}

bool Network::is_cut(const End& from, const End& to) const {
    return cuts_.contains({from.node->name(), to.node->name()});
}

Nanoseconds Network::latency(const End& from, const End& to) {
    if (world_.random.percent(options_.slow_percent)) return world_.random.between(1ms, 250ms);
    const Nanoseconds drawn = world_.random.between(options_.latency_min, options_.latency_max);
    double share = from.node->name() > to.node->name() ? options_.back_share : 1;
    if (options_.drift_share < 1) {
        const auto period = static_cast<double>(options_.drift_period.count());
        const double turn = std::fmod(static_cast<double>(world_.now().count()), period) / period;
        const double quick = 1 - std::abs(2 * turn - 1);  // 0, 1 in the middle, and 0 again
        share *= 1 - quick * (1 - options_.drift_share);
    }
    if (share == 1) return drawn;
    return Nanoseconds{static_cast<std::int64_t>(static_cast<double>(drawn.count()) * share)};
}

// The kernel of a process that died says so to whoever is connected; a machine that died says
// nothing.
void Network::died(Node& node) {
    const bool says_so = world_.random.percent(50);
    for (const auto& weak : wires_) {
        const auto wire = weak.lock();
        if (!wire) continue;
        if (wire->client.node == &node && !wire->client.living()) wire->unread = true;
        if (wire->server.node != &node || wire->server.living()) continue;
        wire->lost = true;
        if (says_so) hang_up(wire, latency(wire->server, wire->client));
    }
    std::erase_if(wires_, [](const auto& weak) { return weak.expired(); });
}

// ---- feeds -------------------------------------------------------------------------------------

std::shared_ptr<Network::Wire> Network::open_wire(Node& client, const std::string& peer,
                                                  std::string target) {
    auto wire = std::make_shared<Wire>();
    wire->client = {&client, client.life()};
    wire->server = {&at(peer), 0};
    wires_.push_back(wire);
    if (is_cut(wire->client, wire->server)) return wire;  // silence
    world_.after(latency(wire->client, wire->server),
                 [this, wire, asked = std::move(target)] { serve_wire(wire, asked); });
    return wire;
}

void Network::serve_wire(const std::shared_ptr<Wire>& wire, std::string target) {
    Node& server = *wire->server.node;
    wire->nobody = !server.alive();
    if (!server.open()) return hang_up(wire, latency(wire->server, wire->client));
    wire->server.life = server.life();
    wire->server.run([this, wire, asked = std::move(target)] {
        Node& on = *wire->server.node;
        asio::co_spawn(on.context(), serve_feed(*this, wire, asked), rethrow);
    });
}

void Network::hang_up(const std::shared_ptr<Wire>& wire, Nanoseconds after) {
    world_.after(after, [this, wire] {
        if (is_cut(wire->server, wire->client)) return;
        wire->client.run([wire] {
            wire->hung_up = true;
            wake(wire->reader);
        });
    });
}

void Network::refuse(const std::shared_ptr<Wire>& wire, int status) {
    wire->refused = status;
    hang_up(wire, latency(wire->server, wire->client));
}

void Network::close(const std::shared_ptr<Wire>& wire) {
    wire->hung_up = true;
    world_.after(options_.latency_max, [wire] { wire->unread = true; });
}

// What a disorderly connection loses ends it a little later: then its reader asks again.
void Network::send_line(const std::shared_ptr<Wire>& wire, std::string line) {
    if (wire->lost || is_cut(wire->server, wire->client)) {
        wire->lost = true;
        return;
    }
    if (options_.orderly) {
        const Nanoseconds at =
            std::max(world_.now() + latency(wire->server, wire->client), wire->arrived);
        wire->arrived = at;
        return deliver(wire, std::move(line), at - world_.now());
    }
    if (world_.random.percent(3)) return hang_up(wire, world_.random.between(1ms, 300ms));
    const auto later = [this, &wire] { return latency(wire->server, wire->client); };
    if (world_.random.percent(3)) deliver(wire, line, later());
    deliver(wire, std::move(line), later());
}

void Network::deliver(const std::shared_ptr<Wire>& wire, std::string line, Nanoseconds delay) {
    world_.after(delay, [this, wire, text = std::move(line)] {
        if (is_cut(wire->server, wire->client)) wire->lost = true;
        if (wire->lost) return;
        wire->client.run([wire, text] {
            auto arrival = peers::parse_line(text);
            if (arrival) {
                wire->inbox.push_back(std::move(*arrival));
            } else {
                wire->hung_up = true;
            }
            wake(wire->reader);
        });
    });
}

// ---- calls -------------------------------------------------------------------------------------

std::shared_ptr<Network::Call> Network::begin_call(Node& client, const std::string& peer,
                                                   PeerQuestion question) {
    auto call = std::make_shared<Call>();
    call->client = {&client, client.life()};
    call->server = {&at(peer), 0};
    if (is_cut(call->client, call->server)) return call;  // silence
    const auto carry = [this, call, question] { serve_call(call, question); };
    world_.after(latency(call->client, call->server), carry);
    // A kept connection that ends before the answer: the request is sent once more.
    if (world_.random.percent(2)) world_.after(latency(call->client, call->server), carry);
    return call;
}

void Network::serve_call(const std::shared_ptr<Call>& call, const PeerQuestion& question) {
    Node& server = *call->server.node;
    if (!server.open()) return fail(call, {Errc::unavailable, "connection refused"});
    call->server.life = server.life();
    call->server.run([this, call, question] {
        Node& on = *call->server.node;
        asio::co_spawn(on.context(), serve_question(*this, call, question), rethrow);
    });
}

void Network::fail(const std::shared_ptr<Call>& call, Error error) {
    world_.after(latency(call->server, call->client), [this, call, error] {
        if (is_cut(call->server, call->client)) return;
        call->client.run([call, error] {
            if (!call->answer) call->answer.emplace(error);
            wake(call->caller);
        });
    });
}

void Network::answer(const std::shared_ptr<Call>& call, peers::PeerCalls::Answer answer) {
    world_.after(latency(call->server, call->client), [this, call, answer] {
        if (is_cut(call->server, call->client)) return;
        call->client.run([this, call, answer] {
            if (call->answer) return;
            call->answer.emplace(answer);
            oracle_.arrived(call->client.node->index(), call->carried);
            wake(call->caller);
        });
    });
}

}  // namespace reef::simulation
