// The three shipped apps, as whom they are read, and what the environment says.
#include "config/app.hpp"
#include "config/rabbitmq.hpp"

#include <algorithm>

#include "config_fixture.hpp"
#include "model/value_text.hpp"

namespace reef::config {
namespace {

App loaded(const std::string& name, Variables variables = {}, LoadOptions options = {}) {
    LoadResult loaded = load_app(shipped(name), environment(std::move(variables)), options);
    EXPECT_EQ(text_of(loaded.mistakes), "");
    return loaded.app.value_or(App{});
}

// Without their places: comments come and go in the shipped files.
std::string mistakes_in(const std::string& name, Variables variables, LoadOptions options = {}) {
    std::string text;
    const LoadResult loaded = load_app(shipped(name), environment(std::move(variables)), options);
    for (const Mistake& mistake : loaded.mistakes)
        text += mistake.what + '\n';
    return text;
}

LoadOptions as(const std::string& node) {
    return {.node = node};
}
const LoadOptions whole{.whole_app = true};
const LoadOptions up{.up = true};

std::string fields_of(const model::Resource& resource) {
    std::string names;
    for (const model::Field& field : resource.fields)
        names += (names.empty() ? "" : " ") + field.name;
    return names;
}

TEST(ShippedApps, LoadInEveryRole) {
    for (const char* name : {"property-listing.toml", "logistics.toml", "products.toml"}) {
        const App app = loaded(name, {}, whole);
        loaded(name, {}, up);
        loaded(name);
        for (const Node& node : app.nodes)
            EXPECT_EQ(loaded(name, {}, as(node.name)).default_node, node.name);
    }
}

TEST_F(ConfigTest, NodeHasSeveralProcesses) {
    const LoadResult notes = load(R"([app]
name = "notes"
[[node]]
name = "one"
listen = "127.0.0.1:8001"
instances = ["127.0.0.1:8011", "[::1]:8021"]
[[resource]]
name = "notes"
[resource.fields]
id = { type = "int64", key = "slots" }
)");
    ASSERT_TRUE(notes.app) << text_of(notes.mistakes);
    const auto& instances = notes.app->nodes[0].instances;
    ASSERT_EQ(instances.size(), 2U);
    EXPECT_EQ(to_text(instances[1]), "[::1]:8021");
}

TEST(ShippedApps, PropertyListingSaysWhatItsContractSays) {
    const App app = loaded("property-listing.toml");
    EXPECT_EQ(app.name, "property-listing");
    EXPECT_EQ(app.api.path, "/{region}");
    EXPECT_EQ(app.api.nodes, (std::vector<std::string>{"us", "eu"}));
    EXPECT_EQ(app.seed, shipped("property-listing.csv"));
    EXPECT_EQ(to_text(app.nodes[0].listen), "127.0.0.1:8101");
    EXPECT_EQ(app.nodes[1].url, "http://127.0.0.1:8102");
    EXPECT_EQ(app.nodes[1].send_to, std::vector<std::string>{"us"});
    EXPECT_EQ(app.nodes[0].database_url, "");
    EXPECT_EQ(app.default_node, "");
    EXPECT_EQ(to_text(app.gateway->listen), "127.0.0.1:8080");
    EXPECT_FALSE(app.gateway->spread);
    EXPECT_EQ(app.transport.use, TransportKind::direct);
    EXPECT_EQ(app.transport.kafka.topic, "property-updates");
    EXPECT_EQ(app.stacks.at("full").transport, "kafka");

    const model::Resource& properties = *app.schema.find("properties");
    EXPECT_EQ(fields_of(properties),
              "id price bedrooms bathrooms region_origin version updated_at");
    EXPECT_EQ(properties.one, "property");
    EXPECT_EQ(properties.table, "properties");
    EXPECT_EQ(properties.write, model::WritePolicy::home);
    EXPECT_EQ(properties.home, properties.find_field("region_origin"));
    EXPECT_EQ(properties.version, properties.find_field("version"));
    EXPECT_TRUE(properties.lock_required);
    EXPECT_FALSE(properties.request_id_required);
    EXPECT_EQ(properties.update_needs, std::vector{*properties.find_field("price")});
    EXPECT_EQ(properties.sort, (std::vector<model::FieldId>{0, 1, 6}));
    ASSERT_EQ(properties.filters.size(), 5U);
    EXPECT_EQ(properties.filters[0].parameter, "min_price");
    EXPECT_EQ(properties.filters[0].compare, model::Compare::greater_equal);
    const model::Field& id = properties.key_field();
    EXPECT_EQ(id.key, model::KeyKind::slots);
    EXPECT_EQ(id.first_key, 3001);
    EXPECT_TRUE(id.key_from_client);
    const model::Field& price = properties.fields[1];
    EXPECT_EQ(price.precision, 12);
    EXPECT_EQ(price.scale, 2);
    EXPECT_EQ(price.min, model::Value{std::int64_t{0}});
    EXPECT_EQ(price.example, "520000.00");
    EXPECT_FALSE(price.nullable);
    const model::Field& bedrooms = properties.fields[2];
    EXPECT_TRUE(bedrooms.nullable);
    EXPECT_EQ(bedrooms.max, model::Value{std::int64_t{1000}});
    EXPECT_EQ(properties.fields[4].set, model::SetBy::node);
    EXPECT_TRUE(properties.fields[6].index);
}

TEST(ShippedApps, LogisticsSaysWhatItsContractSays) {
    const App app = loaded("logistics.toml");
    EXPECT_EQ(app.store_file_of("A"), "logistic_A.db");
    EXPECT_EQ(app.api.answers.problems.invalid, 422);
    EXPECT_EQ(app.api.answers.list, api::ListShape::array);
    EXPECT_EQ(app.api.answers.deleted, api::DeletedShape::record);
    ASSERT_EQ(app.api.headers.size(), 1U);
    EXPECT_EQ(app.api.headers[0].name, "operation-name");
    EXPECT_TRUE(app.api.headers[0].required && app.api.headers[0].keep);
    EXPECT_TRUE(app.gateway->spread);
    EXPECT_EQ(app.transport.use, TransportKind::direct);
    const model::Resource& shipments = *app.schema.find("shipments");
    EXPECT_EQ(fields_of(shipments),
              "id tracking_number origin destination weight status warehouse_id created_at "
              "updated_at");
    EXPECT_EQ(shipments.page.by, model::PageBy::skip);
    ASSERT_EQ(shipments.look_ups.size(), 1U);
    EXPECT_EQ(shipments.look_ups[0].prefix, "tracking");
    EXPECT_EQ(shipments.look_ups[0].field, 1);
    const model::Field& status = shipments.fields[5];
    EXPECT_EQ(status.type, model::FieldType::lattice);
    EXPECT_EQ(status.merge, model::Merge::lattice);
    EXPECT_EQ(status.default_value, model::Value{std::int64_t{0}});
    EXPECT_EQ(status.order.back(), "cancelled");
    ASSERT_EQ(status.aliases.size(), 1U);
    EXPECT_EQ(status.aliases[0].word, "pending");
    EXPECT_EQ(status.order[static_cast<std::size_t>(status.aliases[0].step)], "created");
    EXPECT_TRUE(shipments.page.limits_above_max);
    EXPECT_EQ(app.api.answers.set_by_server, api::SetByServer::same);
    EXPECT_EQ(shipments.fields[6].refers_to, "warehouses");
}

TEST(ShippedApps, ProductsSaysWhatItsContractSays) {
    const App app = loaded("products.toml");
    EXPECT_EQ(app.default_node, "primary");
    EXPECT_EQ(app.api.answers.time_digits, 3);
    EXPECT_EQ(app.api.answers.set_by_server, api::SetByServer::ignore);
    EXPECT_EQ(app.transport.use, TransportKind::direct);
    const model::Resource& products = *app.schema.find("products");
    EXPECT_EQ(products.table, "Product");
    EXPECT_EQ(products.create, model::CreateMode::or_update);
    EXPECT_EQ(products.page.rows_max, 10'000U);
    EXPECT_EQ(products.messages.not_found, "Product not found");
    EXPECT_EQ(products.fields[3].merge, model::Merge::counter);
    EXPECT_EQ(products.key_field().key, model::KeyKind::uuid7);
}

// ---- the environment -------------------------------------------------------------------------

TEST(Environments, ANamesSuffixGoesBeforeThePlainNameAndThatBeforeTheFile) {
    const Variables both{{"PORT", "9000"}, {"PORT_EU", "9001"}};
    EXPECT_EQ(to_text(loaded("property-listing.toml", both, as("eu")).nodes[1].listen),
              "127.0.0.1:9001");
    const App us = loaded("property-listing.toml", both, as("us"));
    EXPECT_EQ(to_text(us.nodes[0].listen), "127.0.0.1:9000");
    EXPECT_EQ(us.nodes[1].url, "http://127.0.0.1:9001");  // where the other one is
    const App neither = loaded("property-listing.toml", {}, as("us"));
    EXPECT_EQ(to_text(neither.nodes[0].listen), "127.0.0.1:8101");
}

TEST(Environments, APlainNameMeansThisProcessOnly) {
    const App us = loaded("property-listing.toml",
                          {{"PORT", "9000"}, {"DATABASE_URL", "postgresql://db/us"}}, as("us"));
    EXPECT_EQ(us.nodes[0].database_url, "postgresql://db/us");
    EXPECT_EQ(us.nodes[1].database_url, "");
    EXPECT_EQ(us.nodes[1].listen.port, 8102);
    const App all = loaded("property-listing.toml", {{"PORT", "9000"}, {"PORT_EU", "9001"}}, whole);
    EXPECT_EQ(all.nodes[0].listen.port, 8101);
    EXPECT_EQ(all.nodes[1].listen.port, 9001);
    EXPECT_EQ(all.default_node, "");
}

TEST(Environments, AnEmptyVariableIsNone) {
    const App us = loaded("property-listing.toml", {{"PORT", ""}, {"PORT_US", ""}}, as("us"));
    EXPECT_EQ(us.nodes[0].listen.port, 8101);
}

TEST(Environments, ServeSaysAsWhomTheFileIsRead) {
    EXPECT_EQ(loaded("property-listing.toml", {{"REGION", "eu"}}).default_node, "eu");
    EXPECT_EQ(loaded("property-listing.toml", {{"REGION", "eu"}}, as("us")).default_node, "us");
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"REGION", "ue"}}),
              "unknown region \"ue\" (did you mean \"eu\"?) (from REGION)\n");
    EXPECT_EQ(mistakes_in("property-listing.toml", {}, as("asia")), "unknown region \"asia\"\n");
}

TEST(Environments, HalvesOfListenKeepWhatTheNodeSays) {
    const auto listen = [](Variables variables) {
        variables["PEER_SECRET"] = "s";
        return to_text(loaded("property-listing.toml", variables, as("us")).nodes[0].listen);
    };
    EXPECT_EQ(listen({{"HOST", "0.0.0.0"}}), "0.0.0.0:8101");
    EXPECT_EQ(listen({{"HOST", "::1"}, {"PORT", "8000"}}), "[::1]:8000");
    EXPECT_EQ(listen({{"HOST", "[::1]"}}), "[::1]:8101");
    EXPECT_EQ(listen({{"PORT", "0"}}), "127.0.0.1:0");
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"PORT", "http"}}, as("us")),
              "the port must be a number up to 65535, not \"http\" (from PORT)\n");
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"PORT_US", "65536"}}, as("us")),
              "the port must be a number up to 65535, not \"65536\" (from PORT_US)\n");
}

TEST(Environments, PartsOfADatabaseBecomeOneUrl) {
    const auto url = [](const Variables& variables) {
        return loaded("property-listing.toml", variables, as("us")).nodes[0].database_url;
    };
    EXPECT_EQ(url({{"DB_HOST", "db-us"},
                   {"DB_USER", "ann"},
                   {"DB_PASSWORD", "p@ss:w/rd?"},
                   {"DB_NAME", "list ings"}}),
              "postgresql://ann:p%40ss%3Aw%2Frd%3F@db-us:5432/list%20ings");
    EXPECT_EQ(url({{"DB_HOST", "::1"}, {"POSTGRES_USER", "u"}, {"POSTGRES_DB", "d"}}),
              "postgresql://u@[::1]:5432/d");
    EXPECT_EQ(url({{"DB_HOST", "/var/run"}, {"DB_PORT", "5433"}}),
              "postgresql://%2Fvar%2Frun:5433/");
    EXPECT_EQ(url({{"DB_HOST", "db"}, {"DATABASE_URL", "postgres://x/y"}}), "postgres://x/y");
    EXPECT_EQ(url({{"POSTGRES_USER", "u"}, {"POSTGRES_DB", "d"}}), "");
    const std::string wrong =
        mistakes_in("property-listing.toml", {{"DATABASE_URL", "mysql://me:hunter2@db"}}, as("us"));
    EXPECT_TRUE(wrong.starts_with("\"store\" must be the URL of a PostgreSQL database"));
    EXPECT_TRUE(wrong.ends_with("(from DATABASE_URL)\n"));
    EXPECT_EQ(wrong.find("hunter2"), std::string::npos);
}

TEST(Environments, WhatIsWrongWithADatabasesUrlIsSaidWithoutItsPassword) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"postgresql://u:hunter2@db:99999/x", "the port must be a number"},
        {"postgresql://u:hunter2@db:0/x", "the port must be a number"},
        {"postgresql://u:hunter2@[::1/x", "an IPv6 address must end"},
        {"postgresql://u:hunter2@[::1]5432/x", "']' must be followed"},
        {"postgresql://u:hunter2%zz@db/x", "'%' must be followed"},
        {"postgresql://u:hun@ter2@db/x", "'@' in a user or password"},
        {"postgresql://u:hunter2?@db/x", "after '?' must come name=value"},
        {"postgresql://db/x?sslmod=require", "(did you mean \"sslmode\"?)"},
    };
    for (const auto& [url, said] : cases) {
        const auto wrong = mistakes_in("property-listing.toml", {{"DATABASE_URL", url}}, as("us"));
        EXPECT_NE(wrong.find(said), std::string::npos) << url << ": " << wrong;
        EXPECT_EQ(wrong.find("hunter2"), std::string::npos);
        EXPECT_EQ(wrong.find("ter2"), std::string::npos);
    }
    for (const char* good : {"postgres://", "postgresql://db", "postgresql://u@[::1]:5432/d",
                             "postgresql://%2Fvar%2Frun:5433/x", "postgresql://a:1,b:2/x",
                             "postgresql://u:p@db/x?sslmode=require&connect_timeout=3"}) {
        EXPECT_EQ(loaded("property-listing.toml", {{"DATABASE_URL", good}}, as("us"))
                      .nodes[0]
                      .database_url,
                  good);
    }
}

TEST(Environments, ServersToSendToComeInThreeSpellings) {
    const std::string unbuilt = "this version of Atoll has no replication to some nodes only yet: ";
    for (const char* spelling :
         {R"(["B", "D", "C"])", "[B,C,D]", "B,C,D", " D , B,C ", "[A,B,C,D]", ""}) {
        const App a = loaded("logistics.toml", {{"ALLOWED_SERVERS", spelling}}, as("A"));
        auto send_to = a.nodes[0].send_to;
        std::sort(send_to.begin(), send_to.end());
        EXPECT_EQ(send_to, (std::vector<std::string>{"B", "C", "D"})) << spelling;
        EXPECT_EQ(a.nodes[1].send_to, (std::vector<std::string>{"A", "C", "D"}));
    }
    EXPECT_EQ(mistakes_in("logistics.toml", {{"ALLOWED_SERVERS", R"(["B","D"])"}}, as("A")),
              unbuilt + "unset ALLOWED_SERVERS, or name C too\n");
    EXPECT_EQ(mistakes_in("logistics.toml", {{"ALLOWED_SERVERS", "[]"}, {"SERVER_ID", "B"}}),
              unbuilt + "unset ALLOWED_SERVERS, or name A, C, D too\n");
    EXPECT_EQ(mistakes_in("logistics.toml", {{"ALLOWED_SERVERS_D", "A"}}, up),
              unbuilt + "unset ALLOWED_SERVERS_D, or name B, C too\n");
    EXPECT_EQ(mistakes_in("logistics.toml", {{"ALLOWED_SERVERS", "B,Z"}, {"SERVER_ID", "A"}}),
              "unknown server \"Z\" (from ALLOWED_SERVERS)\n");
}

TEST(Environments, TheTransportFollowsTheBrokerThatIsThere) {
    const auto use = [](const Variables& variables) {
        return loaded("property-listing.toml", variables).transport.use;
    };
    EXPECT_EQ(use({{"KAFKA_BROKER", "kafka:29092"}}), TransportKind::kafka);
    EXPECT_EQ(use({{"KAFKA_BROKER", "a:1,b"}, {"TRANSPORT", "direct"}}), TransportKind::direct);
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"TRANSPORT", "kafka"}}),
              "there is no Kafka broker: [transport.kafka] brokers (from TRANSPORT)\n");
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"TRANSPORT", "kafak"}}),
              "\"use\" must be \"auto\", \"direct\", \"kafka\" or \"rabbitmq\", not "
              "\"kafak\" (did you mean \"kafka\"?) (from TRANSPORT)\n");
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"KAFKA_BROKER", "kafka:x"}}),
              "\"brokers\" must be HOST:PORT, or several with commas, not \"kafka:x\" (from "
              "KAFKA_BROKER)\n");
}

TEST(Environments, ARabbitmqIsChosenByItsUrlOrHost) {
    EXPECT_EQ(loaded("logistics.toml").transport.use, TransportKind::direct);
    const Transport by_url =
        loaded("logistics.toml", {{"RABBITMQ_URL", "amqps://u:p%2Fq@mq/%2Fv?heartbeat=30"}})
            .transport;
    EXPECT_EQ(by_url.use, TransportKind::rabbitmq);
    const RabbitmqAddress& address = by_url.rabbitmq.address;
    EXPECT_EQ(address.host, "mq");
    EXPECT_EQ(address.port, 5671);
    EXPECT_EQ(address.user, "u");
    EXPECT_EQ(address.password, "p/q");
    EXPECT_EQ(address.virtual_host, "/v");
    EXPECT_TRUE(address.tls);
    EXPECT_EQ(address.heartbeat_seconds, 30);
    const Transport by_host = loaded("logistics.toml", {{"RABBITMQ_HOST", "mq"},
                                                        {"RABBITMQ_PORT", "5673"},
                                                        {"RABBITMQ_USERNAME", "u"},
                                                        {"RABBITMQ_PASSWORD", "p"},
                                                        {"RABBITMQ_VIRTUAL_HOST", "v"}})
                                  .transport;
    EXPECT_EQ(by_host.use, TransportKind::rabbitmq);
    EXPECT_EQ(by_host.rabbitmq.address.port, 5673);
    EXPECT_EQ(by_host.rabbitmq.address.virtual_host, "v");
    EXPECT_EQ(by_host.rabbitmq.queue, "server_<node>_events");
    EXPECT_EQ(loaded("logistics.toml", {{"RABBITMQ_URL", "amqp://mq"}, {"TRANSPORT", "direct"}})
                  .transport.use,
              TransportKind::direct);
}

TEST(Environments, WhatIsNoUrlOfARabbitmq) {
    const auto address = [](const std::string& url) { return parse_amqp_url(url); };
    EXPECT_EQ(address("amqp://mq")->virtual_host, "/");
    EXPECT_EQ(address("amqp://mq/")->virtual_host, "/");
    EXPECT_EQ(address("amqp://mq/v")->virtual_host, "v");
    EXPECT_EQ(address("amqp://u@[::1]:5673")->host, "::1");
    EXPECT_EQ(address("amqp://u@mq")->user, "u");
    EXPECT_EQ(address("amqp://u@mq")->password, "guest");
    for (const char* wrong :
         {"mq:5672", "http://mq", "amqp://", "amqp://u:p@", "amqp://mq:x", "amqp://mq/a/b",
          "amqp://mq:0", "amqp://%zz@mq", "amqp://mq?heartbeat=x", "amqp://mq?frame_max=1"})
        EXPECT_FALSE(address(wrong)) << wrong;
}

TEST(Environments, WhatContradictsARabbitmq) {
    EXPECT_EQ(mistakes_in("logistics.toml", {{"TRANSPORT", "rabbitmq"}}),
              "there is no RabbitMQ: [transport.rabbitmq] url (from TRANSPORT)\n");
    EXPECT_EQ(mistakes_in("logistics.toml", {{"RABBITMQ_URL", "http://secret@mq"}}),
              "\"url\" must be amqp://user:password@host:5672/vhost (from RABBITMQ_URL)\n");
    // What is lost in a queue has to come from a peer.
    EXPECT_EQ(mistakes_in("logistics.toml",
                          {{"RABBITMQ_URL", "amqp://mq"}, {"SERVER_HOST", "0.0.0.0"}}, as("A")),
              "\"A\" listens on 0.0.0.0:8000, beyond this machine, and has no peer secret ([peers] "
              "secret): what is lost in a queue of RabbitMQ has to come from a peer\n");
    EXPECT_EQ(mistakes_in("products.toml", {{"RABBITMQ_URL", "amqp://mq"}, {"HOST", "0.0.0.0"}}),
              "");
}

TEST(Environments, UpRefusesNamesThatCouldMeanAnyNode) {
    EXPECT_EQ(mistakes_in("property-listing.toml",
                          {{"PORT", "80"}, {"REGION", "us"}, {"POSTGRES_DB", "x"}}, up),
              "REGION is set, but this app has 2 regions; it says which one a process is, and `up` "
              "starts them all: unset it\n"
              "PORT is set, but this app has 2 regions; it can mean only one of them: unset it, or "
              "set PORT_US, PORT_EU\n");
    EXPECT_EQ(mistakes_in("logistics.toml", {{"ALLOWED_SERVERS", "A,B,C,D"}, {"HOST", "x"}}, up),
              "ALLOWED_SERVERS is set, but this app has 4 servers; it can mean only one of them: "
              "unset it, or set ALLOWED_SERVERS_A, ALLOWED_SERVERS_B\n");
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"DB_HOST", "db"}, {"DB_PORT", "1"}}, up),
              "DB_HOST is set, but this app has 2 regions; it can mean only one of them: unset it, "
              "or set DB_HOST_US, DB_HOST_EU\n");
    EXPECT_EQ(loaded("products.toml", {{"PORT", "80"}}, up).nodes[0].listen.port, 80);
}

TEST(Environments, BeyondThisMachineASecretOrABrokerIsNeeded) {
    EXPECT_EQ(mistakes_in("property-listing.toml", {{"HOST", "0.0.0.0"}}, as("us")),
              "\"us\" listens on 0.0.0.0:8101, beyond this machine, and has neither a peer "
              "secret ([peers] secret) nor a broker\n");
    loaded("property-listing.toml", {{"HOST", "0.0.0.0"}, {"KAFKA_BROKER", "kafka:29092"}},
           as("us"));
    loaded("products.toml", {{"HOST", "0.0.0.0"}});
}

// The words are the app's: [serve] says which variables speak of one process.
TEST_F(ConfigTest, VariablesOfServeMeanTheProcessWhateverTheyAreCalled) {
    const std::string text = R"([app]
name = "shop"
nodes_are = "branch"
[[node]]
name = "a"
listen = "127.0.0.1:8001"
[[node]]
name = "b"
listen = "127.0.0.1:${DOOR:-8002}"
[serve]
node = "${WHO:-}"
listen = ":${DOOR:-${GATE:-}}"
[[resource]]
name = "things"
[resource.fields]
id = { type = "int64", key = "slots" }
)";
    const LoadResult a = load(text, {{"WHO", "a"}, {"DOOR", "9001"}});
    ASSERT_TRUE(a.app) << text_of(a.mistakes);
    EXPECT_EQ(a.app->default_node, "a");
    EXPECT_EQ(to_text(a.app->nodes[0].listen), "127.0.0.1:9001");
    EXPECT_EQ(to_text(a.app->nodes[1].listen), "127.0.0.1:8002");
    EXPECT_EQ(text_of(load(text, {{"WHO", "a"}, {"GATE", "1"}, {"PORT", "80"}}, up).mistakes),
              "11:8: WHO is set, but this app has 2 branchs; it says which one a process is, and "
              "`up` starts them all: unset it\n"
              "12:10: GATE is set, but this app has 2 branchs; it can mean only one of them: unset "
              "it, or set GATE_A, GATE_B\n");
}

TEST(Endpoints, AreReadAndWritten) {
    for (const char* text : {"127.0.0.1:8000", "[::1]:80", "db-us:0", "localhost:65535"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(to_text(*endpoint), text);
    }
    for (const char* text : {"", ":", "host", "host:", ":80", "::1:80", "[host]:80", "h:65536",
                             "h:-1", "h: 80", "a b:80", "h/x:80"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
    EXPECT_TRUE(parse_endpoint("127.1.2.3:1")->loopback());
    EXPECT_TRUE(parse_endpoint("[::1]:1")->loopback());
    EXPECT_FALSE(parse_endpoint("0.0.0.0:1")->loopback());
}

TEST_F(ConfigTest, EventsAreOffUnlessTheFileSaysForHowLongOrHowMany) {
    const std::string notes = R"([app]
name = "notes"
[[node]]
name = "one"
listen = "127.0.0.1:8001"
[[resource]]
name = "notes"
[resource.fields]
id = { type = "int64", key = "slots" }
[limits]
)";
    const App off = load(notes).app.value();
    EXPECT_FALSE(off.limits.keeps_events() || off.api.keeps_events);
    const Limits by_age = load(notes + "events_seconds = 60\n").app.value().limits;
    EXPECT_EQ(by_age.events_seconds, 60U);
    EXPECT_EQ(by_age.events_bytes_max, std::uint64_t{4} << 30);
    const App by_bytes = load(notes + "events_bytes_max = 4096\n").app.value();
    EXPECT_TRUE(by_bytes.limits.keeps_events() && by_bytes.api.keeps_events);
    EXPECT_EQ(by_bytes.limits.events_bytes_max, 4096U);
    EXPECT_EQ(loaded("logistics.toml").limits.events_seconds, 365U * 24 * 3600);
}

}  // namespace
}  // namespace reef::config
