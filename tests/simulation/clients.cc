#include "clients.hpp"

#include <boost/asio/co_spawn.hpp>

#include "model/value_text.hpp"
#include "schema.hpp"
#include "serve.hpp"

namespace reef::simulation {

using namespace std::chrono_literals;
using namespace model;

namespace {

constexpr std::int64_t highest_number = (std::int64_t{1} << 53) - 1;  // that a client may give

bool is_huge(const Key& key) {
    const auto* number = std::get_if<std::int64_t>(&key);
    return number && *number > highest_number / 2;
}

}  // namespace

// What a client saw of a record, and where.
struct Clients::Read {
    std::optional<Row> row;
    RecordRef record;
    Writes seen;
};

// One request under way.
struct Clients::Try {
    std::size_t client = 0;
    std::size_t number = 0;  // of the request
    std::size_t count = 0;   // which try this is
    bool by_gateway = true;  // the same attempt as the one before
    bool known = false;      // the node knew the request when it was asked
    bool over = false;       // answered, or given up
    Node* node = nullptr;
    Intent intent;
};

Clients::~Clients() = default;

void Clients::start(std::size_t count) {
    for (std::size_t client = 0; client < count; ++client)
        think(client);
}

void Clients::think(std::size_t client) {
    if (stopped_) return;
    const Nanoseconds pause = parts_.world.random.percent(70)
                                  ? parts_.world.random.between(0ms, 10ms)
                                  : parts_.world.random.between(0ms, 100ms);
    parts_.world.after(pause, [this, client] { begin(client); });
}

Node* Clients::some_node() {
    std::vector<Node*> serving;
    for (Node* node : parts_.nodes) {
        if (node->serving()) serving.push_back(node);
    }
    return serving.empty() ? nullptr : serving[parts_.world.random.below(serving.size())];
}

RecordRef Clients::some_record() {
    Random& random = parts_.world.random;
    if (random.percent(40)) {
        const auto id = static_cast<std::int64_t>(1 + random.below(seeded_properties));
        return {properties, Key{id}};
    }
    if (random.percent(20)) {
        const auto& made = parts_.oracle.shipments_made();
        const bool anew = made.empty() || random.percent(50);
        Random& fate = parts_.world.fate;
        if (anew && parts_.huge_ids && fate.percent(20)) {
            return {shipments, Key{highest_number - static_cast<std::int64_t>(fate.below(3))}};
        }
        return {shipments, Key{anew ? new_number : made[random.below(made.size())]}};
    }
    const std::string kind = random.percent(60) ? "kept" : "removed";
    return {parcels, Key{kind + std::to_string(random.below(3))}};
}

void Clients::begin(std::size_t client) {
    if (stopped_) return;
    Node* node = some_node();
    if (!node) return think(client);
    read(client, *node, some_record());
}

namespace {

asio::awaitable<void> get(Node* node, RecordRef ref,
                          std::function<void(Result<std::optional<Row>>)> done) {
    auto row = co_await node->reader().get(std::move(ref));
    done(std::move(row));
}

asio::awaitable<void> submit(replication::WriteRouter* writes, Intent intent,
                             std::function<void(Result<Outcome>)> done) {
    auto outcome = co_await writes->submit(std::move(intent));
    done(std::move(outcome));
}

}  // namespace

// The read is answered at once; the client thinks about it.
void Clients::read(std::size_t client, Node& node, RecordRef record) {
    const auto seen = std::make_shared<Read>();
    seen->record = record;
    seen->seen = parts_.oracle.held(node.index(), record);
    node.run(node.life(), [&node, record, seen] {
        const auto done = [seen](Result<std::optional<Row>> row) { seen->row = std::move(*row); };
        asio::co_spawn(node.context(), get(&node, record, done), rethrow);
    });
    const Nanoseconds pause = parts_.world.random.between(0ms, 5ms);
    parts_.world.after(pause, [this, client, &node, seen] { choose(client, node, *seen); });
}

// Unique values: what is found in the end names the request that wrote it.
void Clients::fill(Intent& intent, Asked& asked, const Row* row) {
    Random& random = parts_.world.random;
    const Resource& resource = parts_.schema[intent.resource];
    const std::string unique = 'w' + std::to_string(asked.number);
    const auto set = [&](std::string_view name, Value value) {
        intent.fields.emplace_back(*resource.find_field(name), std::move(value));
    };
    const bool create = intent.kind == WriteKind::create;
    if (intent.resource == properties) {
        set("price", Value{static_cast<std::int64_t>(100'000 + asked.number)});
        if (random.percent(30)) set("bedrooms", Value{static_cast<std::int64_t>(asked.number)});
    } else if (intent.resource == parcels) {
        if (create || random.percent(60)) set("label", Value{unique});
        if (random.percent(40)) set("note", Value{unique + "-note"});
        const auto amount = static_cast<std::int64_t>(1 + random.below(9));
        if (create || random.percent(50)) {
            set("items", Value{(row && row->alive() ? counter_sum(*row, 3) : 0) + amount});
        }
        if (random.percent(20)) set("heaviest", Value{static_cast<std::int64_t>(asked.number)});
        if (random.percent(20)) set("stage", Value{static_cast<std::int64_t>(random.below(4))});
        if (intent.fields.empty()) set("label", Value{unique});
    } else {
        set("destination", Value{unique});
        // Many want one at the same time, or one that another may have freed.
        const bool wanted = random.percent(60);
        const auto period = static_cast<std::uint64_t>(parts_.world.now() / 150ms);
        const std::uint64_t which = random.percent(30) ? random.below(3) : 100 + period;
        if (wanted) set("tracking_number", Value{"wanted" + std::to_string(which)});
        if (!create) return;
        if (!wanted) set("tracking_number", Value{"t" + std::to_string(asked.number)});
        set("origin", Value{unique});
        set("warehouse_id", Value{seeded_warehouse});
        set("weight", Value{1.5});
    }
}

void Clients::choose(std::size_t client, Node& node, const Read& read) {
    if (stopped_) return;
    Random& random = parts_.world.random;
    const Row* row = read.row ? &*read.row : nullptr;
    const bool alive = row && row->alive();
    Asked& asked = parts_.oracle.ask();
    const auto attempt = std::make_shared<Try>();
    attempt->client = client;
    attempt->number = asked.number;
    attempt->node = &node;
    Intent& intent = attempt->intent;
    intent.resource = read.record.resource;
    asked.record = read.record;
    const bool shipment = read.record.resource == shipments;
    asked.new_key = shipment && read.record.key == Key{new_number};
    const bool removable = read.record.resource == parcels &&
                           std::get<std::string>(read.record.key).starts_with("removed");
    const bool made_once = shipment && !asked.new_key && !is_huge(read.record.key);
    intent.kind = alive || made_once ? WriteKind::update : WriteKind::create;
    if (alive && removable && random.percent(25)) intent.kind = WriteKind::remove;
    if (!asked.new_key) intent.key = read.record.key;
    if (intent.kind != WriteKind::remove) fill(intent, asked, row);
    const bool locked = parts_.schema[intent.resource].lock_required || random.percent(60);
    if (alive && locked && random.percent(75)) {
        intent.precondition.version = asked.version = version_of(*row);
        asked.seen = read.seen;
    } else if (alive && locked) {
        intent.precondition.if_match = {row->vector};
        asked.seen = read.seen;
    }
    if (parts_.plant == Plant::ignore_version && intent.precondition.names_version()) {
        intent.precondition = {};
        intent.precondition.if_match_any = true;
    }
    const std::string id = 'r' + std::to_string(asked.number);
    const std::array kinds{RequestKind::id, RequestKind::key, RequestKind::attempt};
    intent.request.ids = {{kinds[random.below(3)], id}};
    intent.request.attempt = intent.request.ids[0].kind == RequestKind::attempt ? id : 'a' + id;
    intent.request.body = hash_of(id);
    const std::int64_t step =
        std::chrono::duration_cast<std::chrono::microseconds>(parts_.clock_step).count();
    intent.received = Time{true_time(parts_.world).us / step * step};
    asked.kind = intent.kind;
    asked.fields = intent.fields;
    Clients::attempt(attempt);
}

void Clients::attempt(const std::shared_ptr<Try>& attempt) {
    Node& node = *attempt->node;
    if (!node.alive()) return again(attempt);
    attempt->over = false;
    attempt->known = parts_.oracle.knows(node.index(), attempt->number);
    const std::size_t count = attempt->count;
    parts_.world.trace("try " + std::to_string(count) + " of r" + std::to_string(attempt->number) +
                       " at " + node.name());
    node.run(node.life(), [this, attempt, count, &node] {
        const auto done = [this, attempt, count](Result<Outcome> outcome) {
            parts_.world.after(100us, [this, attempt, count, outcome] {
                if (attempt->count == count && !attempt->over) finished(attempt, outcome);
            });
        };
        asio::co_spawn(node.context(), submit(&node.writes(), attempt->intent, done), rethrow);
    });
    const Nanoseconds patience = parts_.world.random.between(50ms, 1200ms);
    parts_.world.after(patience, [this, attempt, count] {
        if (attempt->count == count && !attempt->over) again(attempt);
    });
}

void Clients::finished(const std::shared_ptr<Try>& attempt, const Result<Outcome>& outcome) {
    parts_.world.trace("answer to r" + std::to_string(attempt->number) + ' ' +
                       (outcome ? std::to_string(outcome->index()) : outcome.error().what));
    if (!outcome && outcome.error().code == Errc::rejected) {
        throw std::logic_error("a simulated client asks for nonsense: " + outcome.error().what);
    }
    const bool lost = parts_.world.random.percent(2);  // on the way to the client
    if (!outcome || lost) return again(attempt);
    attempt->over = true;
    parts_.oracle.answered(parts_.oracle.asked(attempt->number), *outcome, attempt->known,
                           attempt->by_gateway);
    think(attempt->client);
}

// As a gateway does: once, elsewhere if there is another; then as a client does, or not at all.
void Clients::again(const std::shared_ptr<Try>& attempt) {
    Random& random = parts_.world.random;
    attempt->over = true;
    Node* node = some_node();
    Asked& asked = parts_.oracle.asked(attempt->number);
    const bool gives_up = attempt->count >= 3 || random.percent(20) || !node;
    if (gives_up || stopped_) return think(attempt->client);
    ++attempt->count;
    asked.moved = asked.moved || node != attempt->node;
    attempt->node = node;
    if (attempt->intent.request.ids[0].kind != RequestKind::attempt && random.percent(40)) {
        attempt->by_gateway = false;
        attempt->intent.request.attempt =
            "b" + std::to_string(attempt->count) + '-' + attempt->intent.request.ids[0].text;
    }
    Clients::attempt(attempt);
}

}  // namespace reef::simulation
