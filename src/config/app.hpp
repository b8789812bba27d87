// One application, as its TOML file declares it. The reader checks the whole file, fills in every
// `${…}` from the environment, and hands over the plain structures that the other folders take.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/operations.hpp"
#include "base/result.hpp"
#include "model/change.hpp"
#include "model/schema.hpp"
#include "model/sizes.hpp"

namespace reef::config {

struct Endpoint {  // "127.0.0.1:8101"; an IPv6 address in brackets
    std::string host;
    std::uint16_t port = 0;
    bool loopback() const;
};
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string to_text(const Endpoint& endpoint);

enum class StoreKind : std::uint8_t { sqlite, postgresql };

struct Node {
    std::string name;
    Endpoint listen;
    std::string url;                   // where peers find the node; made of `listen` when not given
    std::vector<Endpoint> instances;   // where its processes 2, 3, … listen, on one PostgreSQL
    std::string database_url;          // PostgreSQL; "" = SQLite
    std::vector<std::string> send_to;  // names of other nodes; all of them unless said otherwise
    bool foreign = false;              // another program, not an Atoll node
};

struct Replica {  // of a node's database, for reads
    std::string name;
    std::string of;            // the node
    std::string database_url;  // PostgreSQL; "" = SQLite
};

enum class Spread : std::uint8_t { round_robin, random, primary };

struct Reads {  // where a node with replicas reads
    Spread spread = Spread::round_robin;
    double lag_max_seconds = 5;          // a replica that is further behind gets no reads
    std::uint32_t write_waits_ms = 100;  // so long a write's answer waits for the replicas
};

struct Gateway {
    Endpoint listen;
    bool spread = false;  // round robin over the living, instead of by region
};

struct Kafka {
    std::string brokers, topic, key, body;
    std::string foreign;  // "record" or ""
    int partitions = 1;   // of a topic that is made
    std::map<std::string, std::string> options;
};

struct RabbitmqAddress {
    std::string host;  // "": there is none
    std::uint16_t port = 5672;
    std::string user = "guest", password = "guest", virtual_host = "/";
    bool tls = false;
    int heartbeat_seconds = 20;
};

struct ChangeQueue {                     // of an app with one node, shared with other programs
    std::string name;                    // may hold <resource>, <one>
    std::vector<model::WriteKind> when;  // which changes it gets
    std::string body;                    // JSON or one <part>; "": the change in Atoll's own form
};

struct Rabbitmq {
    RabbitmqAddress address;
    std::string ca_file, certificate_file, key_file;
    std::string exchange, queue, routing_key, body;
    std::string dead;     // "": each queue's own, NAME.dead
    std::string foreign;  // "call" or ""
    std::map<std::string, std::string> headers;
    std::vector<ChangeQueue> queues;  // instead of exchange, queue, routing_key and body
};

enum class TransportKind : std::uint8_t { direct, kafka, rabbitmq };

struct Transport {
    TransportKind use = TransportKind::direct;  // "auto" resolved
    Kafka kafka;
    Rabbitmq rabbitmq;
};

struct Stack {  // [stack.full]: what `up --stack full` starts
    std::string store, transport;
    // The first ports that are tried.
    std::uint16_t postgresql_port = 5432, kafka_port = 9092, rabbitmq_port = 5672;
    std::uint16_t rabbitmq_management_port = 15672;
};

// Of what nodes send each other in bulk. `automatic`: but for what stays on one machine.
enum class Compress : std::uint8_t { automatic, always, never };

struct Links {                              // [links], between nodes. Bounds of what is measured
    std::uint32_t round_trip_ms_max = 400;  // to the farthest node
    std::uint32_t silence_ms_min = 500;   // a node is thought to be away at the earliest after …
    std::uint32_t silence_ms_max = 3000;  // … and at the latest
    Compress compress = Compress::automatic;
};

struct Limits {  // [limits]; each has a default
    std::uint64_t body_bytes_max = 1 << 20;
    // Of a record's JSON with its stamps; a longer body_bytes_max raises what is not given.
    std::uint64_t record_bytes_max = model::record_bytes_default;
    std::uint32_t connections_max = 10'000;
    std::uint32_t queue_writes_max = 10'000;  // waiting for the committer: beyond it 503
    std::uint32_t batch_rows_max = 512;
    std::uint64_t request_id_seconds = 24 * 3600;
    std::uint64_t request_ids_max = 10'000'000;
    std::uint64_t log_seconds = 7 * 24 * 3600;
    std::uint64_t log_bytes_max = std::uint64_t{4} << 30;
    // Both 0: no events are kept. Where the file has only one of them the other has its default.
    std::uint64_t events_seconds = 0;
    std::uint64_t events_bytes_max = 0;
    bool keeps_events() const { return events_seconds > 0; }
};

struct App {
    std::string file;  // as it was given
    std::string name;
    std::string folder;  // of the file: seed files are beside it
    std::string seed;    // path, or ""
    api::Api api;
    model::Schema schema;
    std::vector<Node> nodes;
    std::vector<Replica> replicas;
    Reads reads;
    std::string store_file = "<node>.db";   // in the data folder
    std::vector<std::string> peer_secrets;  // shown and signed with: the first; accepted: any
    Links links;
    std::optional<Gateway> gateway;
    Transport transport;
    std::map<std::string, Stack> stacks;
    Limits limits;
    std::string default_node;  // as whom the file was read; "" = as nobody in particular

    const Node* find(std::string_view node) const;
    std::vector<std::string> foreign_nodes() const;
    std::vector<std::string> members() const;  // the others
    std::vector<Replica> replicas_of(std::string_view node) const;
    std::string peer_secret() const;  // "": none
    // In the data folder: "logistic_A.db". A replica's '-' becomes '_'.
    std::string store_file_of(std::string_view node_or_replica) const;
};

struct Mistake {  // "app.toml:12:5: unknown field "pirce" (did you mean …?)"
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string what;
};
std::string to_text(const std::string& file, const Mistake& mistake);

struct LoadResult {
    std::optional<App> app;         // absent when there is any mistake
    std::vector<Mistake> mistakes;  // all of them, in the order of the file
};

// How `${…}` finds a variable. For a node, NAME_US goes before NAME.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// The node for which the file is read. The reader applies [serve] to every node, with the variables
// that have the node's suffix (PORT_EU). The plain variables that [serve] names (PORT) count only
// for `node`; "" stands for the node that [serve] names, or for the app's only node. Commands about
// the whole app read the file for no node, unless the app has only one.
struct LoadOptions {
    std::string node = {};
    bool whole_app = false;
    // `up` sets it with whole_app: a plain variable that [serve] reads is then a mistake if it is
    // set and could mean any node.
    bool up = false;
    // --listen. It takes precedence over the environment.
    std::optional<Endpoint> listen = std::nullopt;
};
LoadResult load_app(const std::string& file, const Environment& environment, LoadOptions options);

// Reads the usual dialect of env files: comments, quotes, JSON lists. Absent: no such file.
std::optional<std::map<std::string, std::string>> read_env_file(const std::string& file);

}  // namespace reef::config
