// What people, other programs and bad disks see of the SQLite store. (What every store must do is
// in store_contract*.cc.)
#include <sqlite3.h>

#include "failing_disk.hpp"
#include "store_contract.hpp"
#include "temporary_folder.hpp"

namespace reef::store::test {
namespace {

class SqliteFile : public testing::Test {
protected:
    Result<std::unique_ptr<Store>> try_open(const Schema& schema, std::string node = "us") {
        return open_sqlite(schema, {.file = file_, .node = node, .incarnation = "k3f9"});
    }

    void open() { open(schema_); }
    void open(const Schema& schema) {
        close();
        auto store = try_open(schema);
        ASSERT_TRUE(store) << store.error().what;
        store_ = std::move(*store);
        writer_ = store_->open_writer(context_.get_executor());
        reader_ = store_->open_reader(context_.get_executor());
    }
    void close() {
        reader_.reset();
        writer_.reset();
        store_.reset();
    }

    Result<void> save(const Row& row) {
        LoadRequest wanted;
        wanted.records.push_back(row.ref());
        auto loaded = run(writer_->begin(std::move(wanted)));
        if (!loaded) return loaded.error();
        WriteSet saved;
        saved.ledger = std::move(loaded->ledger);
        saved.ledger.origins[self].received = ++seq_;
        saved.rows.push_back({row, hash_of("row")});
        return run(writer_->commit(std::move(saved)));
    }

    std::optional<Row> get(std::int64_t id) {
        return value_of_task(reader_->get({thing, Key{id}}));
    }

    // What a person types into sqlite3: the rows as text, or the error.
    std::string type(const std::string& sql) {
        sqlite3* person = nullptr;
        EXPECT_EQ(sqlite3_open(file_.c_str(), &person), SQLITE_OK);
        sqlite3_wal_autocheckpoint(person, 0);
        std::string out;
        const auto print = [](void* to, int count, char** values, char**) {
            auto& text = *static_cast<std::string*>(to);
            for (int i = 0; i < count; ++i)
                text += std::string{i ? "|" : ""} + (values[i] ? values[i] : "NULL");
            text += '\n';
            return 0;
        };
        char* error = nullptr;
        sqlite3_exec(person, sql.c_str(), print, &out, &error);
        if (error) out += error;
        sqlite3_free(error);
        sqlite3_close(person);
        return out;
    }

    const Schema schema_ = contract_schema();
    reef::test::TemporaryFolder folder_;
    const std::string file_ = folder_.file("us.db");
    asio::io_context context_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<Reader> reader_;
    std::uint64_t seq_ = 0;
};

TEST_F(SqliteFile, HasTheDeclaredColumnsFirstAndInOrder) {
    open();
    EXPECT_EQ(type("SELECT name, type, \"notnull\", pk FROM pragma_table_info('things')"),
              "id|INTEGER|0|1\nprice|TEXT|1|0\nbig|TEXT|0|0\ncount|INTEGER|0|0\n"
              "total|INTEGER|1|0\nratio|REAL|0|0\nflag|INTEGER|0|0\ntitle|TEXT|0|0\n"
              "at|TEXT|0|0\nuid|TEXT|0|0\ndoc|TEXT|0|0\nstatus|TEXT|1|0\nversion|INTEGER|1|0\n"
              "atoll_vector|TEXT|1|0\natoll_state|TEXT|1|0\natoll_hash|BLOB|0|0\n");
    EXPECT_EQ(type("SELECT name FROM sqlite_schema WHERE name LIKE 'Note\\_%' ESCAPE '\\'"
                   " ORDER BY name"),
              "Note_code_idx\nNote_stock_idx\nNote_thing_idx\n");
}

TEST_F(SqliteFile, ShowsPeopleWhatTheApiShows) {
    open();
    Row row = make_thing(7);
    row.vector.add_write(self, 5);
    row.cells[things::price].value = Value{std::int64_t{52000000}};
    row.cells[things::flag].value = Value{true};
    row.cells[things::at].value = Value{std::int64_t{1767268800000000}};
    row.cells[things::status].value = Value{std::int64_t{1}};
    ASSERT_TRUE(succeeded(save(row)));
    EXPECT_EQ(type("SELECT id, price, big, flag, at, status, version FROM things"),
              "7|520000.00|NULL|1|2026-01-01T12:00:00.000000Z|in_transit|2\n");
}

TEST_F(SqliteFile, TakesAPersonsInsert) {
    open();
    EXPECT_EQ(type("INSERT INTO things (id, price) VALUES (1, 520000.00), (2, '7.5'), (3, 4);"
                   "INSERT INTO things (id, price, version) VALUES (4, 0.1, 9)"),
              "");
    const auto first = get(1);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->cells[things::price].value, Value{std::int64_t{52000000}});
    EXPECT_EQ(version_of(*first), 1U);
    EXPECT_EQ(first->life, (Life{1, base_stamp()}));
    EXPECT_EQ(first->cells[things::total].value, Value{std::int64_t{0}});
    EXPECT_EQ(get(2)->cells[things::price].value, Value{std::int64_t{750}});
    EXPECT_EQ(version_of(*get(4)), 9U);
    ListQuery query;
    query.sort = things::price;
    std::string order;
    const auto page = value_of_task(reader_->list(query));
    for (const Row& row : page.rows)
        order += to_text(row.key) + ' ';
    EXPECT_EQ(order, "4 3 2 1 ");
    Row changed = *get(1);
    changed.vector.add_write(self, 5);
    ASSERT_TRUE(succeeded(save(changed)));
    EXPECT_TRUE(*get(1) == changed);
    EXPECT_EQ(type("SELECT version FROM things WHERE id = 1"), "2\n");
}

TEST_F(SqliteFile, RefusesFromPeopleWhatTheApiRefuses) {
    open();
    const std::string insert = "INSERT INTO things (id, price, ";
    for (const char* price : {"NULL", "-1", "10000000000", "1.005", "'abc'", "'1.2.3'", "'.'", "''",
                              "'1e3'", "'5-'", "x'31'"}) {
        const std::string sql = "INSERT INTO things (id, price) VALUES (1, " + std::string{price};
        EXPECT_NE(type(sql + ')'), "") << price;
    }
    for (const char* column :
         {"big) VALUES (1, 1, '1.5'", "big) VALUES (1, 1, '1-2.0000'",
          "count) VALUES (1, 1, 2147483648", "count) VALUES (1, 1, 1.5", "count) VALUES (1, 1, 'x'",
          "flag) VALUES (1, 1, 2", "ratio) VALUES (1, 1, 9e999", "ratio) VALUES (1, 1, 'x'",
          "at) VALUES (1, 1, '2026-01-01 12:00:00'", "uid) VALUES (1, 1, 'x'",
          "doc) VALUES (1, 1, '{'", "status) VALUES (1, 1, 'lost'", "version) VALUES (1, 1, 0",
          "title) VALUES (1, 1, printf('%.41c', 'x')"}) {
        EXPECT_NE(type(insert + column + ')'), "") << column;
    }
    EXPECT_EQ(type("SELECT count(*) FROM things"), "0\n");
    EXPECT_EQ(type(insert + "big, title) VALUES (1, 1, '-1.5000', printf('%.40c', 'x'))"), "");
}

// A row that someone damaged is told by name, and its neighbours are read and written.
TEST_F(SqliteFile, NamesARecordThatCannotBeRead) {
    open();
    ASSERT_TRUE(succeeded(save(make_thing(1))));
    ASSERT_TRUE(succeeded(save(make_thing(2))));
    EXPECT_EQ(type("UPDATE things SET atoll_state = '{' WHERE id = 1"), "");
    const auto read = run(reader_->get({thing, Key{std::int64_t{1}}}));
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().what.find("things/1"), std::string::npos) << read.error().what;
    EXPECT_TRUE(succeeded(save(make_thing(2))));
    EXPECT_TRUE(get(2));
    const auto all = value_of_task(reader_->scan(thing, {}, {}));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_FALSE(all[0].readable());
    EXPECT_EQ(all[0].row.ref(), (RecordRef{thing, Key{std::int64_t{1}}}));
    EXPECT_TRUE(all[1].readable());
    ListQuery one;
    one.resource = thing;
    one.sort = things::id;
    one.rows_max = 1;
    const ListPage page = value_of_task(reader_->list(one));
    ASSERT_EQ(page.rows.size(), 1U) << "the page is filled with those behind it";
    EXPECT_EQ(page.rows[0].key, Key{std::int64_t{2}});
    EXPECT_EQ(page.unreadable, 1U);
    EXPECT_FALSE(page.more);
    const ShownPage shown = value_of_task(reader_->show(one, {}));
    EXPECT_NE(shown.records.find(R"({"id":2,)"), std::string::npos) << shown.records;
    EXPECT_EQ(shown.unreadable, 1U);
    EXPECT_FALSE(shown.more);
    const auto raw = value_of_task(reader_->raw({thing, Key{std::int64_t{1}}}));
    ASSERT_TRUE(raw);
    EXPECT_NE(raw->find(R"("atoll_state":"{")"), std::string::npos) << *raw;
    EXPECT_TRUE(succeeded(save(make_thing(1)))) << "what is saved replaces it";
    EXPECT_TRUE(get(1));
}

TEST_F(SqliteFile, DoesNotLetInASecondProcess) {
    open();
    const auto second = try_open(schema_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::unavailable);
    EXPECT_NE(second.error().what.find("process " + std::to_string(::getpid())), std::string::npos)
        << second.error().what;
    close();
    EXPECT_TRUE(try_open(schema_));
}

TEST_F(SqliteFile, IsNotTakenForAnothersStore) {
    open();
    close();
    EXPECT_EQ(try_open(schema_, "eu").error().code, Errc::invalid);
    type("UPDATE atoll_meta SET value = 99 WHERE name = 'format'");
    EXPECT_EQ(try_open(schema_).error().code, Errc::invalid);
}

TEST_F(SqliteFile, DoesNotTouchAnotherProgramsDatabase) {
    type("CREATE TABLE theirs (x)");
    const auto opened = try_open(schema_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::invalid);
    EXPECT_EQ(type("SELECT name FROM sqlite_schema"), "theirs\n");
}

TEST_F(SqliteFile, SaysWhichFolderIsMissing) {
    const auto opened = open_sqlite(
        schema_, {.file = folder_.file("no/us.db"), .node = "us", .incarnation = "k3f9"});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unavailable);
}

TEST_F(SqliteFile, TakesNewFieldsAndChangedRules) {
    open();
    Row row = make_thing(1);
    row.cells[things::title].value = Value{std::string{"one"}};
    const Row gone = removed(make_thing(2), 3);
    ASSERT_TRUE(succeeded(save(row)));
    ASSERT_TRUE(succeeded(save(gone)));
    type("CREATE INDEX mine ON things (total)");
    Schema wider = schema_;
    Resource& resource = wider.resources[thing];
    resource.fields[things::title].text_max = 60;
    Field colour;
    colour.name = "colour";
    colour.default_value = Value{std::string{"it's red"}};
    Field size;
    size.name = "size";
    size.type = FieldType::int32;
    size.nullable = true;
    resource.fields.insert(resource.fields.begin() + things::version, {colour, size});
    resource.version = static_cast<FieldId>(things::version + 2);
    resource.sort.back() = *resource.version;
    open(wider);
    auto read = get(1);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->cells[things::title].value, row.cells[things::title].value);
    EXPECT_EQ(read->cells[things::version].value, Value{std::string{"it's red"}});
    EXPECT_EQ(get(2)->life, gone.life);
    read->vector.add_write(self, 9);
    read->cells[things::title].value = Value{std::string(60, 'x')};
    ASSERT_TRUE(succeeded(save(*read)));
    ASSERT_TRUE(succeeded(save(removed(*read, 10))));
    EXPECT_EQ(type("SELECT count(*) FROM sqlite_schema WHERE name = 'mine'"), "1\n");
    open(wider);  // and nothing is to be done the second time
}

TEST_F(SqliteFile, RefusesRemovedRetypedAndUnfillableFields) {
    open();
    ASSERT_TRUE(succeeded(save(make_thing(1))));
    close();
    const auto refusal = [this](auto change) {
        Schema schema = schema_;
        change(schema.resources[thing].fields);
        const auto opened = try_open(schema);
        EXPECT_FALSE(opened);
        if (opened) return std::string{};
        EXPECT_EQ(opened.error().code, Errc::invalid);
        return opened.error().what;
    };
    using Fields = std::vector<Field>;
    const auto has = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    EXPECT_TRUE(has(refusal([](Fields& fields) { fields[things::title].name = "name"; }),
                    "no longer has the field \"title\""));
    EXPECT_TRUE(has(refusal([](Fields& fields) { fields[things::total].type = FieldType::int32; }),
                    "\"total\" is int64 in the store and int32 in the app"));
    EXPECT_TRUE(has(refusal([](Fields& fields) {
                        fields.emplace_back();
                        fields.back().name = "colour";
                    }),
                    "\"colour\" needs a default"));
    EXPECT_TRUE(has(
        refusal([](Fields& fields) { fields[things::price].min = Value{std::int64_t{10'000}}; }),
        "do not fit"));
    open();
    EXPECT_TRUE(get(1));
}

TEST_F(SqliteFile, PaysOneSyncForACommitAndNoneForARelease) {
    const reef::test::FailingDisk disk;
    open();
    ASSERT_TRUE(succeeded(save(make_thing(1))));  // the first also begins the log
    for (std::int64_t id = 2; id < 6; ++id) {
        const std::uint64_t before = disk.syncs();
        ASSERT_TRUE(succeeded(save(make_thing(id))));
        EXPECT_EQ(disk.syncs(), before + 1);
    }
    const std::uint64_t before = disk.syncs();
    value_of_task(writer_->begin({}));
    run(writer_->release());
    EXPECT_FALSE(value_of_task(writer_->trim({Time{0}, 9, Time{0}, 1 << 20})));
    EXPECT_TRUE(get(1));
    EXPECT_EQ(disk.syncs(), before);
    close();
}

TEST_F(SqliteFile, SavesNothingOnAFullDiskAndGoesOnWhenThereIsRoom) {
    reef::test::FailingDisk disk;
    open();
    ASSERT_TRUE(succeeded(save(make_thing(1))));
    disk.fail_writes(true);
    for (int i = 0; i < 3; ++i) {
        const auto full = save(make_thing(2));
        ASSERT_FALSE(full);
        EXPECT_EQ(full.error().code, Errc::unavailable) << full.error().what;
        EXPECT_FALSE(get(2));
    }
    disk.fail_writes(false);
    EXPECT_TRUE(get(1));
    ASSERT_TRUE(succeeded(save(make_thing(2))));
    EXPECT_TRUE(get(2));
    close();
}

TEST_F(SqliteFile, IsBrokenForGoodAfterAFailedSync) {
    reef::test::FailingDisk disk;
    open();
    ASSERT_TRUE(succeeded(save(make_thing(1))));
    disk.fail_syncs(true);
    EXPECT_EQ(save(make_thing(2)).error().code, Errc::broken);
    disk.fail_syncs(false);
    EXPECT_EQ(save(make_thing(3)).error().code, Errc::broken);
    EXPECT_EQ(run(writer_->trim({})).error().code, Errc::broken);
    EXPECT_EQ(run(writer_->on_idle()).has_error(), false);  // nothing was due
    close();
    open();
    EXPECT_TRUE(get(1));
    EXPECT_FALSE(get(3));
    close();
}

// A backup that is put back is another file, and so is a copy, also when it has the other's name.
TEST_F(SqliteFile, ACopyLiesOnAnotherStorage) {
    open();
    const StorageIdentity identity = store_->identity();
    EXPECT_NE(identity.file, "") << "this file system does not say when a file was made";
    open();
    EXPECT_EQ(store_->identity(), identity);
    close();
    std::filesystem::copy_file(file_, file_ + ".copy");
    std::filesystem::rename(file_ + ".copy", file_);
    open();
    EXPECT_EQ(compare(identity, store_->identity()), SameStorage::no);
}

}  // namespace
}  // namespace reef::store::test
