// What a list shows without making a Row: the same as with one, whatever lies in the columns.
#include <gtest/gtest.h>

#include <random>

#include "commit/work/rows.hpp"
#include "model/record_columns.hpp"
#include "model/record_json.hpp"
#include "store/columns.hpp"
#include "store_contract.hpp"

namespace reef::store::test {
namespace {

constexpr TimeShape times{3, TimeZone::z};

// A row as SQLite gives its columns.
struct Laid {
    std::vector<std::string> texts;
    std::string vector, state;
    RecordColumns columns;

    Laid(const Resource& resource, const Row& row)
        : texts(resource.fields.size()), vector(to_text(row.vector)) {
        using Kind = Column::Kind;
        state = state_json(resource, row);
        columns.fields.resize(resource.fields.size());
        const std::vector<Value> values = values_of(resource, row);
        for (FieldId id = 0; id < values.size(); ++id) {
            const Field& field = resource.fields[id];
            const Value& value = values[id];
            Column& column = columns.fields[id];
            const bool whole = field.type == FieldType::int32 || field.type == FieldType::int64 ||
                               field.type == FieldType::version;
            if (is_null(value)) continue;
            if (const auto* flag = std::get_if<bool>(&value)) {
                column = {.kind = Kind::integer, .integer = *flag};
            } else if (const auto* number = std::get_if<double>(&value)) {
                column = {.kind = Kind::real, .real = *number};
            } else if (whole) {
                column = {.kind = Kind::integer, .integer = std::get<std::int64_t>(value)};
            } else {
                texts[id] = to_text(field, value);
                column.kind = Kind::text;
            }
        }
        lay();
    }
    // After the texts have changed.
    void lay() {
        for (std::size_t id = 0; id < texts.size(); ++id)
            columns.fields[id].text = texts[id];
        columns.vector = vector;
        columns.state = state;
    }
};

Row full_thing() {
    Row row = make_thing(12);
    row.cells[things::big].value = Value{std::int64_t{-1234567}};
    row.cells[things::count].value = Value{std::int64_t{-3}};
    row.cells[things::ratio].value = Value{24.9};
    row.cells[things::flag].value = Value{true};
    row.cells[things::title].value = Value{std::string{"a \"lamp\"\n\\ \x7f é 日"}};
    row.cells[things::at].value = Value{std::int64_t{1767268800123456}};
    row.cells[things::uid].value = Value{std::string{"0190a2b4-7c1e-7f00-8a3b-0123456789ab"}};
    row.cells[things::doc].value = Value{std::string{R"({"a":[1,"x"]})"}};
    row.cells[things::status].value = Value{std::int64_t{2}};
    row.vector.add_write(other, 7);
    row.cells[things::title].stamp = stamp_of(7, other);
    return row;
}

Row counted_note(std::int64_t here, std::int64_t there) {
    Row row = make_note("Z1", "code");
    row.vector.add_write(other, 9);
    row.cells[notes::stock].parts = {{other, there, stamp_of(9, other)}, {self, here, stamp_of(1)}};
    return row;
}

std::string printed(const Resource& resource, const RecordColumns& columns) {
    RecordPrinter printer{resource, times};
    std::string text;
    return printer.append(text, columns) ? text : "no" + text;
}

std::string read_and_shown(const Resource& resource, const RecordColumns& columns) {
    const StoredRow stored = row_from(resource, columns, {});
    if (!stored.readable()) return "unreadable";
    std::string text;
    append_record(text, resource, stored.row, times);
    return text;
}

TEST(RecordColumns, ShowWhatARowShows) {
    const Schema schema = contract_schema();
    const Row rows[] = {make_thing(1), full_thing(), make_note("a", "b", 12), counted_note(7, 8),
                        counted_note(2, -9)};
    for (const Row& row : rows) {
        const Resource& resource = schema[row.resource];
        const Laid laid{resource, row};
        std::string wanted;
        append_record(wanted, resource, row, times);
        EXPECT_EQ(printed(resource, laid.columns), wanted);
        EXPECT_EQ(read_and_shown(resource, laid.columns), wanted);
    }
}

// The state says it, whatever somebody wrote into the column.
TEST(RecordColumns, ACounterAndAVersionAreThoseOfTheState) {
    const Schema schema = contract_schema();
    Laid laid{schema[note], counted_note(7, 8)};
    laid.columns.fields[notes::stock].integer = 99;
    EXPECT_NE(printed(schema[note], laid.columns).find(R"("stock":15,)"), std::string::npos);
    Laid other_laid{schema[thing], full_thing()};
    other_laid.columns.fields[things::version].integer = 99;
    EXPECT_NE(printed(schema[thing], other_laid.columns).find(R"("version":2})"),
              std::string::npos);
}

TEST(RecordColumns, WithoutAStateTheColumnsSayAll) {
    const Schema schema = contract_schema();
    Laid laid{schema[note], counted_note(7, 8)};
    laid.state = laid.vector = "";
    laid.columns.fields[notes::stock].integer = -4;
    laid.lay();
    EXPECT_EQ(printed(schema[note], laid.columns), read_and_shown(schema[note], laid.columns));
    Laid version{schema[thing], full_thing()};
    version.state = version.vector = "";
    version.columns.fields[things::version].integer = 17;
    version.lay();
    const std::string text = printed(schema[thing], version.columns);
    EXPECT_EQ(text, read_and_shown(schema[thing], version.columns));
    EXPECT_NE(text.find(R"("version":17})"), std::string::npos);
}

// Twins and fields of a newer schema change what is shown, or how it is read: not at a glance.
TEST(RecordColumns, LeaveWhatIsRareToTheReader) {
    const Schema schema = contract_schema();
    Row row = counted_note(7, 8);
    row.vector.add_write(self, 5);
    row.twins = {{{self, 5}, row.life, {{notes::stock, 3}}}};
    Laid twins{schema[note], row};
    EXPECT_EQ(printed(schema[note], twins.columns), "no");
    EXPECT_NE(read_and_shown(schema[note], twins.columns).find(R"("stock":12,)"),
              std::string::npos);
    row = make_thing(3);
    row.unknown = {{"colour", "\"red\"", row.life.stamp, {}}};
    EXPECT_EQ(printed(schema[thing], Laid{schema[thing], row}.columns), "no");
}

TEST(RecordColumns, TimesAreReadAsEachDatabaseWritesThem) {
    const Schema schema = contract_schema();
    for (const std::string_view text :
         {"2026-01-31T23:59:59.123456Z", "2026-01-31 23:59:59.1", "2024-02-29 00:00:00",
          "0001-01-01 00:00:00.00001", "9999-12-31T23:59:59.999999Z"}) {
        Laid laid{schema[thing], full_thing()};
        laid.texts[things::at] = text;
        laid.lay();
        EXPECT_EQ(printed(schema[thing], laid.columns), read_and_shown(schema[thing], laid.columns))
            << text;
    }
    for (const std::string_view text :
         {"2026-02-29 00:00:00", "2026-13-01 00:00:00", "0000-01-01 00:00:00",
          "2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-01-01 00:00:60",
          "2026-01-01 00:00:00.", "2026-01-01 00:00:00.1234567", "2026-01-01 00:00:00+02",
          "2026-01-01", "", "20a6-01-01 00:00:00", "2026-01-01 00:00:00 BC"}) {
        Laid laid{schema[thing], full_thing()};
        laid.texts[things::at] = text;
        laid.lay();
        EXPECT_EQ(printed(schema[thing], laid.columns), "no") << text;
    }
}

// As PostgreSQL writes them, into a store that writes them otherwise.
TEST(RecordColumns, ACopyIsTheSameFromEachStore) {
    const Schema schema = contract_schema();
    Laid laid{schema[thing], full_thing()};
    laid.texts[things::at] = "2026-01-01 12:00:00.1";
    laid.lay();
    RowCopies copies{schema[thing]};
    ASSERT_TRUE(copies.add(laid.columns, {1, 2}));
    EXPECT_FALSE(copies.add(laid.columns, {})) << "nobody knows its hash";
    EXPECT_TRUE(copies.is_alive(0));
    EXPECT_EQ(copies.key_of(0), Key{std::int64_t{12}});
    RecordColumns copied;
    copies.get(0, copied);
    EXPECT_EQ(copied.fields[things::at].text, "2026-01-01T12:00:00.100000Z");
    EXPECT_EQ(read_and_shown(schema[thing], copied), read_and_shown(schema[thing], laid.columns));
    const Laid gone{schema[note], removed(counted_note(7, 8), 10)};
    RowCopies tombstones{schema[note]};
    ASSERT_TRUE(tombstones.add(gone.columns, {1, 2}));
    EXPECT_FALSE(tombstones.is_alive(0));
}

// A store that has one of the records, or refuses one, gets them all in the usual way.
TEST(RecordColumns, CopiesThatAreRefusedAreRead) {
    const Schema schema = contract_schema();
    const auto copies = std::make_shared<RowCopies>(schema[note]);
    ASSERT_TRUE(copies->add(Laid{schema[note], counted_note(7, 8)}.columns, {1, 2}));
    commit::Rows rows;
    rows.parks = true;
    rows.rows = {make_note("Z2", "other")};
    rows.cursors = {{"fill", "here"}};
    rows.copies = copies;
    EXPECT_EQ(rows.rows_count(), 2U);
    const auto divided = std::move(rows).divide(Error{Errc::rejected, "one of them"});
    ASSERT_EQ(divided.parts.size(), 1U);
    const commit::Rows& part = divided.parts.front();
    EXPECT_FALSE(part.copies);
    EXPECT_TRUE(part.rows == (std::vector{make_note("Z2", "other"), counted_note(7, 8)}));
    EXPECT_TRUE(part.parks && part.cursors.contains("fill"));
}

// Whatever has become of the bytes: what is shown at a glance is what a reader shows, and what a
// reader refuses is not shown.
TEST(RecordColumns, DamageNeverShows) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    const Schema schema = contract_schema();
    const Row rows[] = {full_thing(), counted_note(7, -8)};
    static constexpr std::string_view likely = "0123456789-.:,\"{}[]@\\TZ aeu";
    int shown_anyway = 0;
    for (int round = 0; round < 40'000 && !testing::Test::HasFailure(); ++round) {
        const Row& row = rows[random() % 2];
        const Resource& resource = schema[row.resource];
        Laid laid{resource, row};
        std::vector<std::string*> parts{&laid.vector, &laid.state, &laid.state};
        for (std::string& text : laid.texts) {
            if (!text.empty()) parts.push_back(&text);
        }
        std::string& part = *parts[random() % parts.size()];
        const std::size_t at = random() % part.size();
        const char byte =
            random() % 8 ? likely[random() % likely.size()] : static_cast<char>(random() % 256);
        switch (random() % 3) {
            case 0:
                part[at] = byte;
                break;
            case 1:
                part.insert(at, 1, byte);
                break;
            default:
                part.erase(at, 1 + random() % 3);
        }
        laid.lay();
        const std::string text = printed(resource, laid.columns);
        if (text == "no") continue;
        ++shown_anyway;
        EXPECT_EQ(text, read_and_shown(resource, laid.columns)) << laid.vector << ' ' << laid.state;
    }
    EXPECT_GT(shown_anyway, 1000);
}

}  // namespace
}  // namespace reef::store::test
