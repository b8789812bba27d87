// Rows go in and come out the same: every type, every state.
#include <limits>

#include "store_contract.hpp"

namespace reef::store::test {
namespace {

using Int32 = std::numeric_limits<std::int32_t>;
using Int64 = std::numeric_limits<std::int64_t>;

TEST_P(StoreContract, KeepsEveryTypeOfValue) {
    Row row = make_thing(7);
    row.cells[things::price].value = Value{std::int64_t{52000000}};
    row.cells[things::big].value = Value{std::int64_t{-12345}};
    row.cells[things::count].value = Value{std::int64_t{3}};
    row.cells[things::ratio].value = Value{0.1};
    row.cells[things::flag].value = Value{true};
    row.cells[things::title].value = Value{std::string{"It's \"so\" – 日本語 🐚 \\ ; --"}};
    row.cells[things::at].value = Value{std::int64_t{1767268800123456}};
    row.cells[things::uid].value = Value{std::string{"0190a2b4-7c1e-7f00-8a3b-1234567890ab"}};
    row.cells[things::doc].value = Value{std::string{R"({"a":[1,2.50,null],"b":"é"})"}};
    row.cells[things::status].value = Value{std::int64_t{2}};
    ASSERT_TRUE(succeeded(save({row})));
    expect_stored(row);
}

// Adopted from another program, whose writes before it are counted as those of base.
TEST_P(StoreContract, KeepsAVersionThatWasRaised) {
    Row row = make_thing(7);
    row.vector.put({OriginId{base_origin}, 40, 40});
    const std::uint64_t version = version_of(row);
    ASSERT_GT(version, 40U);
    ASSERT_TRUE(succeeded(save({row})));
    expect_stored(row);
    EXPECT_EQ(version_of(*get(row.ref())), version);
}

TEST_P(StoreContract, KeepsTheExtremesOfEveryType) {
    const std::int64_t nines = 999'999'999'999'999'999;
    Row low = make_thing(Int64::min());
    low.cells[things::price].value = Value{std::int64_t{0}};
    low.cells[things::big].value = Value{-nines};
    low.cells[things::count].value = Value{std::int64_t{Int32::min()}};
    low.cells[things::total].value = Value{Int64::min()};
    low.cells[things::ratio].value = Value{std::numeric_limits<double>::denorm_min()};
    low.cells[things::flag].value = Value{false};
    low.cells[things::title].value = Value{std::string{}};
    low.cells[things::at].value = Value{std::int64_t{-62135596800000000}};  // the year 1
    low.cells[things::doc].value = Value{std::string{"null"}};
    Row high = make_thing(Int64::max());
    high.cells[things::price].value = Value{std::int64_t{999'999'999'999}};
    high.cells[things::big].value = Value{nines};
    high.cells[things::count].value = Value{std::int64_t{Int32::max()}};
    high.cells[things::total].value = Value{Int64::max()};
    high.cells[things::ratio].value = Value{std::numeric_limits<double>::max()};
    std::string title;
    for (int i = 0; i < 40; ++i)
        title += "🐚";  // 40 characters, 160 bytes
    high.cells[things::title].value = Value{title};
    high.cells[things::at].value = Value{std::int64_t{253402300799999999}};  // the end of 9999
    high.cells[things::status].value = Value{std::int64_t{3}};
    ASSERT_TRUE(succeeded(save({low, high})));
    expect_stored(low);
    expect_stored(high);
}

TEST_P(StoreContract, KeepsNullApartFromEmpty) {
    Row nothing = make_thing(1);
    Row empty = make_thing(2);
    empty.cells[things::title].value = Value{std::string{}};
    ASSERT_TRUE(succeeded(save({nothing, empty})));
    expect_stored(nothing);
    expect_stored(empty);
}

TEST_P(StoreContract, KeepsTextKeysByTheirBytes) {
    std::vector<Row> rows;
    for (const char* key : {"a", "A", "ä", "a'b", "a/b", "10", "9", "%", "日本"})
        rows.push_back(make_note(key, std::string{"code "} + key));
    ASSERT_TRUE(succeeded(save(rows)));
    for (const Row& row : rows)
        expect_stored(row);
    EXPECT_FALSE(get({note, Key{std::string{"b"}}}));
}

TEST_P(StoreContract, KeepsStampsCountersTwinsAndUnknownFields) {
    Row row = make_note("n", "c");
    row.vector.add_write(other, 4);
    row.vector.add_write(self, 9);
    row.cells[notes::code].stamp = stamp_of(4, other);
    row.cells[notes::stock].parts = {{other, -2, stamp_of(4, other)}, {self, 7, stamp_of(9)}};
    Twin& twin = row.twins.emplace_back();
    twin.dot = {other, 4};
    twin.life = row.life;
    twin.deltas.emplace_back(notes::stock, -2);
    row.unknown = {{"colour", "\"red\"", row.life.stamp, {}},
                   {"likes", "", {}, {{self, 3, stamp_of(9)}}},
                   {"sizes", "[1,2.0]", stamp_of(9), {}}};
    ASSERT_TRUE(succeeded(save({row})));
    expect_stored(row);
    EXPECT_EQ(version_of(*get(row.ref())), version_of(row));
    EXPECT_EQ(distinct_writes(*get(row.ref())), version_of(row) - 2);
}

TEST_P(StoreContract, ShowsACounterNotBelowItsMinimum) {
    Row row = make_note("n", "c");
    row.cells[notes::stock].parts = {{other, -9, stamp_of(4, other)}, {self, 5, stamp_of(1)}};
    ASSERT_TRUE(succeeded(save({row})));
    expect_stored(row);
    ListQuery query;
    query.resource = note;
    query.sort = notes::stock;
    query.filters = {{notes::stock, Compare::equal, Value{std::int64_t{0}}}};
    EXPECT_EQ(list(query).rows.size(), 1U);
}

TEST_P(StoreContract, UpdatesWhatChangedAndNothingElse) {
    Row row = make_thing(1);
    row.cells[things::title].value = Value{std::string{"one"}};
    Row neighbour = make_thing(2);
    ASSERT_TRUE(succeeded(save({row, neighbour})));
    for (std::uint64_t n = 2; n < 6; ++n) {
        row.vector.add_write(self, n);
        Cell& cell = row.cells[n % 2 ? things::price : things::title];
        cell.stamp = stamp_of(n);
        if (n % 2)
            cell.value = Value{std::int64_t(n) * 1000};
        else
            cell.value = n == 4 ? Value{} : Value{std::string{"two"}};
        ASSERT_TRUE(succeeded(save({row})));
        expect_stored(row);
    }
    expect_stored(neighbour);
}

TEST_P(StoreContract, KeepsTombstonesOutOfListsAndFindsThemByKey) {
    const Row thing_row = make_thing(1);
    const Row note_row = make_note("n", "c", 1);
    ASSERT_TRUE(succeeded(save({thing_row, note_row})));
    const Row gone = removed(thing_row, 2);
    const Row gone_note = removed(note_row, 3);
    ASSERT_TRUE(succeeded(save({gone, gone_note})));
    expect_stored(gone);
    expect_stored(gone_note);
    ListQuery query;
    query.count = true;
    EXPECT_TRUE(list(query).rows.empty());
    EXPECT_EQ(list(query).total, 0U);
    EXPECT_FALSE(value_of_task(reader_->find({note, notes::code, Value{std::string{"c"}}})));
}

TEST_P(StoreContract, BringsATombstoneBack) {
    const Row first = make_note("n", "c");
    ASSERT_TRUE(succeeded(save({first})));
    const Row gone = removed(first, 2);
    ASSERT_TRUE(succeeded(save({gone})));
    const Row gone_again = removed(removed(gone, 3), 4);
    ASSERT_TRUE(
        succeeded(save({gone_again})));  // a tombstone after a life that was never seen here
    expect_stored(gone_again);
    Row back = removed(gone_again, 5);
    back.cells[notes::code].value = Value{std::string{"other"}};
    ASSERT_TRUE(succeeded(save({back})));
    expect_stored(back);
    ListQuery query;
    query.resource = note;
    query.sort = notes::id;
    EXPECT_EQ(list(query).rows.size(), 1U);
    EXPECT_EQ(value_of_task(reader_->scan(note, {}, {})).size(), 1U);
}

// The committer always loads what it saves; a store that was not asked must cope all the same.
TEST_P(StoreContract, SavesWhatWasNotLoaded) {
    const auto save_blindly = [this](const Row& row) {
        WriteSet saved;
        saved.ledger = begin().ledger;
        saved.rows.push_back({row, hash_of_row(schema_, row)});
        return commit(std::move(saved));
    };
    Row row = make_thing(1);
    for (std::uint64_t n = 2; n < 6; ++n) {
        ASSERT_TRUE(succeeded(save_blindly(row)));
        expect_stored(row);
        row = removed(row, n);
    }
    EXPECT_EQ(value_of_task(reader_->scan(thing, {}, {})).size(), 1U);
}

TEST_P(StoreContract, ScansAllRecordsInKeyOrderPieceByPiece) {
    std::vector<Row> rows;
    for (std::int64_t id = -20; id < 200; id += 3) {
        rows.push_back(make_thing(id));
        rows.back().cells[things::price].value = Value{std::int64_t{5}};
        if (id % 2 == 0) rows.back() = removed(rows.back(), 2);
    }
    ASSERT_TRUE(succeeded(save(rows)));
    for (const ScanLimits limits : {ScanLimits{7, 1 << 20}, ScanLimits{1000, 1}, ScanLimits{}}) {
        std::vector<StoredRow> seen;
        std::optional<Key> after;
        for (;;) {
            auto piece = value_of_task(reader_->scan(thing, after, limits));
            if (piece.empty()) break;
            ASSERT_LE(piece.size(), limits.rows_max);
            after = piece.back().row.key;
            if (limits.bytes_max == 1) {
                ASSERT_EQ(piece.size(), 1U);
            }
            seen.insert(seen.end(), piece.begin(), piece.end());
        }
        ASSERT_EQ(seen.size(), rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            ASSERT_TRUE(seen[i].row == rows[i]) << shown(schema_, seen[i].row);
            ASSERT_EQ(seen[i].hash, hash_of_row(schema_, rows[i]));
        }
    }
}

TEST_P(StoreContract, ScansTextKeysByTheirBytes) {
    std::vector<Row> rows;
    for (const char* key : {"Z", "a", "b", "é", "日", "🐚"})
        rows.push_back(make_note(key, key));
    rows[2] = removed(rows[2], 2);
    ASSERT_TRUE(succeeded(save({rows[4], rows[1], rows[0], rows[5], rows[3], rows[2]})));
    auto all = value_of_task(reader_->scan(note, {}, {}));
    ASSERT_EQ(all.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        EXPECT_EQ(to_text(all[i].row.key), to_text(rows[i].key));
    all = value_of_task(reader_->scan(note, Key{std::string{"b"}}, {}));
    EXPECT_EQ(all.size(), 3U);
}

// What a replica is filled with: as it lies in one store, into another one.
TEST_P(StoreContract, CopiesAreTheRowsThemselves) {
    std::vector<Row> rows;
    for (std::int64_t id = 0; id < 30; ++id) {
        Row& row = rows.emplace_back(make_thing(id));
        row.cells[things::at].value = Value{1767268800000000 + id * 100'000};
        row.cells[things::ratio].value = Value{static_cast<double>(id) / 3};
        row.cells[things::flag].value = Value{id % 3 == 0};
        row.cells[things::title].value = Value{"\"é\" " + std::to_string(id)};
        row.cells[things::uid].value = Value{std::string{"0190a2b4-7c1e-7f00-8a3b-0123456789ab"}};
        row.cells[things::doc].value = Value{std::string{R"({"a":[1,null]})"}};
        if (id % 4 == 0) row = removed(row, 2);
    }
    Row& twice = rows.emplace_back(make_thing(30));  // must be read
    twice.vector.add_write(other, 7);
    twice.twins = {{{other, 7}, {}, {}}};
    ASSERT_TRUE(succeeded(save(rows)));

    std::vector<std::shared_ptr<const RowCopies>> copies;
    std::vector<Row> others;
    std::optional<Key> after;
    for (;;) {
        auto piece = value_of_task(reader_->scan_copies(thing, after, {7, 1 << 20}));
        if (!piece.last) break;
        ASSERT_LE(piece.copies->size() + piece.others.size(), 7U);
        after = piece.last;
        for (StoredRow& row : piece.others)
            others.push_back(std::move(row.row));
        copies.push_back(std::move(piece.copies));
    }
    EXPECT_EQ(after, Key{std::int64_t{30}});
    const std::size_t read = others.size();
    EXPECT_EQ(read, place_->keeps() ? 1U : rows.size()) << "a store in memory has no columns";

    const auto put_copies = [&] {
        WriteSet saved;
        saved.ledger = begin().ledger;
        saved.copies = copies;
        return commit(std::move(saved));
    };
    if (place_->keeps()) {
        const auto again = put_copies();
        ASSERT_FALSE(again);
        const Errc code = again.error().code;
        EXPECT_TRUE(code == Errc::rejected || code == Errc::locked) << name_of(code);
    }
    WriteSet erased;
    erased.ledger = begin().ledger;
    for (const Row& row : rows)
        erased.erased.push_back(row.ref());
    ASSERT_TRUE(succeeded(commit(std::move(erased))));
    EXPECT_TRUE(value_of_task(reader_->scan(thing, {}, {})).empty());
    ASSERT_TRUE(succeeded(put_copies()));
    ASSERT_TRUE(succeeded(save(others)));
    const auto all = value_of_task(reader_->scan(thing, {}, {}));
    ASSERT_EQ(all.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_TRUE(all[i].row == rows[i]) << shown(schema_, all[i].row);
        EXPECT_EQ(all[i].hash, hash_of_row(schema_, rows[i]));
        expect_stored(rows[i]);
    }
}

}  // namespace
}  // namespace reef::store::test
