// The wire format: golden files byte for byte, what is refused, and that no mutation of a change
// crashes a node or is read as something that is written differently. docs/wire-format.md
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

const std::string source = REEF_SOURCE_DIR;

std::string file_text(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// REEF_GOLDEN=write makes the files anew: then look at the difference before it is committed.
void expect_golden(const std::string& name, const std::string& json) {
    const std::string path = source + "/tests/golden/" + name + ".json";
    if (std::getenv("REEF_GOLDEN")) std::ofstream{path, std::ios::binary} << json << '\n';
    EXPECT_EQ(file_text(path), json + '\n') << name;
}

Schema newer_things() {
    Schema schema = things();
    auto& fields = schema.resources[0].fields;
    fields.push_back(field("colour", FieldType::text));
    fields.push_back(field("likes", FieldType::int64));
    fields.back().merge = Merge::counter;
    return schema;
}

Intent create_k1(Time received) {
    Intent intent;
    intent.kind = WriteKind::create;
    intent.key = Key{std::string{"k1"}};
    intent.fields = {{1, std::string{"a \"name\"\n\u00e9"}}, {3, std::int64_t{10}}};
    intent.received = received;
    return intent;
}

Intent update_k1(Time received) {
    Intent intent = create_k1(received);
    intent.kind = WriteKind::update;
    intent.fields = {{1, std::string{"other"}}, {5, std::int64_t{-7}}};
    return intent;
}

std::string last_json(const Island& island) {
    return island.log.at(island.ledger.self).back().json;
}

const Time noon{1767268800000000};
Time later(std::int64_t us) {
    return {noon.us + us};
}

// The golden changes by name, made by real batches.
std::map<std::string, std::string> made_changes() {
    static const Schema schema = things();
    static const Schema newer = newer_things();
    std::map<std::string, std::string> made;
    Island us{schema, "us.k3f9"};
    us.submit(create_k1(noon));
    made["change-create"] = last_json(us);

    Intent update = update_k1(later(5));
    update.request = {{{RequestKind::id, "a1"}, {RequestKind::key, "k-1"}}, "try-1", hash_of("b")};
    update.headers = {{"operation-name", "rename"}};
    update.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    us.submit(update);
    made["change-update"] = last_json(us);

    Island eu{schema, "eu.8x2a"};
    eu.take(us.run_of("us.k3f9", 1, 1)).value();
    Intent sell = update_k1(later(9));
    sell.fields = {{3, std::int64_t{8}}};
    sell.request = {{{RequestKind::key, "sell"}}, "", hash_of("s")};
    us.submit(sell);
    sell.received = later(10);
    eu.submit(sell);
    eu.take(us.run_of("us.k3f9", 2, 9)).value();
    Intent sold = update_k1(later(20));
    sold.fields = {{4, std::int64_t{2}}};
    eu.submit(sold);
    made["change-counter-with-twins"] = last_json(eu);

    Intent remove = update_k1(later(30));
    remove.kind = WriteKind::remove;
    remove.fields.clear();
    us.submit(remove);
    made["change-delete"] = last_json(us);

    Island ap{newer, "ap.q1"};
    Intent colourful = create_k1(noon);
    colourful.fields.emplace_back(FieldId{10}, std::string{"red"});
    colourful.fields.emplace_back(FieldId{11}, std::int64_t{3});
    ap.submit(colourful);
    Island old{schema, "us.k3f9"};
    const std::string json = last_json(ap);
    old.take(commit::ChangeRun{{{parse_change(schema, json).value(), json}}}).value();
    old.submit(update_k1(later(2)));
    made["change-unknown-fields"] = last_json(old);
    return made;
}

TEST(Wire, ChangesAreWrittenAsInTheGoldenFiles) {
    for (const auto& [name, json] : made_changes())
        expect_golden(name, json);
}

TEST(Wire, GoldenChangesAreReadBackWhole) {
    const Schema schema = things();
    for (const auto& [name, json] : made_changes()) {
        const auto change = parse_change(schema, json);
        ASSERT_TRUE(change) << name << ": " << change.error().what;
        EXPECT_EQ(change_json(schema, *change), json);
        EXPECT_EQ(parse_change(schema, change_json(schema, *change)).value(), *change);
    }
    const auto update = parse_change(schema, made_changes().at("change-update")).value();
    EXPECT_EQ(to_text(update.stamp), "us.k3f9:2@1767268800000005");
    EXPECT_EQ(update.written, (std::vector<FieldId>{1, 5}));
    EXPECT_EQ(update.request.attempt, "try-1");
    EXPECT_EQ(to_text(update.request.ids.at(1)), "key:k-1");
    EXPECT_EQ(update.headers.at(0).second, "rename");
    EXPECT_EQ(update.traceparent.substr(0, 5), "00-0a");
    EXPECT_EQ(update.schema, schema.id());
    EXPECT_EQ(version_of(update.row), 2U);
}

TEST(Wire, TheDocumentQuotesAGoldenFile) {
    const std::string document = file_text(source + "/docs/wire-format.md");
    const std::string golden = file_text(source + "/tests/golden/change-counter-with-twins.json");
    EXPECT_NE(document.find("```json\n" + golden + "```"), std::string::npos);
}

// What the document says of hashes, on its own example.
TEST(Wire, RunningHashIsThatOfTheHashBeforeAndTheEntry) {
    const Schema schema = things();
    Island us{schema, "us.k3f9"};
    us.submit(create_k1(noon));
    us.submit(update_k1(later(5)));
    Hash128 running;
    for (const auto& entry : us.log.at("us.k3f9")) {
        const Hash128 own = hash_of(entry.json);
        const std::uint64_t words[] = {running.high, running.low, own.high, own.low};
        running = hash_of({reinterpret_cast<const char*>(words), sizeof words});
        EXPECT_EQ(entry.hash, running);
    }
}

TEST(Wire, UnknownMembersAreIgnoredAndUnknownFieldsKept) {
    const Schema schema = things();
    std::string json = made_changes().at("change-create");
    const auto known = parse_change(schema, json).value();
    json.insert(1, "\"colour\":{\"a\":[1]},");
    EXPECT_EQ(parse_change(schema, json).value(), known);

    const std::string mixed = made_changes().at("change-unknown-fields");
    const auto at_newer = parse_change(newer_things(), mixed).value().row;
    EXPECT_EQ(at_newer.cells[10].value, Value{std::string{"red"}});
    EXPECT_EQ(to_text(at_newer.cells[10].stamp), "ap.q1:1@1767268800000000");
    EXPECT_EQ(counter_sum(at_newer, 11), 3);
    EXPECT_TRUE(at_newer.unknown.empty());
}

// A store of the older schema is opened by the newer one.
TEST(Wire, UnknownFieldsOfAStoredRowBecomeKnown) {
    const Schema schema = things();
    const Schema newer = newer_things();
    const Row old = parse_change(schema, made_changes().at("change-unknown-fields")).value().row;
    ASSERT_EQ(old.unknown.size(), 2U);
    Row row = old;  // as a store reads it: the values from its own columns, all else from the state
    row.unknown.clear();
    for (Cell& cell : row.cells)
        cell.parts.clear();
    Row known = row;
    ASSERT_TRUE(read_state_json(schema[0], state_json(schema[0], old), row));
    EXPECT_EQ(row, old);
    ASSERT_TRUE(read_state_json(newer[0], state_json(schema[0], old), known));
    EXPECT_TRUE(known.unknown.empty());
    EXPECT_EQ(known.cells[10].value, Value{std::string{"red"}});
    EXPECT_EQ(counter_sum(known, 11), 3);
}

// The short way to read a state must say what the long way says, which a blank leads to.
TEST(Wire, AStateIsTheSameReadEitherWay) {
    const Schema schema = things();
    for (const auto& [name, change] : made_changes()) {
        const Row whole = parse_change(schema, change).value().row;
        const std::string state = state_json(schema[0], whole);
        Row compact = whole;
        Row spaced = whole;
        for (Row* row : {&compact, &spaced}) {
            row->life = {};
            row->unknown.clear();
            row->twins.clear();
            for (Cell& cell : row->cells) {
                cell.stamp = {};
                cell.parts.clear();
            }
        }
        ASSERT_TRUE(read_state_json(schema[0], state, compact)) << state;
        ASSERT_TRUE(read_state_json(schema[0], "{ " + state.substr(1), spaced)) << state;
        EXPECT_EQ(compact, whole) << name << ' ' << state;
        EXPECT_EQ(spaced, whole) << name << ' ' << state;
    }
}

TEST(Wire, AStateThatIsNoneIsRefused) {
    const Schema schema = things();
    const Row whole = parse_change(schema, made_changes().at("change-update")).value().row;
    const std::string state = state_json(schema[0], whole);
    for (std::size_t size = 1; size < state.size(); ++size) {
        Row row = whole;
        EXPECT_FALSE(read_state_json(schema[0], state.substr(0, size), row))
            << state << ' ' << size;
    }
    for (const char* text :
         {R"({"life":"","stamps":{}})", R"({"life":"1 base:1@0","stamps":{"":""}})",
          R"({"life":"1 base:1@0","stamps":{"price":"x"}})",
          R"({"life":"1 base:1@0","stamps":{}}})", "{}", "[]"}) {
        Row row = whole;
        EXPECT_FALSE(read_state_json(schema[0], text, row)) << text;
    }
}

TEST(Wire, ResourceThatIsNotKnownHereIsParked) {
    Schema other = things();
    other.resources[0].name = "others";
    const auto read = parse_change(other, made_changes().at("change-create"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::not_found);
}

// A client's deepest JSON value fits into a change.
TEST(Wire, DeepestValueOfAClientIsReadByPeers) {
    Schema schema = things();
    schema.resources[0].fields[1].type = FieldType::json;
    std::string deep(json_depth_max - 1, '[');
    deep.append(json_depth_max - 1, ']');
    ASSERT_TRUE(parse_json("{\"name\":" + deep + "}"));
    Island us{schema, "us.k3f9"};
    Intent intent = create_k1(noon);
    intent.fields = {{1, deep}};
    us.submit(intent);
    EXPECT_TRUE(parse_change(schema, last_json(us)));
}

struct Forgery {
    const char* what;
    std::string from;
    std::string to;
};

std::string many_origins(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "a" + std::to_string(100'000 + i) + ":1:1,";
    return text;
}

TEST(Wire, RefusesWhatNoNodeOfGoodFaithWrites) {
    const Schema schema = things();
    const std::string stamp = "us.k3f9:2@1767268800000005";
    const std::string vector = "\"vector\":\"us.k3f9:2:2\"";
    const Forgery forgeries[] = {
        {"too many entries", vector, "\"vector\":\"" + many_origins(1024) + "us.k3f9:2:2\""},
        {"far too many", vector, "\"vector\":\"" + many_origins(10'000) + "us.k3f9:2:2\""},
        {"not sorted", vector, "\"vector\":\"us.k3f9:2:2,eu.x:1:1\""},
        {"twice", vector, "\"vector\":\"us.k3f9:2:2,us.k3f9:2:2\""},
        {"more writes than seq", vector, "\"vector\":\"us.k3f9:2:3\""},
        {"no writes", vector, "\"vector\":\"us.k3f9:2:0\""},
        {"seq 0", vector, "\"vector\":\"eu.x:0:0,us.k3f9:2:2\""},
        {"a sum beyond 64 bits", vector,
         "\"vector\":\"eu.x:18446744073709551615:18446744073709551615,us.k3f9:2:2\""},
        {"its write is not inside", vector, "\"vector\":\"us.k3f9:1:1\""},
        {"more than its write is inside", vector, "\"vector\":\"us.k3f9:3:3\""},
        {"a leading zero", vector, "\"vector\":\"us.k3f9:02:2\""},
        {"the change's seq is 0", "{\"stamp\":\"us.k3f9:2@", "{\"stamp\":\"us.k3f9:0@"},
        {"the change is of another origin", "{\"stamp\":\"us.k3f9", "{\"stamp\":\"eu.x"},
        {"a change of base", "{\"stamp\":\"us.k3f9", "{\"stamp\":\"base"},
        {"the year 10000", "{\"stamp\":\"" + stamp, "{\"stamp\":\"us.k3f9:2@253402300800000000"},
        {"a stamp of an origin that did not write", "\"high\":\"us.k3f9:2", "\"high\":\"eu.x:2"},
        {"a stamp of a write to come", "\"high\":\"us.k3f9:2@", "\"high\":\"us.k3f9:3@"},
        {"a stamp later than the change", "\"high\":\"" + stamp,
         "\"high\":\"us.k3f9:2@1767268800000006"},
        {"a life that has not begun", "\"life\":\"1 ", "\"life\":\"0 "},
        {"updated, but dead", "\"life\":\"1 ", "\"life\":\"2 "},
        {"removed, but alive", "\"kind\":\"update\"", "\"kind\":\"remove\""},
        {"created by an earlier write", "\"kind\":\"update\"", "\"kind\":\"create\""},
        {"a kind unheard of", "\"kind\":\"update\"", "\"kind\":\"replace\""},
        {"a life of another's write", "\"life\":\"1 us.k3f9:1", "\"life\":\"1 eu.x:1"},
        {"a counter with another's stamp", "\"us.k3f9\":[10,\"us.k3f9:1@",
         "\"eu.x\":[10,\"us.k3f9:1@"},
        {"a counter of no integer", "[10,\"us.k3f9", "[1e1,\"us.k3f9"},
        {"a counter beyond 64 bits", "[10,\"us.k3f9", "[9223372036854775808,\"us.k3f9"},
        {"a twin that is not inside", "\"counters\":", "\"twins\":[[\"eu.x\",1]],\"counters\":"},
        {"only twins",
         "\"counters\":", "\"twins\":[[\"us.k3f9\",1],[\"us.k3f9\",2]],\"counters\":"},
        {"a key of another type", "\"key\":\"k1\"", "\"key\":10"},
        {"a value of another type", "\"name\":\"other\"", "\"name\":7"},
        {"a step that is not in the order", "\"stage\":\"new\"", "\"stage\":\"old\""},
        {"a value for the key", "\"name\":\"other\"", "\"name\":\"other\",\"id\":\"k2\""},
        {"a request id without a kind", "\"id:a1\"", "\"a1\""},
        {"an empty request id", "\"id:a1\"", "\"id:\""},
        {"five request ids", "\"id:a1\"", "\"id:a\",\"id:b\",\"id:c\",\"id:d\""},
        {"a body hash that is none", "\"body\":\"", "\"body\":\"x"},
        {"a name twice", "\"kind\":", "\"kind\":\"update\",\"kind\":"},
        {"no time", "\"at\":1767268800000005,", ""},
    };
    const std::string good = made_changes().at("change-update");
    ASSERT_TRUE(parse_change(schema, good));
    for (const Forgery& forgery : forgeries) {
        std::string json = good;
        const std::size_t at = json.find(forgery.from);
        ASSERT_NE(at, std::string::npos) << forgery.what;
        json.replace(at, forgery.from.size(), forgery.to);
        const auto read = parse_change(schema, json);
        EXPECT_FALSE(read) << forgery.what;
        if (!read) {
            EXPECT_EQ(read.error().code, Errc::invalid) << forgery.what;
        }
    }
}

std::string mutated(std::string json, std::mt19937_64& random) {
    static const std::string alphabet = "0123456789\"{}[],:.@-abcexyz\\ \n";
    for (std::size_t i = 1 + random() % 3; i > 0 && !json.empty(); --i) {
        const std::size_t at = random() % json.size();
        const char c =
            random() % 8 ? alphabet[random() % alphabet.size()] : static_cast<char>(random());
        switch (random() % 5) {
            case 0:
                json.erase(at, 1 + random() % 4);
                break;
            case 1:
                json.insert(at, 1, c);
                break;
            case 2:
                json.resize(at);
                break;
            case 3:
                json.insert(at, json.substr(random() % json.size(), random() % 40));
                break;
            default:
                json[at] = c;
        }
    }
    return json;
}

TEST(Wire, MutatedChangesAreRefusedOrReadAsWhatTheySay) {
    std::mt19937_64 random{seed_of_this_run(7)};
    const Schema schema = things();
    const auto made = made_changes();
    std::size_t read_back = 0;
    for (int i = 0; i < 1500; ++i) {
        for (const auto& [name, json] : made) {
            const std::string text = mutated(json, random);
            const auto read = parse_change(schema, text);
            if (!read) continue;
            ++read_back;
            const std::string canonical = change_json(schema, *read);
            const auto again = parse_change(schema, canonical);
            ASSERT_TRUE(again) << text;
            ASSERT_EQ(*again, *read) << text;
            // And a node that takes it can go on: whatever it makes of it can be read.
            Island eu{schema, "eu.8x2a"};
            eu.ledger.origins[read->stamp.dot.origin].received = read->stamp.dot.seq - 1;
            eu.submit(create_k1(noon));
            if (!eu.take(commit::ChangeRun{{{*read, text}}})) continue;
            Intent more = update_k1(later(40));
            more.key = read->row.key;
            more.fields.emplace_back(FieldId{3}, std::int64_t{5});
            if (std::holds_alternative<Accepted>(eu.submit(more))) {
                ASSERT_TRUE(parse_change(schema, last_json(eu))) << text;
            }
        }
    }
    EXPECT_GT(read_back, 100U);
}

TEST(Wire, TruncatedChangesAreRefused) {
    const Schema schema = things();
    const std::string json = made_changes().at("change-counter-with-twins");
    for (std::size_t size = 0; size < json.size(); ++size)
        EXPECT_FALSE(parse_change(schema, std::string_view{json}.substr(0, size)));
}

TEST(Wire, VectorGrammar) {
    for (const char* good : {"", "us.k3f9:1:1", "base:7:7,eu.x:9:2"}) {
        const auto vector = parse_vector(good);
        ASSERT_TRUE(vector) << good;
        EXPECT_EQ(to_text(*vector), good);
    }
    for (const char* bad : {",", "us:1:1,", "us:1", "us", ":1:1", "u s:1:1", "us:1:1:1:", "us:-1:1",
                            "us:+1:1", "us:1:01", "b:1:1,a:1:1", "us:9007199254740992:1"}) {
        EXPECT_FALSE(parse_vector(bad)) << bad;
    }
    for (const char* bad :
         {"us:1", "us@1", "us:1@", "us:0@1", "us:1@-1", "us:1@253402300800000000", ":1@1"}) {
        EXPECT_FALSE(parse_stamp(bad)) << bad;
    }
}

}  // namespace
}  // namespace reef::test
