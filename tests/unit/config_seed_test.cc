#include "config/seed.hpp"

#include "config_fixture.hpp"
#include "model/value_text.hpp"

namespace reef::config {
namespace {

std::string shown(const model::Resource& resource, const model::Row& row) {
    std::string text;
    for (model::FieldId id = 0; id < resource.fields.size(); ++id) {
        text += (id ? "," : "") + ('"' + resource.fields[id].name + "\":");
        append_json(text, resource.fields[id], model::value_of(resource, row, id));
    }
    return '{' + text + '}';
}

TEST(ShippedSeed, HoldsThePropertyOfTheDocumentation) {
    const LoadResult loaded = load_app(shipped("property-listing.toml"), environment(), {});
    ASSERT_TRUE(loaded.app);
    const auto rows = read_seed(loaded.app->schema, loaded.app->seed);
    ASSERT_TRUE(rows) << rows.error().what;
    ASSERT_EQ(rows->size(), 3000U);
    const model::Resource& properties = loaded.app->schema.resources[0];
    EXPECT_EQ(shown(properties, (*rows)[9]),
              R"({"id":10,"price":300780.89,"bedrooms":3,"bathrooms":1,"region_origin":"us",)"
              R"("version":1,"updated_at":"2026-01-01T12:00:00.000000Z"})");
    for (std::size_t i = 0; i < rows->size(); ++i) {
        const model::Row& row = (*rows)[i];
        ASSERT_EQ(row.key, model::Key{static_cast<std::int64_t>(i + 1)});
        ASSERT_EQ(row.cells[4].value, model::Value{std::string{i < 1500 ? "us" : "eu"}});
        ASSERT_EQ(row.life.stamp, model::base_stamp());
    }
}

class SeedTest : public ConfigTest {
protected:
    SeedTest() {
        schema_ = load(R"toml([app]
name = "shop"
[[node]]
name = "a"
listen = "127.0.0.1:1"
[[resource]]
name = "things"
[resource.fields]
id = { type = "int64", key = "slots" }
name = { type = "text(10)", unique = true }
note = { type = "text?" }
stock = { type = "int32", merge = "counter", default = 5 }
price = { type = "decimal(5,2)", min = 0 }
version = "version"
made = { type = "timestamp", set = "on_create" }
)toml")
                      .app.value()
                      .schema;
    }

    // The rows, one a line, or what is wrong, without the folder.
    std::string read(const std::string& csv, const std::string& name = "seed.csv") const {
        const auto rows = read_seed(schema_, write(name, csv));
        std::string text = rows ? "" : rows.error().what;
        const std::string folder = folder_.file("");
        for (std::size_t at = text.find(folder); at != text.npos; at = text.find(folder)) {
            text.erase(at, folder.size());
        }
        if (!rows) return text;
        for (const model::Row& row : *rows)
            text += shown(schema_.resources[0], row) + '\n';
        return text;
    }

    model::Schema schema_;
};

TEST_F(SeedTest, ValuesAreThoseOfTheFileOrTheFieldsOwn) {
    EXPECT_EQ(read("id,name,price\r\n7,\"a \"\"b\"\",\n c\",1.5\r\n\r\n8,b,2"),
              R"({"id":7,"name":"a \"b\",\n c","note":null,"stock":5,"price":1.50,"version":1,)"
              R"("made":"2026-01-01T12:00:00.000000Z"})"
              "\n"
              R"({"id":8,"name":"b","note":null,"stock":5,"price":2.00,"version":1,)"
              R"("made":"2026-01-01T12:00:00.000000Z"})"
              "\n");
    EXPECT_EQ(read("made,version,price,stock,note,name,id\n2020-01-01,3,1,2,\"\",x,1\n"),
              "seed.csv:2: \"made\" must be a time such as 2026-01-01T12:00:00Z");
    EXPECT_EQ(read("made,version,price,stock,note,name,id\n2020-01-01T00:00:00Z,3,1,,\"\",x,1\n"),
              R"({"id":1,"name":"x","note":"","stock":5,"price":1.00,"version":3,)"
              R"("made":"2020-01-01T00:00:00.000000Z"})"
              "\n");
}

TEST_F(SeedTest, MistakesAreSaidWithTheirLines) {
    EXPECT_EQ(read(""), "seed.csv:1: the first line must name the fields");
    EXPECT_EQ(read("id,nmae,id\n"),
              "seed.csv:1: unknown field \"nmae\" (did you mean \"name\"?)\n"
              "seed.csv:1: the field \"id\" stands here twice\n"
              "seed.csv:1: the field \"name\" is missing\n"
              "seed.csv:1: the field \"price\" is missing");
    EXPECT_EQ(read("id,name,price\n1,a\n2,b,1.234\nx,elevenchars,-1\n3,b,\n4,c,1\n4,c,1\n"),
              "seed.csv:2: has 2 values, but the first line names 3 fields\n"
              "seed.csv:3: \"price\" must have at most 2 decimals\n"
              "seed.csv:4: \"id\" must be an integer\n"
              "seed.csv:4: \"name\" must have at most 10 characters\n"
              "seed.csv:4: \"price\" must be at least 0.00\n"
              "seed.csv:5: \"price\" must be a number\n"
              "seed.csv:7: \"id\" has the value of an earlier row: 4\n"
              "seed.csv:7: \"name\" has the value of an earlier row: c");
    EXPECT_EQ(read("id,name,price\n1,\"a\n\nb,1\n"), "seed.csv:2: a quote is not closed");
    EXPECT_EQ(read("id,name,price\n1,\"a\"b,1\n"), "seed.csv:2: text after a closing quote");
    EXPECT_EQ(read("id,name,price\n1,a\"b,1\n"),
              "seed.csv:2: a quote inside a value that is not quoted");
    const auto absent = read_seed(schema_, folder_.file("none.csv"));
    ASSERT_FALSE(absent);
    EXPECT_TRUE(
        absent.error().what.ends_with("/none.csv: cannot be read: No such file or directory"));
}

TEST_F(SeedTest, AFileBelongsToTheResourceThatItIsNamedAfter) {
    schema_.resources.push_back(schema_.resources[0]);
    schema_.resources[1].name = "others";
    EXPECT_EQ(read("id,name,price\n", "things.csv"), "");
    EXPECT_EQ(read("id,name,price\n"),
              "seed.csv: is named after no resource of the app, and there are several: call it "
              "things.csv");
}

}  // namespace
}  // namespace reef::config
